//! Blobs in a bucket of an S3-compatible service. Large ones go up in parts: what is up stays up when the upload
//! is interrupted, and a journal in the home says where to go on. A blob appears in the bucket when its last part
//! is there and the service has put them together, not before.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _,
    PutPayload, RetryConfig,
};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::net::{self, NetOptions, Objection, Trust, Waited, Watched};
use super::remote::{Answer, Remote};
use super::{BlobId, StoreError};
use crate::progress::{Stage, Watcher};

/// Bytes of a part, unless there would be too many of them. The service accepts no part below 5 MiB but the last.
const PART_BYTES: u64 = 8 << 20;
/// The service accepts no more parts than 10,000.
const MAX_PARTS: u64 = 9_000;
/// What the library does about failed requests.
const RETRIES: usize = 3;

/// A bucket and a prefix in it.
#[derive(Debug)]
pub(super) struct S3Remote {
    store: AmazonS3,
    prefix: String,
    name: String,
}

/// How far an upload has come.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    upload: String,
    part_bytes: u64,
    length: u64,
    parts: Vec<String>,
}

impl S3Remote {
    /// A bucket by the usual environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`,
    /// `AWS_REGION`, `AWS_ENDPOINT_URL` and their kin.
    pub(super) fn new(bucket: &str, prefix: &str, options: NetOptions) -> Result<Self, StoreError> {
        let name = format!(
            "the store `s3://{bucket}{}{prefix}`",
            if prefix.is_empty() { "" } else { "/" }
        );
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Io {
            store: name.clone(),
            action: "prepare for",
            blob: None,
            source: io::Error::other(source),
        };
        let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        let set = |key| {
            builder
                .get_config_value(&key)
                .is_some_and(|value| !value.is_empty())
        };
        let anonymous = builder.get_config_value(&AmazonS3ConfigKey::SkipSignature);
        // Without these the library would ask the network it runs in for credentials, and wait for it.
        let can_sign = set(AmazonS3ConfigKey::AccessKeyId)
            && set(AmazonS3ConfigKey::SecretAccessKey)
            || set(AmazonS3ConfigKey::WebIdentityTokenFile)
            || set(AmazonS3ConfigKey::ContainerCredentialsRelativeUri)
            || set(AmazonS3ConfigKey::ContainerCredentialsFullUri)
            || anonymous.as_deref() == Some("true");
        if !can_sign {
            return Err(StoreError::NoCredentials { store: name });
        }
        let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
            .iter()
            .find_map(|key| builder.get_config_value(key))
            .unwrap_or_else(|| "https://s3.amazonaws.com".into());
        let invalid = |reason| StoreError::InvalidLocation {
            // The variable's value is not repeated: it may hold anything.
            location: "AWS_ENDPOINT_URL".into(),
            reason,
        };
        let origin: Url = endpoint
            .parse()
            .map_err(|_| invalid("it is no URL of a server"))?;
        if !origin.username().is_empty() || origin.password().is_some() {
            return Err(invalid("credentials do not belong into a URL"));
        }
        if origin.scheme() == "http" && !options.allow_http && !net::is_loopback(&origin) {
            return Err(StoreError::InsecureUrl {
                location: format!("http://{}", origin.host_str().unwrap_or_default()),
            });
        }
        let client = net::client(&origin, &Trust::Named, false, &options)
            .map_err(|error| failed(Box::new(error.without_url())))?;
        let store = builder
            .with_allow_http(origin.scheme() == "http")
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: options.patience.saturating_mul(4),
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(100),
                    max_backoff: Duration::from_secs(2),
                    base: 2.,
                },
            })
            .with_http_connector(Connector {
                client,
                patience: options.patience,
            })
            .build()
            .map_err(|error| failed(Box::new(error)))?;
        Ok(Self {
            store,
            prefix: prefix.to_owned(),
            name,
        })
    }

    fn path(&self, id: &BlobId) -> Path {
        let path = id.path();
        if self.prefix.is_empty() {
            return Path::from(path);
        }
        Path::from(format!("{}/{path}", self.prefix))
    }

    fn error(&self, action: &'static str, id: &BlobId, error: Error) -> StoreError {
        let (store, blob) = (self.name.clone(), *id);
        let refused = |status| StoreError::Refused {
            store: store.clone(),
            action,
            blob,
            status,
        };
        match error {
            Error::NotFound { .. } => StoreError::Missing { store, blob },
            Error::PermissionDenied { .. } => refused(403),
            Error::Unauthenticated { .. } => refused(401),
            error => match Objection::within(&error) {
                Some(objection) => StoreError::Forbidden {
                    store,
                    reason: objection.to_string(),
                },
                None => StoreError::Unreachable {
                    store,
                    action,
                    blob,
                    // The library has tried again already.
                    again: false,
                    source: Box::new(error),
                },
            },
        }
    }

    /// Sends the parts that are not up yet and has them put together.
    async fn write_parts(
        &self,
        id: &BlobId,
        source: &FilePath,
        length: u64,
        journal: Option<&FilePath>,
        watcher: &Watcher,
    ) -> Result<(), StoreError> {
        let path = self.path(id);
        let failed = |error| self.error("store", id, error);
        let file_failed = |source| StoreError::io(self.name.clone(), "write", *id, source);
        let part_bytes = part_bytes(length);
        let known = journal
            .and_then(read_journal)
            .filter(|known| known.length == length && known.part_bytes == part_bytes);
        let is_resumed = known.is_some();
        let mut progress = match known {
            Some(known) => known,
            None => Journal {
                upload: self.store.create_multipart(&path).await.map_err(failed)?,
                part_bytes,
                length,
                parts: Vec::new(),
            },
        };
        write_journal(journal, &progress).map_err(file_failed)?;
        let mut file = File::open(source).map_err(file_failed)?;
        let before = (progress.parts.len() as u64).saturating_mul(part_bytes);
        watcher.moved(Stage::Storing, before.min(length));
        let finished = async {
            for index in progress.parts.len() as u64..length.div_ceil(part_bytes) {
                let part =
                    read_part(&mut file, index * part_bytes, part_bytes).map_err(file_failed)?;
                let part_length = part.len() as u64;
                let number = usize::try_from(index).expect("at most 10,000");
                let sent =
                    self.store
                        .put_part(&path, &progress.upload, number, PutPayload::from(part));
                let sent = sent.await.map_err(failed)?;
                progress.parts.push(sent.content_id);
                watcher.moved(Stage::Storing, part_length);
                write_journal(journal, &progress).map_err(file_failed)?;
            }
            let parts = progress.parts.iter().cloned();
            let parts = parts.map(|content_id| PartId { content_id }).collect();
            let completed = self
                .store
                .complete_multipart(&path, &progress.upload, parts);
            completed.await.map_err(failed)
        };
        match finished.await {
            Ok(_) => Ok(()),
            Err(error) if is_resumed && has_forgotten(&error) => {
                if let Some(journal) = journal {
                    let _ = std::fs::remove_file(journal);
                }
                Box::pin(self.write_parts(id, source, length, journal, watcher)).await
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Remote for S3Remote {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn is_writable(&self) -> bool {
        true
    }

    async fn length(&self, id: &BlobId) -> Result<Option<u64>, StoreError> {
        match self.store.head(&self.path(id)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("look for", id, error)),
        }
    }

    async fn read(
        &self,
        id: &BlobId,
        from: u64,
        to: Option<u64>,
        tag: Option<&str>,
    ) -> Result<Answer, StoreError> {
        let options = |from, tag: Option<&str>| GetOptions {
            range: match to {
                Some(to) => Some(GetRange::Bounded(from..to)),
                None if from > 0 => Some(GetRange::Offset(from)),
                None => None,
            },
            if_match: tag.map(str::to_owned),
            ..GetOptions::default()
        };
        let path = self.path(id);
        let answer = match self.store.get_opts(&path, options(from, tag)).await {
            // Another blob stands there now.
            Err(Error::Precondition { .. }) => self.store.get_opts(&path, options(0, None)).await,
            answer => answer,
        };
        let answer = answer.map_err(|error| self.error("fetch", id, error))?;
        let (start, total) = (answer.range.start, answer.meta.size);
        let tag = answer.meta.e_tag.clone();
        let (name, blob) = (self.name.clone(), *id);
        let bytes = answer.into_stream().map(move |piece| {
            piece.map_err(|error| StoreError::Unreachable {
                store: name.clone(),
                action: "fetch",
                blob,
                again: true,
                source: Box::new(error),
            })
        });
        Ok(Answer {
            start,
            total: Some(total),
            tag,
            bytes: bytes.boxed(),
        })
    }

    async fn write(
        &self,
        id: &BlobId,
        source: &FilePath,
        length: u64,
        journal: Option<&FilePath>,
        watcher: &Watcher,
    ) -> Result<(), StoreError> {
        if length > PART_BYTES {
            return self.write_parts(id, source, length, journal, watcher).await;
        }
        let bytes = std::fs::read(source)
            .map_err(|source| StoreError::io(self.name.clone(), "write", *id, source))?;
        let path = self.path(id);
        let put = self.store.put(&path, PutPayload::from(bytes)).await;
        put.map_err(|error| self.error("store", id, error))?;
        watcher.moved(Stage::Storing, length);
        Ok(())
    }

    async fn remove(&self, id: &BlobId) -> Result<(), StoreError> {
        match self.store.delete(&self.path(id)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error("delete", id, error)),
        }
    }
}

/// Whether a service no longer knows an upload, or parts of it, as may be after a while.
fn has_forgotten(error: &StoreError) -> bool {
    match error {
        StoreError::Missing { .. } | StoreError::Refused { .. } => true,
        // The library gives the service's own codes in words only.
        StoreError::Unreachable { .. } => {
            let told = error.whole();
            ["NoSuchUpload", "InvalidPart", "EntityTooSmall"]
                .iter()
                .any(|code| told.contains(code))
        }
        _ => false,
    }
}

/// Bytes of each part of a blob but the last.
fn part_bytes(length: u64) -> u64 {
    length
        .div_ceil(MAX_PARTS)
        .next_multiple_of(1 << 20)
        .max(PART_BYTES)
}

fn read_part(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(length).read_to_end(&mut part)?;
    Ok(part)
}

/// An earlier run's journal; what cannot be read is none.
fn read_journal(path: &FilePath) -> Option<Journal> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write_journal(path: Option<&FilePath>, journal: &Journal) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let directory = path.parent().unwrap_or_else(|| FilePath::new("."));
    let file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&file, journal)?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// The library's way to the network: our client, with its rules.
