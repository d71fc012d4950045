//! A development chain from the command line; `stylus-devnode --help` has the flags.

use clap::Parser;
use std::{io::Write, process::ExitCode, sync::Arc};
use stylus_devnode::{
    DevNode, SpawnError,
    cli::{self, Ended, Endpoint, Say, Signals},
};

/// Runs an Arbitrum Stylus development chain
#[derive(Debug, Parser)]
#[command(name = "stylus-devnode", version, max_term_width = 100, after_help = cli::AFTER_HELP)]
struct Arguments {
    #[command(flatten)]
    node: cli::Args,
    /// Print one line of JSON instead of the endpoint: endpoints, chain, accounts with their keys
    #[arg(long)]
    json: bool,
}

/// Why the program ends with an error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The node did not start.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// Nobody can be told where it listens.
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    /// No event queue, or no signal handler.
    #[error("cannot watch for signals")]
    Signals(#[source] std::io::Error),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(Ended::Stopped) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Ok(Ended::Terminated) => ExitCode::from(143),
        Err(failure) => {
            report(&failure);
            match failure {
                Failure::Spawn(error) if cli::is_usage(&error) => ExitCode::from(2),
                _ => ExitCode::from(3),
            }
        }
    }
}

/// One line per cause, then what to do. A closed standard error has nobody to tell.
fn report(failure: &Failure) {
    let mut stderr = std::io::stderr();
    let mut cause: Option<&dyn std::error::Error> = Some(failure);
    let mut label = "error";
    while let Some(error) = cause {
        let _ = writeln!(stderr, "{label}: {error}");
        label = "  caused by";
        cause = error.source();
    }
    if let Failure::Spawn(error) = failure
        && let Some(hint) = cli::hint(error)
    {
        let _ = writeln!(stderr, "\nhint: {hint}");
    }
}

fn run(arguments: &Arguments) -> Result<Ended, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Signals)?;
    let say: Say = Arc::new(|line| {
        let _ = writeln!(std::io::stderr(), "{line}");
    });
    runtime.block_on(async {
        // Before the endpoint is known, so that whoever reads it may end the node at once.
        let signals = Signals::watch().map_err(Failure::Signals)?;
        let node = DevNode::try_spawn(arguments.node.config(&say))?;
        if !arguments.node.silent {
            say(cli::banner(&node).trim_end());
            if let Some(exposure) = cli::exposure(&node) {
                say(&exposure);
            }
        }
        let line = if arguments.json {
            serde_json::to_string(&Endpoint::of(&node))
                .expect("strings and numbers have a JSON form")
        } else {
            node.url()
        };
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{line}")
            .and_then(|()| stdout.flush())
            .map_err(Failure::Stdout)?;
        Ok(cli::run(node, signals, &say).await)
    })
}
