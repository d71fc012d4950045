//! People, homes and a store around a chain.

use crate::{Node, Run, program};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Work factor of test keystores: the least the program writes, so that a run takes milliseconds.
const SCRYPT_LOG_N: u8 = 13;

/// Variables through which a developer's own settings would reach a test.
const FOREIGN_VARIABLES: [&str; 22] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "ETH_FROM",
    "ETH_KEYSTORE",
    "ETH_KEYSTORE_ACCOUNT",
    "ETH_PASSWORD",
    "ETH_RPC_TIMEOUT",
    "ETH_RPC_URL",
    "PATIENTPORT_IDENTITY",
    "PATIENTPORT_IDENTITY_PASSWORD",
    "PATIENTPORT_HOME",
    "PATIENTPORT_NETWORK",
    "PATIENTPORT_PORT",
    "PATIENTPORT_PROFILE",
    "PATIENTPORT_REGISTRY",
    "PATIENTPORT_STORE",
    "PATIENTPORT_VERIFY_RPC_URL",
];

/// A chain, a directory and the people of a story.
#[derive(Debug)]
pub struct TestContext {
    /// The chain.
    pub node: Node,
    /// Owner of the network and its attester.
    pub owner: Party,
    /// Primary care provider.
    pub primary: Party,
    /// Provider who asks for access.
    pub specialist: Party,
    /// Patient.
    pub patient: Party,
    /// Somebody with an account and an identity, and no role.
    pub stranger: Party,
    /// Address of the port, once issued.
    pub port: String,
    directory: TempDir,
}

/// Somebody with a home, a wallet and an identity of their own.
#[derive(Clone, Debug)]
pub struct Party {
    /// Name of wallet and identity.
    pub name: &'static str,
    /// Address of the account; empty until [`TestContext`] made the wallet.
    pub address: String,
    /// Home directory.
    pub home: PathBuf,
    /// File with the password of wallet and identity.
    pub password_file: PathBuf,
    /// Directory a run starts in.
    pub directory: PathBuf,
    /// Directory of the record store, shared by everybody.
    pub store: PathBuf,
    rpc_url: String,
    registry: Option<String>,
}

impl TestContext {
    /// A chain and five homes with wallet and identity; nothing deployed.
    ///
    /// # Panics
    /// If the program is not built or a run fails, as every constructor here.
    pub fn bare() -> Self {
        let directory = tempfile::tempdir().expect("the system has room for temporary files");
        let node = Node::start();
        let party = |name, index: usize| Party::try_new(name, index, directory.path(), &node);
        let owner = party("owner", 0);
        let primary = party("primary", 1);
        let specialist = party("specialist", 2);
        let patient = party("patient", 3);
        let stranger = party("stranger", 4);
        Self {
            node,
            owner,
            primary,
            specialist,
            patient,
            stranger,
            port: String::new(),
            directory,
        }
    }

    /// As [`Self::bare`], and the contracts are deployed, both providers registered and attested.
    pub fn with_providers() -> Self {
        let mut context = Self::bare();
        let deployed = context.owner.ok("deploy");
        let registry = address_of(&deployed, "/registry");
        for party in [
            &mut context.owner,
            &mut context.primary,
            &mut context.specialist,
            &mut context.patient,
            &mut context.stranger,
        ] {
            party.registry = Some(registry.clone());
        }
        for (party, name) in [
            (&context.primary, "Lakeview Family Practice"),
            (&context.specialist, "Dr. Tomas Brandt"),
        ] {
            party.ok(&format!("provider register --kind clinic --name '{name}'"));
            context
                .owner
                .ok(&format!("provider attest {} --until 2y", party.address));
        }
        context
    }

    /// As [`Self::with_providers`], and a port is issued to the patient, who has not claimed it.
    pub fn with_unclaimed_port() -> Self {
        let mut context = Self::with_providers();
        let issued = context.primary.ok(&format!(
            "port issue --patient {} --name elena",
            context.patient.address
        ));
        context.port = address_of(&issued, "/port");
        context
    }

    /// As [`Self::with_unclaimed_port`], and the patient has claimed it with sections 0 and 1.
    pub fn with_port() -> Self {
        let context = Self::with_unclaimed_port();
        context.patient.ok(&format!(
            "port claim {} --section 0:general --section 1:imaging",
            context.port
        ));
        context
    }