#[derive(Clone, Debug)]
struct Connector {
    client: reqwest::Client,
    patience: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Nothing moved for too long.
#[derive(Debug, thiserror::Error)]
#[error("nothing moved for `{}` s", .0.as_secs_f32())]
struct Standstill(Duration);

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url: Url =
            parts.uri.to_string().parse().map_err(|error| {
                HttpError::new(HttpErrorKind::Unknown, Unusable(Arc::new(error)))
            })?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        let (body, sent) = Watched::new(body);
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        let answer = net::answer(&self.client, request, &sent, self.patience).await;
        let answer = answer.map_err(|error| match error {
            Waited::Stalled => HttpError::new(HttpErrorKind::Timeout, Standstill(self.patience)),
            Waited::Failed(error) => http_error(error),
        })?;
        let (parts, body) = http::Response::from(answer).into_parts();
        let body = http_body_util::BodyExt::map_err(body, http_error);
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// A URL of the library that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unusable(Arc<dyn std::error::Error + Send + Sync>);

fn http_error(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_redirect() || error.is_builder() {
        HttpErrorKind::Unknown
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_neither_too_small_nor_too_many() {
        for (length, expected) in [
            (PART_BYTES + 1, PART_BYTES),
            (MAX_PARTS * PART_BYTES, PART_BYTES),
            (MAX_PARTS * PART_BYTES + 1, 9 << 20),
            (1 << 40, 117 << 20),
        ] {
            let bytes = part_bytes(length);
            assert_eq!(bytes, expected, "{length}");
            assert!(length.div_ceil(bytes) <= MAX_PARTS);
        }
    }
}
