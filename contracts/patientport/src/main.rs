//! Prints the interface, or with the argument `constructor` the constructor, for `cargo stylus`. There is no
//! constructor, so then it prints nothing, and the tool calls none.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let text = match std::env::args().nth(1).as_deref() {
        Some("constructor") => "",
        _ => include_str!("../../abi/abi/IPatientPort.sol"),
    };
    io::stdout().write_all(text.as_bytes())
}
