//! People, homes and a store around a chain.

use crate::{Account, Devnode, Node, Run, SCRIPTED, on_a_full_disk, program};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
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
    _settlement: Option<Settlement>,
}

/// Gives back at the end, on a chain that outlives the test, what the people have not spent.
#[derive(Debug)]
struct Settlement {
    node: Node,
    accounts: Vec<Account>,
}

impl Drop for Settlement {
    fn drop(&mut self) {
        for account in &self.accounts {
            account.leave(&self.node);
        }
    }
}

/// Somebody with a home, a wallet and an identity of their own.
#[derive(Clone, Debug)]
pub struct Party {
    /// Name of wallet and identity.
    pub name: &'static str,
    /// Address of the account, in lower case.
    pub address: String,
    /// The account itself, for what the program would not do.
    pub account: Account,
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
        Self::on(Node::start())
    }

    /// As [`Self::bare`], and the contracts are deployed, both providers registered and attested.
    pub fn with_providers() -> Self {
        Self::bare().and_providers()
    }

    /// As [`Self::with_providers`], and a port is issued to the patient, who has not claimed it.
    pub fn with_unclaimed_port() -> Self {
        Self::bare().and_unclaimed_port()
    }

    /// As [`Self::with_unclaimed_port`], and the patient has claimed it with sections 0 and 1.
    pub fn with_port() -> Self {
        Self::bare().and_port()
    }

    /// As [`Self::with_port`]; primary care has added `bytes` as record 1 in section 0, and the
    /// specialist's request for section 0 is approved until 30 days from now.
    pub fn with_reader(bytes: &[u8]) -> Self {
        Self::bare().and_reader(bytes)
    }

    /// Five homes with wallet and identity, and ether for each, on this chain; nothing deployed.
    ///
    /// # Panics
    /// As [`Self::bare`]; if nobody can pay.
    pub fn on(node: Node) -> Self {
        let directory = tempfile::tempdir().expect("the system has room for temporary files");
        let party = |name| Party::new(name, directory.path(), &node);
        let [owner, primary, specialist, patient, stranger] =
            ["owner", "primary", "specialist", "patient", "stranger"].map(party);
        let accounts = [&owner, &primary, &specialist, &patient, &stranger];
        let addresses = accounts.map(|it| it.address.as_str());
        node.faucet().give(&node, &addresses);
        let accounts = accounts.map(|it| it.account.clone()).to_vec();
        Self {
            _settlement: node.shared().map(|node| Settlement { node, accounts }),
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

    /// Deploys, registers and attests: [`Self::with_providers`].
    #[must_use]
    pub fn and_providers(mut self) -> Self {
        let deployed = self.owner.ok("deploy");
        let registry = address_of(&deployed, "/registry");
        for party in [
            &mut self.owner,
            &mut self.primary,
            &mut self.specialist,
            &mut self.patient,
            &mut self.stranger,
        ] {
            party.registry = Some(registry.clone());
        }
        for (party, name) in [
            (&self.primary, "Lakeview Family Practice"),
            (&self.specialist, "Dr. Tomas Brandt"),
        ] {
            party.ok(&format!("provider register --kind clinic --name '{name}'"));
            self.owner
                .ok(&format!("provider attest {} --until 2y", party.address));
        }
        self
    }

    /// All of that, and issues a port: [`Self::with_unclaimed_port`].
    #[must_use]
    pub fn and_unclaimed_port(self) -> Self {
        let mut context = self.and_providers();
        let issued = context.primary.ok(&format!(
            "port issue --patient {} --name elena",
            context.patient.address
        ));
        context.port = address_of(&issued, "/port");
        context
    }

    /// All of that, and claims it: [`Self::with_port`].
    #[must_use]
    pub fn and_port(self) -> Self {
        let context = self.and_unclaimed_port();
        context.patient.ok(&format!(
            "port claim {} --section 0:general --section 1:imaging",
            context.port
        ));
        context
    }

    /// All of that, and a record and its reader: [`Self::with_reader`].
    #[must_use]
    pub fn and_reader(self, bytes: &[u8]) -> Self {
        let context = self.and_port();
        context.add_record("first.txt", bytes);
        context.request();
        context
            .patient
            .ok(&format!("request approve 1 --port {}", context.port));
        context
    }

    /// What only the embedded chain can do; see [`Node::devnode`].
    ///
    /// # Panics
    /// If the chain is a foreign one.
    #[track_caller]
    pub fn devnode(&self) -> Devnode<'_> {
        self.node.devnode()
    }

    /// How many transactions the five people have sent so far: what shows that something was sent, or was not, on a
    /// chain where others send, too.
    pub fn sent(&self) -> u64 {
        let people = [
            &self.owner,
            &self.primary,
            &self.specialist,
            &self.patient,
            &self.stranger,
        ];
        let sent = people.map(|it| self.node.transactions_of(&it.address));
        sent.iter().sum()
    }

    /// Gives `account` what each of the people got.
    pub fn fund(&self, account: &str) {
        self.node.faucet().give(&self.node, &[account]);
    }

    /// Takes `party`'s ether away, by a transaction of its own: too little is left for any other.
    pub fn empty(&self, party: &Party) {
        party.account.give_back(&self.node);
    }

    /// Sends a transaction of `party`'s to a contract with a client that is not the program, and gives its receipt.
    ///
    /// # Panics
    /// If the node refuses it, or it fails.
    #[track_caller]
    pub fn call(&self, party: &Party, to: &str, data: &[u8]) -> Value {
        party.account.send(&self.node, Some(to), data)
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

    /// The events of the port's history, as its patient is told of them.
    ///
    /// # Panics
    /// If the patient is told of none.
    #[track_caller]
    pub fn history(&self) -> Vec<Value> {
        let history = self.patient.ok(&format!("history --port {}", self.port));
        let events = history["events"].as_array();
        events.expect("events are a list").clone()
    }

    /// Those of a kind.
    #[track_caller]
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let mut events = self.history();
        events.retain(|event| event["event"] == kind);
        events
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
    /// Makes the home: a wallet with a new account, which has nothing yet, and an identity.
    fn new(name: &'static str, directory: &Path, node: &Node) -> Self {
        let password_file = directory.join(format!("{name}.pass"));
        write_private(&password_file, &format!("password of {name}\n"));
        let account = Account::random();
        let party = Self {
            name,
            address: account.address(),
            account,
            home: directory.join(format!("{name}.home")),
            password_file,
            directory: directory.to_owned(),
            store: directory.join("store"),
            rpc_url: node.url(),
            registry: None,
        };
        let imported = party.import(name);
        assert_eq!(address_of(&imported, "/address"), party.address);
        party.ok(&format!(
            "identity new {name} --scrypt-log-n {SCRYPT_LOG_N}"
        ));
        party
    }

    /// Brings the account into the party's home, as `name`.
    ///
    /// # Panics
    /// If the program does not take it.
    pub fn import(&self, name: &str) -> Value {
        let line = format!(
            "wallet import {name} --key-file - --scrypt-log-n {SCRYPT_LOG_N} --json --yes --no-input"
        );
        let mut command = self.command(&line);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let written = writeln!(stdin, "{}", self.account.key());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let run = Run::from_output(line, output);
        let imported = run.success();
        written.expect("the program reads the key");
        imported
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
        Run::of(self.command(line).args(SCRIPTED))
    }

    /// As [`Self::run`], with a limit on the length of files: see [`on_a_full_disk`].
    pub fn run_on_a_full_disk(&self, blocks: u32, line: &str) -> Run {
        let mut command = self.command(line);
        Run::of(&mut on_a_full_disk(blocks, command.args(SCRIPTED)))
    }

    /// Runs the program, which must succeed, and gives its data.
    #[track_caller]
    pub fn ok(&self, line: &str) -> Value {
        self.run(line).success()
    }
}

/// Writes a file that only its owner reads, as password files should be.
fn write_private(path: &Path, content: &str) {
    use std::os::unix::fs::OpenOptionsExt as _;
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
