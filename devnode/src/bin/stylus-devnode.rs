//! A development chain from the command line: `stylus-devnode [PORT]`.
//!
//! Prints the endpoint on standard output and the accounts on standard error; runs until it is
//! interrupted. A program with more settings is `patientport devnode`.

use std::{io::Write, process::ExitCode};
use stylus_devnode::{Config, DevNode};

/// Nitro's usual HTTP port.
const DEFAULT_PORT: u16 = 8547;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr();
            let mut cause: Option<&dyn std::error::Error> = Some(error.as_ref());
            let mut label = "error";
            while let Some(error) = cause {
                let _ = writeln!(stderr, "{label}: {error}");
                label = "  caused by";
                cause = error.source();
            }
            ExitCode::from(3)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port
            .parse()
            .map_err(|_| format!("`{port}` is not a port; usage: stylus-devnode [PORT]"))?,
        None => DEFAULT_PORT,
    };
    let node = DevNode::try_spawn(Config::default().with_port(port))?;
    let mut stderr = std::io::stderr();
    let banner = if node.config().quiet {
        &[]
    } else {
        node.accounts()
    };
    for account in banner {
        writeln!(
            stderr,
            "account {} key {}",
            account.address(),
            account.private_key()
        )?;
    }
    writeln!(std::io::stdout(), "{}", node.url())?;
    let stop = node.stop_handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    stop.stop();
    node.wait();
    Ok(())
}
