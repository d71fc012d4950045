//! Puts the contracts' code, where `scripts/build-contracts` has left it, into the program, so that
//! `patientport deploy` needs no files. Without it the program builds as well, and `deploy` asks for
//! `--contracts DIR`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let variable = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(io::ErrorKind::NotFound)
    };
    let contracts = variable("CARGO_MANIFEST_DIR")?.join("../build/contracts");
    let out = variable("OUT_DIR")?;
    let mut lines = String::new();
    for (name, constant) in [("registry", "REGISTRY"), ("patientport", "PORT")] {
        let source = contracts.join(name).with_extension("code");
        println!("cargo::rerun-if-changed={}", source.display());
        lines.push_str(&embed(&source, &out, name, constant)?);
    }
    fs::write(out.join("contracts.rs"), lines)
}

/// Copies the code beside the generated source and returns the constant that holds it.
fn embed(source: &Path, out: &Path, name: &str, constant: &str) -> io::Result<String> {
    let value = match fs::read(source) {
        Ok(code) => {
            fs::write(out.join(name), code)?;
            format!("Some(include_bytes!(\"{name}\"))")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => "None".to_owned(),
        Err(error) => return Err(error),
    };
    Ok(format!(
        "pub(super) const {constant}: Option<&[u8]> = {value};\n"
    ))
}
