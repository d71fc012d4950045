//! A story in the making: runs of the program, one after another, and what they showed.

use std::path::Path;

use patientport_tests::{Party, Run, TestContext, utf8};

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Text.
    Person,
    /// The JSON document.
    Program,
}

/// What a program shows of itself that no other run shows: a pattern and what stands for it.
const VOLATILE: [(&str, &str); 21] = [
    (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC",
        "[time]",
    ),
    (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
        "[time]",
    ),
    (r"\b1[789][0-9]{8}\b", "[seconds]"),
    (r"\b1[789][0-9]{2},[0-9]{3},[0-9]{3}\b", "[seconds]"),
    (r"http://127\.0\.0\.1:[0-9]+", "[node]"),
    (r"\b(0x)?[0-9a-f]{128,}\b", "[bytes]"),
    (r"\b0[23][0-9a-f]{64}\b", "[key]"),
    (r"\b(0x)?[0-9a-f]{64}\b", "[hash]"),
    // The call of a function that takes an account.
    (r"\b(0x[0-9a-f]{8}0{24})[0-9a-f]{40}\b", "$1[account]"),
    (r"0x[0-9a-fA-F]{40}\b", "[address]"),
    (r"0x[0-9a-fA-F]{4}…[0-9a-fA-F]{4}", "[account]"),
    (r"\b[0-9a-z]{4}(-[0-9a-z]{4}){3}\b", "[fingerprint]"),
    (r"[0-9,]+ gas\b", "[gas] gas"),
    (r"about [0-9,]+, (fee|with)", "about [gas], $1"),
    (r"at most [0-9,]+, at most", "at most [gas], at most"),
    (r#""(gas|gas_limit)": [0-9]+"#, r#""$1": [gas]"#),
    (r"[0-9.]+ (ether|ETH|gwei|wei)\b", "[amount]"),
    (r#""gas_used": [0-9]+"#, r#""gas_used": [gas]"#),
    (
        r#""(fee_wei|balance|balance_wei|highest_cost_wei)": "[0-9]+""#,
        r#""$1": "[amount]""#,
    ),
    (r#""seconds_left": [0-9]+"#, r#""seconds_left": [seconds]"#),
    // Columns are as wide as what stands in them.
    (r" {3,}", "   "),
];

/// A story: a chain with its people, and the telling so far.
pub(crate) struct Scene {
    /// The stage.
    pub context: TestContext,
    reader: Reader,
    told: String,
}

impl Scene {
    /// A story that begins on this stage.
    pub(crate) fn new(context: TestContext, reader: Reader) -> Self {
        Self {
            context,
            reader,
            told: String::new(),
        }
    }

    /// Runs the program as a party of the stage, and tells what came of it. Nothing is asked.
    pub(crate) fn run(&mut self, who: &str, line: &str) -> Run {
        let party = self.parties().into_iter().find(|it| it.name == who);
        let mut command = party.expect("one of the stage's").command(line);
        command.args(["--yes", "--no-input"]);
        if self.reader == Reader::Program {
            command.arg("--json");
        }
        let run = Run::of(&mut command);
        let stdout = match self.reader {
            Reader::Person => String::from_utf8_lossy(&run.stdout).into_owned(),
            Reader::Program if line.starts_with("watch ") => documents(&run.stdout),
            // The harness holds it against the schema.
            Reader::Program => format!("{:#}\n", run.json()),
        };
        let code = run.exit_code.map_or("a signal".into(), |it| it.to_string());
        let text = format!(
            "{}$ patientport {line}\nexit: {code}\n{}{}\n",
            who,
            stream("stdout", &stdout),
            stream("stderr", &run.stderr)
        );
        let text = self.named(&text);
        self.told.push_str(&text);
        run
    }

    fn parties(&self) -> [&Party; 5] {
        let context = &self.context;
        [
            &context.owner,
            &context.primary,
            &context.specialist,
            &context.patient,
            &context.stranger,
        ]
    }

    /// What only this stage has, by name.
    fn named(&self, text: &str) -> String {
        let context = &self.context;
        let mut text = text.replace(utf8(context.directory()), "[dir]");
        for party in self.parties() {
            text = replaced(&text, &party.address, &format!("[{}]", party.name));
        }
        if !context.port.is_empty() {
            text = replaced(&text, &context.port, "[port]");
        }
        text
    }

    /// Compares the story with the one that is kept.
    #[track_caller]
    pub(crate) fn end(self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(Path::new("snapshots"));
        for (pattern, stands) in VOLATILE {
            settings.add_filter(pattern, stands);
        }
        let reader = match self.reader {
            Reader::Person => "text",
            Reader::Program => "json",
        };
        settings.bind(|| insta::assert_snapshot!(format!("{name}.{reader}"), self.told));
    }
}

/// A document a line, as `watch` prints them.
fn documents(stdout: &[u8]) -> String {
    let text = String::from_utf8_lossy(stdout);
    let document = |line: &str| -> serde_json::Value {
        serde_json::from_str(line).expect("a line is a document")
    };
    let documents: Vec<_> = text
        .lines()
        .map(|line| format!("{:#}\n", document(line)))
        .collect();
    documents.concat()
}

/// A stream of a run, indented; nothing if it was silent.
fn stream(name: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "{name}:\n  {}\n",
        text.trim_end_matches('\n').replace('\n', "\n  ")
    )
}

/// `text` with a name for an address, however its letters are written, whole or shortened.
fn replaced(text: &str, address: &str, name: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let address = address.to_ascii_lowercase();
    let short = format!("{}…{}", &address[..6], &address[38..]);
    let mut result = String::new();
    let mut rest = 0;
    while let Some((at, length)) = [&address, &short]
        .into_iter()
        .filter_map(|it| Some((lower[rest..].find(it.as_str())? + rest, it.len())))
        .min()
    {
        result.push_str(&text[rest..at]);
        result.push_str(name);
        rest = at + length;
    }
    result + &text[rest..]
}
