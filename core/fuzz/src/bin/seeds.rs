//! Writes what the fuzzer starts from: `seeds TARGET DIRECTORY DICTIONARY`, one file for each input, and
//! the dictionary. Run at the root of the tree: reads `tests/vectors`.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [target, directory, dictionary] = arguments.as_slice() else {
        return Err("usage: seeds TARGET DIRECTORY DICTIONARY".into());
    };
    let unknown = || format!("no target `{target}`");
    let seeds = patientport_core_fuzz::seeds(target, Path::new("tests/vectors"))?;
    let directory = Path::new(directory);
    fs::create_dir_all(directory)?;
    for (name, data) in seeds.ok_or_else(unknown)? {
        fs::write(directory.join(name), data)?;
    }
    let words = patientport_core_fuzz::dictionary(target).ok_or_else(unknown)?;
    fs::write(dictionary, words)?;
    Ok(())
}
