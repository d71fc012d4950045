//! `patientport demo`: the whole product at work, on a chain of its own.
//!
//! The chain runs in this process; every step is a run of this very program in a process of its own,
//! with its own home, over the chain's URL. Nothing is special-cased: what the demonstration does can be
//! typed. For the chain see `stylus-devnode`, for the files `examples/`.

mod files;
mod report;
mod stage;
mod story;

use crate::{
    args::demo::DemoArgs,
    context::Context,
    error::Error,
    home::FileError,
    output::{Outcome as _, Report as Rendered},
    terminal::write_stdout,
};
use report::{Report, Step};
use stage::{DemoError, Stage};
use std::{fs, io, path::Path, time::Instant};
use stylus_devnode::{Config, DevNode};

/// Runs the demonstration. In words every step is shown on stdout as it ends; as JSON one document
/// comes at the end, and stderr says how far it is.
///
/// # Errors
/// [`Error::Demo`] names the command that ended otherwise than the story says.
pub fn run(context: &Context, args: &DemoArgs) -> Result<Option<Rendered>, Error> {
    if context.settings.json {
        let mut say = |step: &Step| {
            context.terminal.say(&step.title);
            Ok(())
        };
        let report = perform(args.keep.as_deref(), &mut say)?;
        return Ok(Some(Rendered::of(&report)));
    }
    let mut show = |step: &Step| write_stdout(&step.to_text());
    let report = perform(args.keep.as_deref(), &mut show)?;
    write_stdout(&report.text()).map_err(Error::Stdout)?;
    Ok(None)
}

/// Sets the stage, tells the story and adds it up. `show` is called with every finished step.
fn perform(
    keep: Option<&Path>,
    show: &mut dyn FnMut(&Step) -> io::Result<()>,
) -> Result<Report, DemoError> {
    let started = Instant::now();
    let program = std::env::current_exe().map_err(|source| DemoError::Program {
        program: "patientport".into(),
        source,
    })?;
    // Removed when it goes out of scope, however the story ends.
    let temporary;
    let directory = if let Some(directory) = keep {
        fs::create_dir(directory).map_err(DemoError::file("create", directory))?;
        fs::canonicalize(directory).map_err(DemoError::file("resolve", directory))?
    } else {
        temporary = tempfile::Builder::new()
            .prefix("patientport-demo-")
            .tempdir()
            .map_err(DemoError::file(
                "create",
                Path::new("a temporary directory"),
            ))?;
        temporary.path().to_owned()
    };
    let node = DevNode::try_spawn(Config {
        quiet: true,
        ..Config::default()
    })?;

    let mut stage = Stage::try_new(program, directory.clone(), node.url(), show)?;
    stage.step("A Stylus chain starts inside this process.")?;
    stage.note(format!(
        "It answers at {}, chain id {}.",
        node.url(),
        node.chain_id()
    ));
    stage.note("Below, everybody has a home of their own (PATIENTPORT_HOME) and a password file (ETH_PASSWORD).");
    story::tell(&mut stage)?;
    let steps = stage.into_steps()?;

    let runs = steps.iter().flat_map(|step| &step.runs);
    let transactions = runs.flat_map(|run| &run.transactions);
    Ok(Report {
        chain_id: node.chain_id(),
        transactions: transactions.clone().count(),
        gas_used: transactions.map(|transaction| transaction.gas_used).sum(),
        steps,
        seconds: started.elapsed().as_secs_f64(),
        kept: keep.map(|_| directory.display().to_string()),
    })
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
