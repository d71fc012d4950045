//! `patientport demo`: the whole product at work, on a chain of its own or on the one of a node that `--rpc-url` names.
//!
//! Its own chain runs in this process; every step is a run of this very program in a process of its own,
//! with its own home, over the chain's URL. Nothing is special-cased: what the demonstration does can be
//! typed. For the chain see `stylus-devnode`, for the files `examples/`.

mod files;
mod payer;
mod report;
mod stage;
mod story;

use crate::{
    args::demo::DemoArgs,
    context::Context,
    error::Error,
    home::FileError,
    output::{Outcome as _, Report as Rendered},
    signals,
    terminal::{TerminalError, write_stdout},
    text::harmless,
};
use patientport_client::chain::shown_url;
use payer::Payer;
use report::{Report, Step};
use stage::{DemoError, Stage};
use std::{fs, io, path::Path, time::Instant};
use stylus_devnode::{Config, DevNode};

/// Runs the demonstration. In words every step is shown on stdout as it ends; as JSON one document
/// comes at the end, and stderr says how far it is.
///
/// # Errors
/// [`Error::Demo`] names the command that ended otherwise than the story says. On a chain that is named:
/// `tx.insufficient_funds` and [`Error::Declined`] before anything is sent.
pub async fn run(context: &Context, args: &DemoArgs) -> Result<Option<Rendered>, Error> {
    let keep = args.keep.as_deref();
    // A variable or a setting that names a node is there for other commands.
    let payer = if context.settings.rpc_url_by_flag {
        Some(Payer::agreed(context).await?)
    } else {
        None
    };
    let is_json = context.settings.json;
    let mut show = |step: &Step| {
        if is_json {
            context.terminal.say(&step.title);
            Ok(())
        } else {
            write_stdout(&step.to_text())
        }
    };
    let report = match payer {
        None => on_its_own(keep, &mut show)?,
        Some(payer) => on_another(context, &payer, keep, &mut show)?,
    };
    if is_json {
        return Ok(Some(Rendered::of(&report)));
    }
    write_stdout(&report.text()).map_err(Error::Stdout)?;
    Ok(None)
}

/// Homes, files and records of a demonstration.
#[derive(Debug)]
enum Directory {
    Kept(std::path::PathBuf),
    /// Removed when it goes out of scope, however the story ends.
    Temporary(tempfile::TempDir),
}

impl Directory {
    fn new(keep: Option<&Path>) -> Result<Self, DemoError> {
        if let Some(directory) = keep {
            fs::create_dir(directory).map_err(DemoError::file("create", directory))?;
            let whole =
                fs::canonicalize(directory).map_err(DemoError::file("resolve", directory))?;
            return Ok(Self::Kept(whole));
        }
        let made = tempfile::Builder::new()
            .prefix("patientport-demo-")
            .tempdir();
        let made = made.map_err(DemoError::file(
            "create",
            Path::new("a temporary directory"),
        ))?;
        Ok(Self::Temporary(made))
    }

    /// Keeps it, because of what is in it.
    fn keep(self) -> Self {
        match self {
            Self::Temporary(made) => Self::Kept(made.keep()),
            kept @ Self::Kept(_) => kept,
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(made) => made.path(),
        }
    }

    fn kept(&self) -> Option<String> {
        match self {
            Self::Kept(path) => Some(path.display().to_string()),
            Self::Temporary(_) => None,
        }
    }
}

/// Shows a step that has ended.
type Show<'a> = dyn FnMut(&Step) -> io::Result<()> + 'a;

/// On a chain in this process.
fn on_its_own(keep: Option<&Path>, show: &mut Show<'_>) -> Result<Report, DemoError> {
    let started = Instant::now();
    let directory = Directory::new(keep)?;
    let node = DevNode::try_spawn(Config {
        quiet: true,
        ..Config::default()
    })?;
    let title = "A Stylus chain starts inside this process.";
    // Every step waits for a process of its own, so other tasks must not wait for it.
    let steps = tokio::task::block_in_place(|| {
        let place = (node.url(), false, node.chain_id());
        perform(directory.path(), place, title, None, show)
    })?;
    Ok(summed(steps, node.chain_id(), started, directory.kept()))
}

