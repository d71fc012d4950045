//! Writes the test vectors of `docs/record-format.md` into the folder given as the only argument.
//!
//! `cargo run -p patientport-core --example make-vectors -- tests/vectors`
//!
//! The records come from a writer of their own, in `writer.rs`, that shares nothing with the crate but
//! HPKE: it can break the rules where a case asks for it, and where it keeps them it is a second opinion.

mod cases;
mod fixed;
mod writer;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("give the folder to write to")?
        .into();
    std::fs::create_dir_all(&folder)?;
    for (name, case) in cases::all() {
        std::fs::write(folder.join(name), case.encode())?;
    }
    Ok(())
}
