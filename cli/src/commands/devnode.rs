//! `patientport devnode`: the embedded chain in the foreground, until Ctrl-C.

use std::io::Write as _;

use serde_json::json;
use stylus_devnode::{Config, DevNode};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::devnode::DevnodeArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::{Report, success_document};

/// Runs the chain until Ctrl-C. Its endpoint is the result and goes out at once, not at the end.
///
/// # Errors
/// [`Error::Devnode`], most often because the TCP port is taken.
pub async fn run(context: &Context, args: &DevnodeArgs) -> Result<Option<Report>, Error> {
    let config = Config {
        host: args.host,
        port: args.port,
        ..Config::default()
    };
    let node = DevNode::try_spawn(config).map_err(|source| Error::Devnode(Box::new(source)))?;
    if !args.host.is_loopback() {
        context.warn(
            "devnode.exposed",
            format!(
                "every machine that reaches {} can use this chain: it asks for no password",
                args.host
            ),
        );
    }
    for (number, account) in node.accounts().iter().enumerate() {
        context
            .terminal
            .say(&format!("account {number:2}  {}", account.address()));
    }
    context.terminal.say(&format!(
        "chain id {}; the accounts' keys are public: import one with `patientport wallet import NAME --dev N`; stop with Ctrl-C",
        node.chain_id()
    ));
    let line = if context.settings.json {
        let accounts: Vec<_> = node
            .accounts()
            .iter()
            .map(stylus_devnode::DevAccount::address)
            .collect();
        let data = json!({ "url": node.url(), "chain_id": node.chain_id(), "accounts": accounts });
        success_document(&data, &context.warnings.all()).to_string()
    } else {
        node.url()
    };
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    drop(stdout);
    written.map_err(Error::Stdout)?;
    // Here Ctrl-C is the ordinary end, not an interruption.
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.map_err(Error::Runtime)?,
        _ = terminate.recv() => {}
    }
    node.shutdown();
    Ok(None)
}
