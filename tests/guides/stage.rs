//! Where a document is played: a chain, a home for each persona, and a bash for each block.
//!
//! Names in capitals that a hidden block has given a value (`value PORT 0x…`) are replaced. `NODE` and `SECOND_NODE` are
//! there from the beginning. `sh WHO ANSWERS` runs on a terminal: `show` types nothing; what
//! `identity backup` shows is kept; `words` types it in again; any other is typed at a question of the inbox. A line that ends
//! with `# refused…` has to fail with exit code 1.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use patientport_tests::{Fault, FaultyProxy, Node, Session, program};
use tempfile::TempDir;

use crate::markdown::{Block, Document, Step};

const PRELUDE: &str = include_str!("prelude.sh");
/// What an account needs for a story, in wei.
const MONEY: u64 = 1_000_000_000_000_000_000;
/// End of the inbox's question.
const CHOICE: &str = "[q]uit [?]: ";

/// Where personas live.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Homes {
    /// Each on a machine of its own.
    Own,
    /// All of them as one user, who keeps them apart by variables.
    Shared,
}

/// A chain and its people.
#[derive(Debug)]
pub(crate) struct Stage {
    node: Node,
    /// Another way to the same chain.
    second: FaultyProxy,
    directory: TempDir,
    homes: Homes,
    words: String,
}

impl Stage {
    /// A chain, and nobody yet.
    pub(crate) fn new(homes: Homes, root: &Path) -> Self {
        let node = Node::embedded();
        let second = FaultyProxy::start(node.address(), Fault::None);
        let directory = tempfile::tempdir().expect("the system has room for temporary files");
        let stage = Self {
            node,
            second,
            directory,
            homes,
            words: String::new(),
        };
        for name in ["values", "state"] {
            fs::create_dir(stage.path(name)).expect("the directory is writable");
        }
        copy_files(&root.join("examples"), &stage.path("examples"));
        stage.keep("NODE", &stage.node.url());
        stage.keep("SECOND_NODE", &stage.second.url());
        fs::write(stage.path("prelude.sh"), PRELUDE).expect("the directory is writable");
        let password = stage.path("password");
        fs::write(&password, "correct horse\n").expect("the directory is writable");
        fs::set_permissions(password, fs::Permissions::from_mode(0o600))
            .expect("the file is the test's");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn keep(&self, name: &str, value: &str) {
        fs::write(self.path("values").join(name), value).expect("the directory is writable");
    }

    fn values(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.path("values")).expect("the directory is readable");
        entries
            .map(|entry| {
                let entry = entry.expect("the directory is readable");
                let value = fs::read_to_string(entry.path()).expect("a value is text");
                (entry.file_name().to_string_lossy().into_owned(), value)
            })
            .collect()
    }

    /// Plays a document to its end.
    ///
    /// # Errors
    /// File, line and command of what failed, and what it said.
    pub(crate) fn play(&mut self, document: &Document) -> Result<(), String> {
        for step in &document.steps {
            match step {
                Step::Fund(name) => {
                    let values = self.values();
                    let account = values.get(name);
                    let account =
                        account.ok_or_else(|| format!("{}: no value {name}", document.name))?;
                    self.node.devnode().set_balance(account, MONEY);
                }
                Step::Pass(time) => self.node.devnode().pass(*time),
                Step::Run(block) => self.run(&document.name, block)?,
            }
        }
        Ok(())
    }

