//! `patientport-pack [--json] [--project-hash HEX] [--init-code] [--budgets FILE] --out DIR NAME=WASM…`
//!
//! Writes `DIR/NAME.wasm` (the module as deployed) and `DIR/NAME.code` (the account's code), with
//! `--init-code` also `DIR/NAME.init`, and prints the measures on stdout. With `--budgets` a contract that
//! weighs more than the file allows is an error. Called by `scripts/build-contracts`.

mod budget;

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use budget::{BudgetError, Budgets};
use patientport_pack::{MAX_CODE_BYTES, PackError, Packed, init_code, pack};

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(
        "usage: patientport-pack [--json] [--project-hash HEX] [--init-code] [--budgets FILE] --out DIR NAME=WASM…"
    )]
    Usage,
    #[error("cannot read `{0}`")]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write `{0}`")]
    Write(PathBuf, #[source] io::Error),
    #[error("contract `{0}` cannot be deployed")]
    Pack(String, #[source] PackError),
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(report) => {
            // A closed pipe is the reader's choice.
            let _ = io::stdout().write_all(report.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut text = format!("error: {error}\n");
            let mut cause = std::error::Error::source(&error);
            while let Some(next) = cause {
                let _ = writeln!(text, "  caused by: {next}");
                cause = next.source();
            }
            let _ = io::stderr().write_all(text.as_bytes());
            ExitCode::from(if matches!(error, Error::Usage) { 2 } else { 1 })
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<String, Error> {
    let (mut out, mut json, mut with_init, mut project_hash, mut contracts) =
        (None, false, false, None, Vec::new());
    let mut budgets = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => json = true,
            "--init-code" => with_init = true,
            "--out" => out = Some(PathBuf::from(args.next().ok_or(Error::Usage)?)),
            "--budgets" => {
                let path = PathBuf::from(args.next().ok_or(Error::Usage)?);
                let text = fs::read_to_string(&path).map_err(|error| Error::Read(path, error))?;
                budgets = Some(text.parse::<Budgets>()?);
            }
            "--project-hash" => {
                let hash = args.next().as_deref().and_then(from_hex);
                project_hash = Some(hash.ok_or(Error::Usage)?);
            }
            _ => {
                let (name, path) = arg.split_once('=').ok_or(Error::Usage)?;
                contracts.push((name.to_owned(), PathBuf::from(path)));
            }
        }
    }
    let out = out.ok_or(Error::Usage)?;
    if contracts.is_empty() {
        return Err(Error::Usage);
    }
    fs::create_dir_all(&out).map_err(|error| Error::Write(out.clone(), error))?;
    let mut measured = Vec::new();
    for (name, path) in contracts {
        let module = fs::read(&path).map_err(|error| Error::Read(path, error))?;
        let packed =
            pack(&module, project_hash).map_err(|error| Error::Pack(name.clone(), error))?;
        if let Some(budgets) = &budgets {
            budgets.check(&name, &packed)?;
        }
        write(&out.join(format!("{name}.wasm")), &packed.wasm)?;
        write(&out.join(format!("{name}.code")), &packed.code)?;
        if with_init {
            write(&out.join(format!("{name}.init")), &init_code(&packed.code))?;
        }
        measured.push((name, packed));
    }
    Ok(if json {
        as_json(&measured)
    } else {
        as_text(&measured)
    })
}

/// Replaces a file in one step, so that a reader never sees half of it.
fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = path.with_extension("tmp");
    fs::write(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|error| Error::Write(path.to_owned(), error))
}

fn as_text(contracts: &[(String, Packed)]) -> String {
    let mut text = String::new();
    for (name, packed) in contracts {
        let _ = writeln!(
            text,
            "{name:<12} {:>6} bytes raw, {:>5} compressed of {MAX_CODE_BYTES}, {} data, {} page(s), code hash 0x{}",
            packed.wasm.len(),
            packed.code.len(),
            packed.data_bytes,
            packed.pages,
            to_hex(&packed.code_hash),
        );
    }
    text
}

fn as_json(contracts: &[(String, Packed)]) -> String {
    let entries: Vec<_> = contracts
        .iter()
        .map(|(name, packed)| {
            format!(
                r#"{{"name":"{name}","raw_bytes":{},"compressed_bytes":{},"pages":{},"code_hash":"0x{}","data_bytes":{}}}"#,
                packed.wasm.len(),
                packed.code.len(),
                packed.pages,
                to_hex(&packed.code_hash),
                packed.data_bytes,
            )
        })
        .collect();
    format!("{{\"contracts\":[{}]}}\n", entries.join(","))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 32 bytes of hexadecimal, with or without `0x`.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes?.try_into().ok()
}
