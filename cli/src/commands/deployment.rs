//! `patientport deployment …`: which registry a home uses, and how other homes come to use the same.

use std::path::Path;

use alloy::primitives::{Address, B256};
use patientport_client::deploy::Deployment;
use patientport_client::upgrade::verify;
use serde::{Deserialize, Serialize};

use crate::args::deployment::{ExportArgs, ImportArgs};
use crate::context::Context;
use crate::contracts;
use crate::error::Error;
use crate::home::HomeError;
use crate::home::files::{self, Existing, FileError};
use crate::output::{Outcome, Report};
use crate::text::shown;

/// The most bytes a deployment's file may hold.
const MAX_BYTES: u64 = 64 * 1024;
/// Version of the file's form.
const FORM: u32 = 1;

/// A deployment as it is written to a file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Version of this form.
    patientport_deployment: u32,
    /// The chain.
    chain_id: u64,
    /// The registry.
    registry: Address,
    /// keccak256 of its code.
    registry_code_hash: B256,
    /// The code that ports run.
    implementation: Address,
    /// keccak256 of it.
    implementation_code_hash: B256,
    /// A block not after the registry's creation.
    from_block: u64,
    /// The account that deployed it.
    deployer: Address,
}

impl Written {
    fn of(deployment: &Deployment) -> Result<Self, Error> {
        let missing = || Error::NoRegistry(deployment.chain_id);
        Ok(Self {
            patientport_deployment: FORM,
            chain_id: deployment.chain_id,
            registry: deployment.registry.ok_or_else(missing)?,
            registry_code_hash: deployment.registry_code_hash,
            implementation: deployment.implementation.ok_or_else(missing)?,
            implementation_code_hash: deployment.implementation_code_hash,
            from_block: deployment.from_block,
            deployer: deployment.owner,
        })
    }

    fn deployment(&self) -> Deployment {
        Deployment {
            chain_id: self.chain_id,
            from_block: self.from_block,
            owner: self.deployer,
            registry: Some(self.registry),
            registry_code_hash: self.registry_code_hash,
            implementation: Some(self.implementation),
            implementation_code_hash: self.implementation_code_hash,
            complete: true,
        }
    }
}

/// A deployment.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// As it is written.
    #[serde(flatten)]
    deployment: Written,
    /// Whether the contracts are those that this program was built with.
    known_code: Option<bool>,
    /// The file it was written to or read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<std::path::PathBuf>,
    #[serde(skip)]
    done: &'static str,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let it = &self.deployment;
        let known = match self.known_code {
            Some(true) => "those this program was built with",
            Some(false) => "not those this program was built with",
            None => "not compared: this program was built without any",
        };
        format!(
            "{}chain           {}\nregistry        {}\n  code          {}\nport code       {}\n  code          {}\nsince block     {}\ndeployed by     {}\ncontracts       {known}\n",
            self.done,
            it.chain_id,
            it.registry,
            it.registry_code_hash,
            it.implementation,
            it.implementation_code_hash,
            it.from_block,
            it.deployer
        )
    }
}

/// Whether the contracts are those that this program was built with; `None` if it has none.
fn known_code(written: &Written) -> Result<Option<bool>, Error> {
    match contracts::load(None) {
        Ok((registry, port)) => Ok(Some(
            registry.code_hash() == written.registry_code_hash
                && port.code_hash() == written.implementation_code_hash,
        )),
        Err(Error::NoContracts) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The deployment that this home has for the node's chain.
async fn of_home(context: &Context) -> Result<Written, Error> {
    let chain_id = context.chain().await?.chain_id();
    let deployment = context.home().deployment(chain_id)?;
    let deployment = deployment.filter(|it| it.complete);
    Written::of(&deployment.ok_or(Error::NoRegistry(chain_id))?)
}

/// Shows the deployment that this home uses, as the node has it.
///
/// # Errors
/// [`Error::NoRegistry`]; `Deployment` if the node has it otherwise.
pub async fn show(context: &Context) -> Result<Shown, Error> {
    let written = of_home(context).await?;
    verify(context.chain().await?, &written.deployment()).await?;
    Ok(Shown {
        known_code: known_code(&written)?,
        deployment: written,
        file: None,
        done: "",
    })
}

/// Writes the deployment that this home uses to a file, or to standard output.
///
/// # Errors
/// As [`show`]; [`Error::Output`].
///
/// # Panics
/// Never: a deployment has string keys, and always serialises.
pub async fn export(context: &Context, args: &ExportArgs) -> Result<Option<Report>, Error> {
    let shown = show(context).await?;
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let output = args.output.as_deref().filter(|it| *it != Path::new("-"));
    let Some(path) = output else {
        let text = serde_json::to_string_pretty(&shown.deployment);
        let text = text.expect("a deployment has string keys") + "\n";
        let data = Report::of(&shown).data;
        return Ok(Some(Report { data, text }));
    };
    files::write_json(path, &shown.deployment, existing).map_err(Error::Output)?;
    Ok(Some(Report::of(&Shown {
        file: Some(path.to_owned()),
        done: "written\n",
        ..shown
    })))
}

/// Takes a deployment over, if all of it is as the file says.
///
/// # Errors
/// [`Error::DeploymentFile`]; `WrongChain`, `NotARegistry`, `Deployment`; [`HomeError::Taken`] without `--force`.
pub async fn import(context: &Context, args: &ImportArgs) -> Result<Shown, Error> {
    let bad = |reason: String| Error::DeploymentFile {
        path: args.file.clone(),
        reason,
    };
    let bytes = files::read_bounded(&args.file, MAX_BYTES).map_err(|error| match error {
        FileError::Io { path, source, .. } => Error::Input { path, source },
        _ => Error::TooLarge {
            what: "the deployment",
            limit: MAX_BYTES,
        },
    })?;
    let written: Written =
        serde_json::from_slice(&bytes).map_err(|error| bad(shown(&error.to_string())))?;
    if written.patientport_deployment != FORM {
        return Err(bad(format!(
            "it is of version {}, and this program knows {FORM}",
            written.patientport_deployment
        )));
    }
    let chain = context.chain().await?;
    verify(chain, &written.deployment()).await?;
    let known = known_code(&written)?;
    if known == Some(false) {
        context.warn(
            "deployment.unknown_code",
            "the contracts are not those that this program was built with; who gave you the file answers for them",
        );
    }
    let present = context.home().deployment(chain.chain_id())?;
    let other = present.filter(|it| it.registry.is_some_and(|it| it != written.registry));
    if other.is_some() && !args.force {
        return Err(HomeError::Taken {
            what: "deployment of chain",
            name: chain.chain_id().to_string(),
        }
        .into());
    }
    context.home().set_deployment(&written.deployment())?;
    let named = context.settings.registry.as_ref();
    if named.is_some_and(|named| named.value != written.registry) {
        context.warn(
            "deployment.overridden",
            "a flag, a variable, the network or config.json names another registry, which comes first",
        );
    }
    Ok(Shown {
        deployment: written,
        known_code: known,
        file: Some(args.file.clone()),
        done: "this home uses it from now on\n",
    })
}
