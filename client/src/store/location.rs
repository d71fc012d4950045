//! What a user calls a store.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::http::HttpRemote;
use super::net::{self, NetOptions, Objection, Trust};
use super::remote::{Bridge, RemoteStore};
use super::s3::S3Remote;
use super::{BlobStore, DirectoryStore, StoreError};
use crate::progress::Watcher;

/// Where a store is: a path, `s3://bucket/prefix`, or `https://host/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory.
    Directory(PathBuf),
    /// A bucket of an S3-compatible service, which the environment names (`AWS_…`).
    S3 {
        /// The bucket.
        bucket: String,
        /// What the names of its blobs begin with; without slashes at its ends, often empty.
        prefix: String,
    },
    /// A web server's directory.
    Http(Url),
}

/// What stores on other machines work with.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Which hosts are asked, and how patiently.
    pub net: NetOptions,
    /// Where their asynchronous part runs.
    pub runtime: Handle,
    /// When this changes, or its sender is dropped, whatever is under way is given up.
    pub stop: watch::Receiver<()>,
    /// Where partial files of bodies lie until they are whole; `None` = nowhere, an interrupted download begins
    /// anew.
    pub incoming: Option<PathBuf>,
    /// Where journals of uploads lie; `None` = nowhere, an interrupted upload begins anew.
    pub uploads: Option<PathBuf>,
    /// Who hears how far transfers have come.
    pub progress: Watcher,
}

impl Environment {
    pub(super) fn bridge(&self) -> Bridge {
        Bridge {
            runtime: self.runtime.clone(),
            stop: self.stop.clone(),
            incoming: self.incoming.clone(),
            uploads: self.uploads.clone(),
            patience: self.net.patience,
            progress: self.progress.clone(),
        }
    }
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// [`StoreError::InvalidLocation`]; what may hold something secret is not repeated in it.
    pub fn parse(text: &OsStr) -> Result<Self, StoreError> {
        let invalid = |location: &str, reason| {
            Err(StoreError::InvalidLocation {
                location: location.to_owned(),
                reason,
            })
        };
        if text.is_empty() {
            return invalid("", "it is empty");
        }
        let Some((scheme, rest)) = text.to_str().and_then(|text| text.split_once("://")) else {
            return Ok(Self::Directory(PathBuf::from(text)));
        };
        let shown = format!("{scheme}://…");
        match scheme {
            "s3" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let is_bucket = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
                if bucket.is_empty() || bucket.contains(|c| !is_bucket(c)) {
                    return invalid(
                        &shown,
                        "a bucket's name has letters, digits, `.`, `-` and `_`, and credentials stand in the environment (AWS_ACCESS_KEY_ID)",
                    );
                }
                let prefix = prefix.trim_matches('/');
                let is_prefix = |c: char| is_bucket(c) || "/!*'()=+".contains(c);
                if prefix.contains(|c| !is_prefix(c))
                    || prefix.split('/').any(|part| matches!(part, "." | ".."))
                    || prefix.contains("//")
                {
                    return invalid(
                        &shown,
                        "the prefix holds characters that object names should not",
                    );
                }
                Ok(Self::S3 {
                    bucket: bucket.to_owned(),
                    prefix: prefix.to_owned(),
                })
            }
            "http" | "https" => {
                let Some(url) = text.to_str().and_then(|text| text.parse::<Url>().ok()) else {
                    return invalid(&shown, "it is no URL");
                };
                if !url.username().is_empty() || url.password().is_some() {
                    return invalid(&shown, "credentials do not belong into a URL");
                }
                if url.query().is_some() || url.fragment().is_some() {
                    return invalid(
                        &shown,
                        "names of blobs are put at its end, so it has no query",
                    );
                }
                Ok(Self::Http(url))
            }
            _ => invalid(
                &shown,
                "give a path, s3://bucket/prefix or https://host/prefix",
            ),
        }
    }

    /// The same with an absolute path.
    #[must_use]
    pub fn absolute(self) -> Self {
        match self {
            Self::Directory(path) => Self::Directory(std::path::absolute(&path).unwrap_or(path)),
            other => other,
        }
    }

    /// The directory, if it is one.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(path) => Some(path),
            _ => None,
        }
    }

    /// The store, to be read. Nothing is created or asked yet.
    ///
    /// # Errors
    /// [`StoreError::NotADirectory`]; [`StoreError::InsecureUrl`] for `http://` to another machine, unless allowed;
    /// [`StoreError::NoCredentials`].
    pub fn reader(&self, environment: &Environment) -> Result<Arc<dyn BlobStore>, StoreError> {
        match self {
            Self::Directory(path) => Ok(Arc::new(DirectoryStore::open(path)?)),
            _ => self.remote(environment),
        }
    }

    /// The store, to be written to; a directory is created if it is not there.
    ///
    /// # Errors
    /// As [`Self::reader`].
    pub fn writer(&self, environment: &Environment) -> Result<Arc<dyn BlobStore>, StoreError> {
        match self {
            Self::Directory(path) => Ok(Arc::new(DirectoryStore::create_in(path)?)),
            _ => self.remote(environment),
        }
    }

    fn remote(&self, environment: &Environment) -> Result<Arc<dyn BlobStore>, StoreError> {
        let (options, bridge) = (environment.net, environment.bridge());
        Ok(match self {
            Self::Directory(path) => Arc::new(DirectoryStore::open(path)?),
            Self::S3 { bucket, prefix } => Arc::new(RemoteStore::new(
                S3Remote::new(bucket, prefix, options)?,
                bridge,
            )),
            Self::Http(url) => {
                if url.scheme() == "http" && !options.allow_http && !net::is_loopback(url) {
                    return Err(StoreError::InsecureUrl {
                        location: self.to_string(),
                    });
                }
                let name = format!("the store `{self}`");
                let remote = HttpRemote::new(url.clone(), name, &Trust::Named, options)?;
                Arc::new(RemoteStore::new(remote, bridge))
            }
        })
    }
}