    /// As [`Self::with_port`]; primary care has added `bytes` as record 1 in section 0, and the
    /// specialist's request for section 0 is approved until 30 days from now.
    pub fn with_reader(bytes: &[u8]) -> Self {
        let context = Self::with_port();
        context.add_record("first.txt", bytes);
        context.request();
        context
            .patient
            .ok(&format!("request approve 1 --port {}", context.port));
        context
    }

    /// Primary care adds a file with this content to section 0.
    pub fn add_record(&self, name: &str, content: &[u8]) -> Value {
        let path = self.file(name, content);
        self.primary.ok(&format!(
            "record add {} --port {} --section 0 --title {name}",
            utf8(&path),
            self.port
        ))
    }

    /// The specialist asks for section 0, 30 days, read.
    pub fn request(&self) -> Value {
        self.specialist.ok(&format!(
            "request send --port {} --section 0 --until 30d --text 'second opinion'",
            self.port
        ))
    }

    /// The temporary directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into the directory.
    ///
    /// # Panics
    /// If that fails.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).expect("the temporary directory is writable");
        path
    }

    /// Path of a file that does not exist yet.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Party {
    /// Makes the home: wallet from the chain's own funded account `index`, and an identity.
    fn try_new(name: &'static str, index: usize, directory: &Path, node: &Node) -> Self {
        let password_file = directory.join(format!("{name}.pass"));
        write_private(&password_file, &format!("password of {name}\n"));
        let mut party = Self {
            name,
            address: String::new(),
            home: directory.join(format!("{name}.home")),
            password_file,
            directory: directory.to_owned(),
            store: directory.join("store"),
            rpc_url: node.url(),
            registry: None,
        };
        let imported = party.ok(&format!(
            "wallet import {name} --dev {index} --scrypt-log-n {SCRYPT_LOG_N}"
        ));
        party.address = address_of(&imported, "/address");
        party.ok(&format!(
            "identity new {name} --scrypt-log-n {SCRYPT_LOG_N}"
        ));
        party
    }

    /// The program with this party's settings, not yet run; for a person, without `--json`. `line`
    /// is split at spaces; words with spaces stand in single quotes.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command
            .args(words(line))
            .current_dir(&self.directory)
            .stdin(Stdio::null());
        for variable in FOREIGN_VARIABLES {
            command.env_remove(variable);
        }
        command
            .env("NO_COLOR", "1")
            .env("ETH_RPC_URL", &self.rpc_url)
            .env("ETH_PASSWORD", &self.password_file)
            .env("PATIENTPORT_HOME", &self.home)
            .env("PATIENTPORT_STORE", &self.store);
        if let Some(registry) = &self.registry {
            command.env("PATIENTPORT_REGISTRY", registry);
        }
        command
    }

    /// Runs the program for a script: `--json`, nothing asked.
    pub fn run(&self, line: &str) -> Run {
        Run::of(self.command(line).args(["--json", "--yes", "--no-input"]))
    }

    /// Runs the program, which must succeed, and gives its data.
    #[track_caller]
    pub fn ok(&self, line: &str) -> Value {
        self.run(line).success()
    }
}

/// Writes a file that only its owner reads, as password files should be.
fn write_private(path: &Path, content: &str) {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .expect("the temporary directory is writable");
}

/// The words of a command line, split at spaces outside single quotes.
///
/// # Panics
/// If a quote is left open.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    assert!(
        line.matches('\'').count().is_multiple_of(2),
        "an open quote: {line}"
    );
    words
}

/// The address at a JSON pointer.
///
/// # Panics
/// If there is none.
#[track_caller]
fn address_of(data: &Value, pointer: &str) -> String {
    let address = data.pointer(pointer).and_then(Value::as_str);
    let address = address.unwrap_or_else(|| panic!("no `{pointer}` in {data:#}"));
    assert!(address.len() == 42 && address.starts_with("0x"), "{data:#}");
    address.to_owned()
}

/// A path of a test as text.
///
/// # Panics
/// If it is not UTF-8; test paths are.
pub fn utf8(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}
