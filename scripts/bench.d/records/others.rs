//! The other programs, through their command lines.

use crate::Failure;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// `age` or `rage`, with a key pair of its own.
pub(crate) struct Other {
    program: PathBuf,
    identity: PathBuf,
    recipient: String,
    sealed: PathBuf,
}

impl Other {
    /// Makes a key pair with the program's key generator, which lies beside it.
    pub(crate) fn new(program: &Path, dir: &Path, name: &str) -> Result<Self, Failure> {
        let identity = dir.join(format!("{name}-identity"));
        let keygen = program.with_file_name(format!("{name}-keygen"));
        let status = Command::new(&keygen)
            .arg("-o")
            .arg(&identity)
            .stderr(Stdio::null())
            .status()
            .map_err(|error| format!("{}: {error}", keygen.display()))?;
        if !status.success() {
            return Err(format!("{} fails", keygen.display()).into());
        }
        let text = std::fs::read_to_string(&identity)?;
        let recipient = text
            .lines()
            .find_map(|line| line.strip_prefix("# public key: "))
            .ok_or("an identity without its public key")?
            .to_owned();
        Ok(Self {
            program: program.to_owned(),
            identity,
            recipient,
            sealed: dir.join(name),
        })
    }

    /// Seconds to encrypt a file.
    pub(crate) fn encrypt(&self, plain: &Path) -> Result<f64, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(["-r", &self.recipient, "-o"])
            .arg(&self.sealed)
            .arg(plain);
        timed(&mut command, &self.sealed)
    }

    /// Seconds to decrypt it again.
    pub(crate) fn decrypt(&self, output: &Path) -> Result<f64, Failure> {
        let mut command = Command::new(&self.program);
        command
            .arg("-d")
            .arg("-i")
            .arg(&self.identity)
            .arg("-o")
            .arg(output)
            .arg(&self.sealed);
        timed(&mut command, output)
    }
}

fn timed(command: &mut Command, output: &Path) -> Result<f64, Failure> {
    // A file that is there would be truncated in the time that is measured.
    let _ = std::fs::remove_file(output);
    let start = Instant::now();
    let status = command.status()?;
    let seconds = start.elapsed().as_secs_f64();
    if status.success() {
        Ok(seconds)
    } else {
        Err(format!("{command:?} fails").into())
    }
}