/// An endpoint that somebody else named, to be read under the rules of [`net`].
///
/// # Errors
/// [`StoreError::Forbidden`].
pub(super) fn endpoint(
    text: &str,
    name: String,
    environment: &Environment,
) -> Result<Arc<dyn BlobStore>, StoreError> {
    let forbidden = |reason: String| StoreError::Forbidden {
        store: name.clone(),
        reason,
    };
    let mut url: Url = text
        .parse()
        .map_err(|_| forbidden("it is no URL".to_owned()))?;
    net::check(&url, environment.net.allow_private)
        .map_err(|objection: Objection| forbidden(objection.to_string()))?;
    url.set_query(None);
    url.set_fragment(None);
    let remote = HttpRemote::new(url, name, &Trust::Endpoint, environment.net)?;
    Ok(Arc::new(RemoteStore::new(remote, environment.bridge())))
}

/// As it was given; nothing secret is in it.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Http(url) => f.write_str(url.as_str()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location, StoreError> {
        Location::parse(OsStr::new(text))
    }

    #[test]
    fn paths_buckets_and_servers_are_told_apart() {
        for (text, shown) in [
            ("/records", "/records"),
            ("records/x y", "records/x y"),
            ("s3://bucket", "s3://bucket"),
            ("s3://bucket/", "s3://bucket"),
            ("s3://my-bucket.eu/a/b/", "s3://my-bucket.eu/a/b"),
            (
                "https://host.example/records/",
                "https://host.example/records/",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ] {
            let location = parse(text).unwrap();
            assert_eq!(location.to_string(), shown);
            assert_eq!(parse(shown).unwrap(), location);
        }
        assert!(parse("/records").unwrap().directory().is_some());
    }

    #[test]
    fn what_is_no_store_is_refused_and_secrets_are_not_repeated() {
        for text in [
            "",
            "ftp://secret.example/",
            "s3://",
            "s3://key:secret@bucket",
            "s3://bucket/../secret",
            "s3://bucket/a b secret",
            "https://user:secret@host.example/",
            "https://secret@host.example/",
            "https://host.example/?token=secret",
            "https://host.example/#secret",
            "https://[secret",
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code(), "store.invalid_location", "{text}");
            assert!(!error.whole().contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn plain_http_leaves_this_machine_only_if_allowed() {
        let environment = |allow_http| Environment {
            net: NetOptions {
                allow_http,
                ..NetOptions::default()
            },
            runtime: Handle::current(),
            stop: watch::channel(()).1,
            incoming: None,
            uploads: None,
            progress: Watcher::nobody(),
        };
        for (text, allow, ok) in [
            ("http://127.0.0.1:1/", false, true),
            ("http://localhost:1/", false, true),
            ("http://10.0.0.1/", false, false),
            ("http://blobs.example/", false, false),
            ("http://blobs.example/", true, true),
            ("https://10.0.0.1/", false, true),
        ] {
            let reader = parse(text).unwrap().reader(&environment(allow));
            assert_eq!(reader.is_ok(), ok, "{text}");
        }
    }

    #[tokio::test]
    async fn endpoints_that_others_name_are_checked() {
        let environment = Environment {
            net: NetOptions::default(),
            runtime: Handle::current(),
            stop: watch::channel(()).1,
            incoming: None,
            uploads: None,
            progress: Watcher::nobody(),
        };
        for (text, ok) in [
            ("https://blobs.example/records", true),
            ("http://blobs.example/records", false),
            ("https://10.0.0.1/", false),
            ("https://user@blobs.example/", false),
            ("/etc", false),
            ("s3://bucket", false),
        ] {
            let endpoint = endpoint(text, "the endpoint".into(), &environment);
            match endpoint {
                Ok(store) => assert!(ok && !store.is_writable(), "{text}"),
                Err(error) => assert!(!ok && error.code() == "store.forbidden", "{text}"),
            }
        }
    }
}
