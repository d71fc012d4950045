//! What of a document is run, in its order.

use std::time::Duration;

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its path in the repository.
    pub(crate) name: String,
    /// What is done, in order.
    pub(crate) steps: Vec<Step>,
    /// Blocks of shell that nobody runs, line by line.
    unclaimed: Vec<(usize, String)>,
}

/// Something that is done.
#[derive(Debug)]
pub(crate) enum Step {
    /// A block is run.
    Run(Block),
    /// `<!-- fund NAME -->`: the account of this value gets ether.
    Fund(String),
    /// `<!-- pass SECONDS -->`: the chain's clock moves on.
    Pass(Duration),
}

/// Lines of shell.
#[derive(Debug)]
pub(crate) struct Block {
    /// Who runs them.
    pub(crate) who: String,
    /// What is typed on the terminal; empty where none is needed.
    pub(crate) answers: Vec<String>,
    /// Number of the first line, counted from 1.
    pub(crate) line: usize,
    /// The lines.
    pub(crate) text: String,
}

impl Document {
    /// Reads a document.
    ///
    /// # Panics
    /// If a block or a comment is left open, or a comment orders what does not exist.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut document = Self {
            name: name.to_owned(),
            steps: Vec::new(),
            unclaimed: Vec::new(),
        };
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            let (info, end) = if let Some(info) = line.trim_start().strip_prefix("```") {
                (info, "```")
            } else if let Some(info) = line.strip_prefix("<!-- ") {
                if let Some(order) = info.strip_suffix(" -->") {
                    document.steps.push(Step::of_order(order));
                    continue;
                }
                (info, "-->")
            } else {
                continue;
            };
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != end)
                .collect();
            let mut info = info.split_whitespace();
            match (info.next(), info.next()) {
                (Some("sh"), Some(who)) => document.steps.push(Step::Run(Block {
                    who: who.to_owned(),
                    answers: info.map(str::to_owned).collect(),
                    line: number + 1,
                    text: body.join("\n"),
                })),
                (Some("text" | "json" | "mermaid"), None) => {}
                _ => {
                    let numbered = (number + 1..).zip(body.iter().map(|&line| line.to_owned()));
                    document.unclaimed.extend(numbered);
                }
            }
        }
        document
    }

    /// The blocks that are run.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.steps.iter().filter_map(|step| match step {
            Step::Run(block) => Some(block),
            Step::Fund(_) | Step::Pass(_) => None,
        })
    }

    /// Lines with a `patientport` command that nobody runs.
    pub(crate) fn escaped(&self) -> Vec<String> {
        let names_it = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (0..words.len()).any(|at| {
                // `cargo build -p patientport` builds it.
                let built = at > 0 && words[at - 1] == "-p";
                !built && words[at].trim_start_matches(['$', '(', '"', '`']) == "patientport"
            })
        };
        let unclaimed = self.unclaimed.iter();
        unclaimed
            .filter(|(_, line)| names_it(line))
            .map(|(number, line)| format!("{}:{number}: {line}", self.name))
            .collect()
    }
}

impl Step {
    fn of_order(order: &str) -> Self {
        match order.split_once(' ') {
            Some(("fund", name)) => Self::Fund(name.to_owned()),
            Some(("pass", seconds)) => {
                let seconds = seconds.parse().expect("`pass` takes seconds");
                Self::Pass(Duration::from_secs(seconds))
            }
            _ => panic!("`<!-- {order} -->` is no order"),
        }
    }
}
