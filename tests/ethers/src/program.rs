//! The program `patientport`, which puts the contracts on the chain and is asked what it sees there.

use crate::values::text;
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The program, with a home and one wallet of its own.
#[derive(Debug)]
pub struct Program {
    url: String,
    registry: Option<String>,
    home: TempDir,
}

/// A built program: named by a variable, or where cargo puts it.
pub(crate) fn built(variable: &str, name: &str) -> PathBuf {
    let path = std::env::var_os(variable).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/debug/{name}")),
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "`{}` is missing: scripts/ethers builds it, {variable} names another",
        path.display()
    );
    path
}

impl Program {
    /// A new home; gives the address of its wallet, too.
    pub fn new(url: &str) -> (Self, String) {
        let home = tempfile::tempdir().expect("the system has room for temporary files");
        let mut password = fs::OpenOptions::new();
        password
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(home.path().join("password"))
            .and_then(|mut file| std::io::Write::write_all(&mut file, b"of a test\n"))
            .expect("the home is writable");
        let program = Self {
            url: url.to_owned(),
            registry: None,
            home,
        };
        let wallet = program.run("wallet new deployer --scrypt-log-n 13");
        (program, text(&wallet["address"]).to_owned())
    }

    /// Deploys the contracts and hands the registry to `owner`; gives its address.
    pub fn deploy(&mut self, owner: &str, attester: &str) -> String {
        let deployed = self.run(&format!("deploy --owner {owner} --attester {attester}"));
        let registry = text(&deployed["registry"]).to_owned();
        self.registry = Some(registry.clone());
        registry
    }

    /// The data of a run, which must succeed. `line` is split at spaces.
    pub fn run(&self, line: &str) -> Value {
        let mut command = Command::new(built("PATIENTPORT_PROGRAM", "patientport"));
        command
            .args(line.split_whitespace())
            .args(["--json", "--yes", "--no-input", "--no-project"])
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("ETH_RPC_URL", &self.url)
            .env("ETH_PASSWORD", self.home.path().join("password"))
            .env("PATIENTPORT_HOME", self.home.path().join("home"));
        if let Some(registry) = &self.registry {
            command.env("PATIENTPORT_REGISTRY", registry);
        }
        let output = command.output().expect("the program can be started");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{line}: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
        assert_eq!(document["success"], true, "{line}: {document:#}");
        document["data"].clone()
    }
}
