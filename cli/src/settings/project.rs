//! `patientport.json` of the directory somebody works in.
//!
//! Such a file comes along with whatever was downloaded, so it can choose among what this home knows already and
//! introduce nothing: the name of a network (one of the home's own, where the home names a node), a registry that the
//! home uses, a port that the home has. It names no node, no key, no file, no program, and loosens nothing.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use alloy::primitives::Address;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::home::config::{check_names, typed};
use crate::home::files;

/// Its name.
pub const FILE: &str = "patientport.json";
/// Longest file that is read.
const MAX_BYTES: u64 = 64 * 1024;
const NAMES: [&str; 3] = ["network", "registry", "port"];

/// A project's file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Project {
    /// Where it is.
    #[serde(skip)]
    pub path: PathBuf,
    /// Name of a network.
    pub network: Option<String>,
    /// A registry that the home knows.
    pub registry: Option<Address>,
    /// A port that the home knows: an address or a name.
    pub port: Option<String>,
}

impl Project {
    /// The nearest file of the working directory and the directories above it, up to the root of a repository or the
    /// user's own directory. Outside of both, only the working directory counts: what lies further up is somebody
    /// else's. So is a file of another user.
    ///
    /// # Errors
    /// [`Error::Home`] for a file that is damaged, or says more than such a file may.
    pub fn find() -> Result<Option<Self>, Error> {
        let Ok(start) = std::env::current_dir() else {
            return Ok(None);
        };
        let user = std::env::var_os("HOME").filter(|home| !home.is_empty());
        Self::find_from(&start, user.as_deref().map(Path::new))
    }

    fn find_from(start: &Path, user: Option<&Path>) -> Result<Option<Self>, Error> {
        let is_root = |directory: &&Path| {
            directory.join(".git").exists() || user.is_some_and(|user| user == *directory)
        };
        let last = start.ancestors().find(is_root).unwrap_or(start);
        for directory in start.ancestors() {
            let path = directory.join(FILE);
            if is_own(&path) {
                return Self::read(&path).map(Some);
            }
            if directory == last {
                break;
            }
        }
        Ok(None)
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let home = crate::home::HomeError::from;
        let file: Value = files::read_json(path, MAX_BYTES)
            .map_err(home)?
            .unwrap_or_default();
        if let Value::Object(members) = &file {
            check_names(path, "", members, &NAMES)?;
        }
        Ok(Self {
            path: path.to_owned(),
            ..typed(path, file)?
        })
    }
}

/// Whether there is a file, of this user or of the administrator.
fn is_own(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|it| it.is_file() && (it.uid() == user || it.uid() == 0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn it_is_looked_for_up_to_the_root_of_the_repository_or_of_the_user() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("user/repo/src/deep");
        std::fs::create_dir_all(&deep).unwrap();
        let find = |user: Option<&Path>| {
            Project::find_from(&deep, user)
                .unwrap()
                .map(|it| it.network.unwrap())
        };
        let user = root.path().join("user");
        let write = |at: &Path, name: &str| {
            std::fs::write(at.join(FILE), format!(r#"{{ "network": "{name}" }}"#)).unwrap();
        };
        // Of nobody knows whom.
        write(root.path(), "planted");
        assert_eq!(find(None), None);
        assert_eq!(find(Some(&user)), None);
        write(&user, "user");
        assert_eq!(find(None), None);
        assert_eq!(find(Some(&user)).as_deref(), Some("user"));
        std::fs::create_dir(user.join("repo/.git")).unwrap();
        assert_eq!(find(Some(&user)), None);
        write(&user.join("repo"), "repo");
        assert_eq!(find(None).as_deref(), Some("repo"));
        write(&deep, "here");
        assert_eq!(find(None).as_deref(), Some("here"));
    }

    #[test]
    fn it_says_nothing_that_could_weaken_or_lead_astray() {
        let root = tempfile::tempdir().unwrap();
        for member in [
            "rpc_url",
            "verify_rpc_url",
            "allow_http",
            "allow_private_endpoints",
            "store",
            "account",
            "identity",
            "networks",
            "profiles",
            "profile",
            "password_file",
            "home",
            "ports",
        ] {
            std::fs::write(root.path().join(FILE), format!(r#"{{ "{member}": "x" }}"#)).unwrap();
            let error = Project::find_from(root.path(), None).unwrap_err();
            assert_eq!(error.code(), "settings.unknown", "{member}");
        }
    }
}
