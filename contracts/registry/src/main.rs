//! Prints the interface, or with the argument `constructor` the constructor, for `cargo stylus`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let text = match std::env::args().nth(1).as_deref() {
        Some("constructor") => "constructor(address owner)\n",
        _ => include_str!("../../abi/abi/IRegistry.sol"),
    };
    io::stdout().write_all(text.as_bytes())
}
