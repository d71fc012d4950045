//! Compares what the contracts' operations cost on two chains; called by `scripts/parity`.
//!
//! `parity --contracts DIR URL [URL] [--json] [--anyhow]`

#[path = "../gas/baseline.rs"]
#[allow(dead_code, reason = "only the benchmark compares with Solidity")]
mod baseline;
#[path = "../gas/chain.rs"]
#[allow(dead_code, reason = "only the benchmark takes traces")]
mod chain;
mod compare;
#[path = "../shared/endpoint.rs"]
mod endpoint;
#[path = "../gas/people.rs"]
mod people;
#[path = "../gas/story.rs"]
#[allow(dead_code, reason = "only the benchmark looks at growth")]
mod story;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let key_file = std::env::var_os(compare::KEY_FILE_VARIABLE).map(PathBuf::from);
    match compare::run(&arguments, key_file.as_deref()) {
        Ok((text, equal)) => {
            // A closed standard output has nobody to tell.
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
            ExitCode::from(u8::from(!equal))
        }
        Err(stop) => {
            let _ = write!(std::io::stderr(), "{stop}");
            ExitCode::from(stop.code)
        }
    }
}