/// On the chain of a node that is named. However the story ends, what is left goes back.
fn on_another(
    context: &Context,
    payer: &Payer,
    keep: Option<&Path>,
    show: &mut Show<'_>,
) -> Result<Report, Error> {
    let started = Instant::now();
    let mut directory = Directory::new(keep)?;
    let settings = &context.settings;
    let chain_id = payer.chain().chain_id();
    let place = (settings.rpc_url.clone(), settings.allow_http, chain_id);
    let title = "A Stylus chain is there already.";
    let handle = tokio::runtime::Handle::current();
    let told = tokio::task::block_in_place(|| {
        let mut pay = |people: &[String; 4]| {
            let paid = handle.block_on(payer.pay(people));
            paid.map_err(|error| DemoError::Payment(Box::new(error)))
        };
        perform(directory.path(), place, title, Some(&mut pay), show)
    });
    // Nor does Ctrl-C keep it from going back: nothing that could be dropped is waited for here.
    let is_back =
        tokio::task::block_in_place(|| handle.block_on(payer.collect(context, directory.path())));
    if !is_back {
        directory = directory.keep();
    }
    let steps = told?;
    let spent = tokio::task::block_in_place(|| handle.block_on(payer.spent()))?;
    let report = summed(steps, chain_id, started, directory.kept());
    Ok(Report {
        payer: Some(payer.address()),
        spent_wei: Some(spent),
        ..report
    })
}

/// Sets the stage and tells the story. `place` is a node: its URL, whether it may be reached without TLS, its chain.
fn perform(
    directory: &Path,
    place: (String, bool, u64),
    title: &str,
    pay: Option<&mut story::Pay<'_>>,
    show: &mut Show<'_>,
) -> Result<Vec<Step>, DemoError> {
    let program = std::env::current_exe().map_err(|source| DemoError::Program {
        program: "patientport".into(),
        source,
    })?;
    let (url, allow_http, chain_id) = place;
    let answers = format!(
        "It answers at {}, chain id {chain_id}.",
        harmless(&shown_url(&url))
    );
    let mut stage = Stage::try_new(program, directory.to_owned(), url, allow_http, show)?;
    stage.step(title)?;
    stage.note(answers);
    stage.note("Below, everybody has a home of their own (PATIENTPORT_HOME) and a password file (ETH_PASSWORD).");
    story::tell(&mut stage, pay)?;
    stage.into_steps()
}

/// Adds the story up.
fn summed(steps: Vec<Step>, chain_id: u64, started: Instant, kept: Option<String>) -> Report {
    let runs = steps.iter().flat_map(|step| &step.runs);
    let transactions = runs.flat_map(|run| &run.transactions);
    Report {
        chain_id,
        payer: None,
        spent_wei: None,
        transactions: transactions.clone().count(),
        gas_used: transactions.map(|transaction| transaction.gas_used).sum(),
        steps,
        seconds: started.elapsed().as_secs_f64(),
        kept,
    }
}

impl From<DemoError> for Error {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Chain(source) => Self::Devnode(Box::new(source)),
            DemoError::File {
                action,
                path,
                source,
            } => Self::Output(FileError::io(action, &path)(source)),
            DemoError::Home(source) => Self::Output(source),
            DemoError::Program { program, source } => {
                Self::Output(FileError::io("run", &program)(source))
            }
            DemoError::Stdout(source) => Self::Stdout(source),
            DemoError::Payment(source) => *source,
            // Which signal it was decides over the exit code.
            DemoError::Interrupted if signals::stopping() => Self::Terminal(TerminalError::Stopped),
            DemoError::Interrupted => Self::Interrupted,
            DemoError::Unexpected {
                step,
                expected,
                found,
            } => Self::Demo {
                step,
                expected,
                found,
            },
        }
    }
}
