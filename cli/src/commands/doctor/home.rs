//! What lies on this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Check;
use crate::context::Context;
use crate::error::Error;
use crate::home::files;
use crate::text::{count, shown};

/// Home, keys, what waits.
pub(super) fn checks(context: &Context) -> Vec<Check> {
    let home = context.home();
    let root = home.root();
    if !root.exists() {
        let found = format!("`{}` is not there yet", shown(&root.display().to_string()));
        return vec![Check::warning(
            "home",
            found,
            "the first `patientport wallet new NAME` makes it",
        )];
    }
    let mut checks = vec![directory(root)];
    checks.push(wallets(context));
    checks.push(identities(context));
    checks.extend(exposed(root));
    checks.push(pending(context));
    checks
}

fn directory(root: &Path) -> Check {
    let path = shown(&root.display().to_string());
    match fs::metadata(root) {
        Ok(data) if data.permissions().mode() & 0o077 != 0 => Check::warning(
            "home",
            format!("others than you may look into `{path}`"),
            format!("close it: `chmod 700 {path}`"),
        ),
        Ok(_) => Check::ok("home", format!("`{path}`, for you alone")),
        Err(source) => Check::of_error(
            "home",
            &Error::Home(files::FileError::io("read", root)(source).into()),
        ),
    }
}

fn wallets(context: &Context) -> Check {
    match context.home().wallets() {
        Ok(wallets) if wallets.is_empty() => Check::warning(
            "wallets",
            "none",
            "make an account with `patientport wallet new NAME`",
        ),
        Ok(wallets) => {
            let names: Vec<_> = wallets.into_iter().map(|wallet| wallet.name).collect();
            Check::ok("wallets", names.join(", "))
        }
        Err(error) => Check::of_error("wallets", &error.into()),
    }
}

/// Every container is parsed; none is opened.
fn identities(context: &Context) -> Check {
    let home = context.home();
    let names = match home.identities() {
        Ok(names) => names,
        Err(error) => return Check::of_error("identities", &error.into()),
    };
    for name in &names {
        if let Err(error) = home.identity(name) {
            return Check::of_error("identities", &error.into());
        }
    }
    if names.is_empty() {
        Check::warning(
            "identities",
            "none",
            "make one with `patientport identity new NAME`, and keep a backup of it",
        )
    } else {
        Check::ok("identities", names.join(", "))
    }
}

/// Key files that others may read.
fn exposed(root: &Path) -> Option<Check> {
    let mut found = Vec::new();
    for directory in ["wallets", "identities"] {
        let entries = fs::read_dir(root.join(directory)).into_iter().flatten();
        let files = entries.flatten().map(|entry| entry.path());
        found.extend(files.filter(|path| files::is_exposed(path)));
    }
    let first = shown(&found.first()?.display().to_string());
    Some(Check::warning(
        "key files",
        format!(
            "{} that others may read, `{first}` among them",
            count(found.len(), "file")
        ),
        format!("close them: `chmod 600 {first}`"),
    ))
}

fn pending(context: &Context) -> Check {
    match context.home().all_pending() {
        Ok(waiting) if waiting.is_empty() => Check::ok("unsent records", "none"),
        Ok(waiting) => Check::warning(
            "unsent records",
            format!(
                "{} stored here and not on chain",
                count(waiting.len(), "record")
            ),
            format!(
                "send it with `patientport record add --resume {}`",
                waiting[0].record.commitment
            ),
        ),
        Err(error) => Check::of_error("unsent records", &error.into()),
    }
}
