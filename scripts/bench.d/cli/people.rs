//! A chain and three homes, as a user has them: keystores with the default work factor, a password in a file.

use crate::Failure;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// `patientport devnode` in a process of its own; ends with this value.
pub(crate) struct Chain {
    process: Child,
    /// Its endpoint.
    pub(crate) url: String,
}

impl Chain {
    fn start(program: &Path, home: &Path) -> Result<Self, Failure> {
        let mut process = Command::new(program)
            .args(["devnode", "--port", "0", "--quiet", "--json"])
            .env("PATIENTPORT_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("stdout is a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let document: Value = serde_json::from_str(&line)?;
        let url = text(&document["data"]["url"])?;
        Ok(Self { process, url })
    }

    /// Its socket.
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        Ok(self.url.trim_start_matches("http://").parse()?)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody with a home.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    name: &'static str,
    /// The account.
    pub(crate) address: String,
    /// The home.
    pub(crate) home: PathBuf,
    /// File with the password of wallet and identity.
    pub(crate) password: PathBuf,
    program: PathBuf,
    url: String,
    registry: String,
}

/// Everything that is measured on.
pub(crate) struct Town {
    /// The chain.
    pub(crate) chain: Chain,
    /// Two verified providers.
    pub(crate) providers: [Person; 2],
    /// Who owns the port.
    pub(crate) patient: Person,
    /// The port, with section 0.
    pub(crate) port: String,
    _directory: TempDir,
}

impl Person {
    fn new(
        name: &'static str,
        index: usize,
        directory: &Path,
        (program, url): (&Path, &str),
    ) -> Result<Self, Failure> {
        let password = directory.join(format!("{name}.pass"));
        fs::write(&password, "password\n")?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600))?;
        let mut person = Self {
            name,
            address: String::new(),
            home: directory.join(name),
            password,
            program: program.to_owned(),
            url: url.to_owned(),
            registry: String::new(),
        };
        let made = person.run(&["wallet", "import", name, "--dev", &index.to_string()])?;
        person.address = text(&made["address"])?;
        person.run(&["identity", "new", name])?;
        Ok(person)
    }

    /// The program with this home, for a script.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .args(["--json", "--yes", "--no-input"])
            .stdin(Stdio::null())
            .env_clear()
            .env("HOME", &self.home)
            .env("PATIENTPORT_HOME", &self.home)
            .env("ETH_RPC_URL", &self.url)
            .env("ETH_PASSWORD", &self.password);
        if !self.registry.is_empty() {
            command.env("PATIENTPORT_REGISTRY", &self.registry);
        }
        command
    }

    /// Puts keystores with the least work factor in the place of those made by default.
    pub(crate) fn use_quick_keystores(&self) -> Result<(), Failure> {
        for (what, place) in [("wallet", "wallets"), ("identity", "identities")] {
            let place = self.home.join(place).join(format!("{}.json", self.name));
            let staged = place.with_extension("new").display().to_string();
            let password = self.password.display().to_string();
            let export = [
                what,
                "export",
                self.name,
                "--output",
                &staged,
                "--new-password",
            ];
            let how = ["--new-password-file", &password, "--scrypt-log-n", "13"];
            self.run(&[&export[..], &how].concat())?;
            fs::rename(staged, place)?;
        }
        Ok(())
    }

    /// Runs the program, which has to succeed; its data.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let output = self.command(arguments).output()?;
        let mut document: Value = serde_json::from_slice(&output.stdout)?;
        if output.status.success() {
            Ok(document["data"].take())
        } else {
            Err(format!("`{}`: {arguments:?}: {document}", self.name).into())
        }
    }
}

/// A value that has to be text.
pub(crate) fn text(value: &Value) -> Result<String, Failure> {
    let text = value
        .as_str()
        .ok_or_else(|| format!("`{value}` is no text"));
    Ok(text?.to_owned())
}

impl Town {
    /// Deploys, registers, attests, issues and claims.
    pub(crate) fn new(program: &Path) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let chain = Chain::start(program, directory.path())?;
        let on = (program, chain.url.as_str());
        let mut owner = Person::new("owner", 0, directory.path(), on)?;
        let mut providers = [
            Person::new("primary", 1, directory.path(), on)?,
            Person::new("specialist", 2, directory.path(), on)?,
        ];
        let mut patient = Person::new("patient", 3, directory.path(), on)?;
        let registry = text(&owner.run(&["deploy"])?["registry"])?;
        for person in providers.iter_mut().chain([&mut owner, &mut patient]) {
            person.registry.clone_from(&registry);
        }
        for provider in &providers {
            let name = provider.name;
            provider.run(&["provider", "register", "--kind", "clinic", "--name", name])?;
            owner.run(&["provider", "attest", &provider.address, "--until", "1y"])?;
        }
        let issued = providers[0].run(&["port", "issue", "--patient", &patient.address])?;
        let port = text(&issued["port"])?;
        patient.run(&["port", "claim", &port, "--section", "0:general"])?;
        Ok(Self {
            chain,
            providers,
            patient,
            port,
            _directory: directory,
        })
    }

    /// A provider asks for section 0: the request's number and its transaction.
    pub(crate) fn ask(&self, provider: &Person) -> Result<Value, Failure> {
        let port = &self.port;
        let line = [
            "request",
            "send",
            "--port",
            port,
            "--section",
            "0",
            "--until",
            "30d",
        ];
        provider.run(&[&line[..], &["--text", "review of glycaemic control"]].concat())
    }
}
