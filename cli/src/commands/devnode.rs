//! `patientport devnode`: the embedded chain in the foreground, until a signal ends it.

use std::io::Write as _;
use std::sync::Arc;

use serde_json::json;
use stylus_devnode::cli::{self, Ended, Say, Signals};
use stylus_devnode::{DevNode, SpawnError};

use crate::args::devnode::DevnodeArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::{Report, success_document};
use crate::terminal::Verbosity;

/// Runs the chain until a signal ends it. Its endpoint is the result and goes out at once, not at the end.
///
/// # Errors
/// [`Error::Devnode`], most often because the TCP port is taken; [`Error::Interrupted`] or
/// [`Error::Terminated`] for a second signal while it stops.
pub async fn run(context: &Context, args: &DevnodeArgs) -> Result<Option<Report>, Error> {
    let mut node = args.node.clone();
    node.silent |= context.terminal.verbosity == Verbosity::Quiet;
    let terminal = context.terminal;
    let say: Say = Arc::new(move |line| terminal.say(line));
    // Before the endpoint is known, so that whoever reads it may end the chain at once.
    let signals = Signals::watch().map_err(Error::Runtime)?;
    let silent = node.silent;
    let node = DevNode::try_spawn(node.config(&say)).map_err(failure)?;
    if let Some(exposure) = cli::exposure(&node) {
        context.warn("devnode.exposed", exposure);
    }
    if !silent {
        for line in cli::banner(&node).lines() {
            say(line);
        }
        say("import an account with `patientport wallet import NAME --dev N`");
    }
    let line = if context.settings.json {
        let endpoint = cli::Endpoint::of(&node);
        let accounts: Vec<_> = endpoint.accounts.iter().map(|it| &it.address).collect();
        let data = json!({
            "url": endpoint.url,
            "ws_url": endpoint.ws_url,
            "chain_id": endpoint.chain_id,
            "arbos_version": endpoint.arbos_version,
            "accounts": accounts,
        });
        success_document(&data, &context.warnings.all()).to_string()
    } else {
        node.url()
    };
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    drop(stdout);
    written.map_err(Error::Stdout)?;
    // Here a signal is the ordinary end, not an interruption; a second one is.
    match cli::run(node, signals, &say).await {
        Ended::Stopped => Ok(None),
        Ended::Interrupted => Err(Error::Interrupted),
        Ended::Terminated => Err(Error::Terminated),
    }
}

/// The error with the hint of its own cause.
fn failure(error: SpawnError) -> Error {
    let hint = cli::hint(&error);
    let error = Error::Devnode(Box::new(error));
    match hint {
        Some(hint) => error.with_hint(hint, json!({})),
        None => error,
    }
}
