//! Writes what the fuzzer starts from: `seeds TARGET DIRECTORY DICTIONARY`, one file for each input, and
//! the dictionary.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [target, directory, dictionary] = arguments.as_slice() else {
        return Err("usage: seeds TARGET DIRECTORY DICTIONARY".into());
    };
    let unknown = || format!("no target `{target}`");
    let seeds = patientport_fuzz::seeds(target).ok_or_else(unknown)?;
    let directory = PathBuf::from(directory);
    fs::create_dir_all(&directory)?;
    for seed in seeds {
        fs::write(directory.join(&seed.name), seed.data)?;
    }
    let words = patientport_fuzz::dictionary(target).ok_or_else(unknown)?;
    fs::write(dictionary, words)?;
    Ok(())
}