    fn run(&mut self, document: &str, block: &Block) -> Result<(), String> {
        let told = self.path("told");
        fs::write(&told, "").expect("the directory is writable");
        let mut command = self.bash(document, block);
        let (said, ok) = if block.answers.is_empty() {
            let output = command.output().expect("bash starts");
            let said = [output.stdout, output.stderr].concat();
            (
                String::from_utf8_lossy(&said).into_owned(),
                output.status.success(),
            )
        } else {
            let mut session = Session::start(&mut command);
            for answer in &block.answers {
                match answer.as_str() {
                    "show" => {}
                    "words" => session.answer("on one line", &self.words),
                    key => session.answer(CHOICE, key),
                }
            }
            let (said, code) = session.end();
            if let Some(words) = words_in(&said) {
                self.words = words;
            }
            (said, code == Some(0))
        };
        if ok {
            return Ok(());
        }
        let told = fs::read_to_string(told).expect("the directory is readable");
        let first = told.lines().next();
        let whole = format!("{document}:{}: the block ends before its end", block.line);
        Err(format!("{}\n{said}", first.unwrap_or(&whole)))
    }

    /// A bash for a block, the lines of which have the numbers that they have in the document.
    fn bash(&self, document: &str, block: &Block) -> Command {
        let values = self.values();
        let lines = block.text.lines().map(|line| {
            let line = replaced(line, &values);
            if line.contains("# refused") {
                format!("refused {line}\n")
            } else {
                format!("{line}\n")
            }
        });
        let script = format!(
            "{}{}",
            "\n".repeat(block.line - 1),
            lines.collect::<String>()
        );
        let file = self.path("block.sh");
        fs::write(&file, script).expect("the directory is writable");
        let home = match self.homes {
            Homes::Own => self.path(&format!("home-{}", block.who)),
            Homes::Shared => self.path("home"),
        };
        if !home.exists() {
            fs::create_dir(&home).expect("the directory is writable");
            // A manifest takes nothing from outside its directory, so a link would not do.
            copy_files(&self.path("examples"), &home.join("examples"));
        }
        let program = program();
        let beside = program.parent().expect("a program stands in a directory");
        let inherited = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        // The ninth is where the failing line is told, apart from what commands say.
        let inner = "exec 9>>\"$TOLD\"; BASH_ENV=\"$PRELUDE\" exec bash \"$0\"";
        command
            .args(["-c", inner])
            .arg(&file)
            .env_clear()
            .env("PATH", format!("{}:{inherited}", beside.display()))
            .env("HOME", &home)
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("NO_PROXY", "*")
            .env("ETH_RPC_URL", self.node.url())
            .env("ETH_PASSWORD", self.path("password"))
            .env("PATIENTPORT_STORE", self.path("store"))
            .env("DOCUMENT", document)
            .env("VALUES", self.path("values"))
            .env("STATE", self.path("state").join(&block.who))
            .env("TOLD", self.path("told"))
            .env("PRELUDE", self.path("prelude.sh"))
            .stdin(Stdio::null())
            .current_dir(&home);
        command
    }
}

/// A line with names in capitals replaced where they stand as words; a line that gives a name its value keeps the name.
fn replaced(line: &str, values: &BTreeMap<String, String>) -> String {
    if let Some((name, value)) = line
        .strip_prefix("value ")
        .and_then(|it| it.split_once(' '))
    {
        return format!("value {name} {}", replaced(value, values));
    }
    let mut out = String::new();
    let mut word = String::new();
    // One more, so that the last word ends, too.
    for character in line.chars().chain(['\n']) {
        if character == '_' || character.is_ascii_alphanumeric() {
            word.push(character);
        } else {
            out.push_str(values.get(&word).unwrap_or(&word));
            word.clear();
            out.push(character);
        }
    }
    out.pop();
    out
}

/// The 24 words that a terminal shows, numbered, one a line.
fn words_in(shown: &str) -> Option<String> {
    let words: Vec<&str> = shown
        .lines()
        .filter_map(|line| {
            let (number, word) = line.trim().split_once(". ")?;
            number.trim().parse::<u8>().ok().map(|_| word)
        })
        .collect();
    (words.len() == 24).then(|| words.join(" "))
}

/// Copies a directory of plain files.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir(to).expect("the directory is writable");
    for entry in fs::read_dir(from).expect("the directory is readable") {
        let entry = entry.expect("the directory is readable");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("the directory is writable");
    }
}
