//! Blobs behind a web server: read by `GET`, written by `PUT` where the server takes it, deleted by `DELETE`.
//!
//! A server that speaks WebDAV (RFC 4918) gets a blob beside its place first and is then told to move it, so that
//! nobody meets half of one. A plain server is trusted to keep nothing of a `PUT` that broke off; what it keeps
//! nevertheless does not have the blob's hash, is passed over by readers and replaced by the next upload.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, RANGE};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};
use tokio::sync::mpsc;

use super::net::{self, NetOptions, Objection, Trust, Waited, Watched};
use super::remote::{Answer, Remote};
use super::{BlobId, StoreError};
use crate::progress::{Stage, Watcher};

/// Bytes of a file that are read at a time to be sent.
const PIECE_BYTES: usize = 1 << 16;

/// A web server's directory of blobs.
#[derive(Debug)]
pub(super) struct HttpRemote {
    base: Url,
    name: String,
    is_writable: bool,
    /// Follows redirects as far as the rules allow.
    reads: Client,
    /// Follows none: what is sent goes where the user said.
    writes: Client,
    options: NetOptions,
}

impl HttpRemote {
    pub(super) fn new(
        mut base: Url,
        name: String,
        trust: &Trust,
        options: NetOptions,
    ) -> Result<Self, StoreError> {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = |redirects| {
            net::client(&base, trust, redirects, &options).map_err(|source| StoreError::Io {
                store: name.clone(),
                action: "prepare for",
                blob: None,
                source: std::io::Error::other(source.without_url()),
            })
        };
        Ok(Self {
            reads: client(true)?,
            writes: client(false)?,
            is_writable: *trust == Trust::Named,
            base,
            name,
            options,
        })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    fn refused(&self, action: &'static str, id: &BlobId, status: StatusCode) -> StoreError {
        StoreError::Refused {
            store: self.name.clone(),
            action,
            blob: *id,
            status: status.as_u16(),
        }
    }

    async fn send(
        &self,
        action: &'static str,
        id: &BlobId,
        request: Request,
    ) -> Result<Response, StoreError> {
        let client = match *request.method() {
            Method::GET | Method::HEAD => &self.reads,
            _ => &self.writes,
        };
        let nothing = std::sync::atomic::AtomicU64::new(0);
        self.answered(action, id, client, request, &nothing).await
    }

    async fn answered(
        &self,
        action: &'static str,
        id: &BlobId,
        client: &Client,
        request: Request,
        sent: &std::sync::atomic::AtomicU64,
    ) -> Result<Response, StoreError> {
        net::answer(client, request, sent, self.options.patience)
            .await
            .map_err(|error| match error {
                Waited::Stalled => StoreError::Stalled {
                    store: self.name.clone(),
                    after: self.options.patience,
                },
                Waited::Failed(error) => unreachable(&self.name, action, id, error),
            })
    }

    /// A request without a body; the statuses named are successes.
    async fn plain(
        &self,
        action: &'static str,
        id: &BlobId,
        method: Method,
        url: Url,
    ) -> Result<StatusCode, StoreError> {
        let answer = self.send(action, id, Request::new(method, url)).await?;
        Ok(answer.status())
    }

    /// Whether the server says that it speaks WebDAV, so that it can move what it was given.
    async fn speaks_dav(&self, id: &BlobId) -> Result<bool, StoreError> {
        let request = Request::new(Method::OPTIONS, self.base.clone());
        let answer = self.send("store", id, request).await?;
        Ok(answer.status().is_success() && answer.headers().contains_key("dav"))
    }

    async fn put(
        &self,
        id: &BlobId,
        url: Url,
        source: &Path,
        length: u64,
        progress: &Watcher,
    ) -> Result<StatusCode, StoreError> {
        let file = File::open(source)
            .map_err(|source| StoreError::io(self.name.clone(), "write", *id, source))?;
        let (body, sent) = Watched::new(FileBody::new(file, length, progress.clone()));
        let mut request = Request::new(Method::PUT, url);
        let octets = "application/octet-stream"
            .parse()
            .expect("a header's value");
        request
            .headers_mut()
            .insert(reqwest::header::CONTENT_TYPE, octets);
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        let answer = self
            .answered("store", id, &self.writes, request, &sent)
            .await?;
        Ok(answer.status())
    }

    /// Makes the collections that a blob lies in; those that exist are refused, which is fine.
    async fn make_shards(&self, id: &BlobId) -> Result<(), StoreError> {
        let path = id.path();
        for shard in [&path[..3], &path[..6]] {
            self.plain("store", id, method(b"MKCOL"), self.url(shard))
                .await?;
        }
        Ok(())
    }

    /// Puts a blob beside its place and moves it there.
    async fn put_and_move(
        &self,
        id: &BlobId,
        source: &Path,
        length: u64,
        progress: &Watcher,
    ) -> Result<(), StoreError> {
        let beside = self.url(&format!(".incoming-{id}"));
        let status = self
            .put(id, beside.clone(), source, length, progress)
            .await?;
        if !status.is_success() {
            return Err(self.refused("store", id, status));
        }
        let mut made = false;
        let status = loop {
            let mut request = Request::new(method(b"MOVE"), beside.clone());
            let target = self.url(&id.path());
            let headers = request.headers_mut();
            let name = |text| HeaderName::from_static(text);
            headers.insert(
                name("destination"),
                target.as_str().parse().expect("URLs are ASCII"),
            );
            headers.insert(name("overwrite"), "T".parse().expect("a header's value"));
            let status = self.send("store", id, request).await?.status();
            let no_shard = matches!(status, StatusCode::CONFLICT | StatusCode::NOT_FOUND);
            if made || !no_shard {
                break status;
            }
            self.make_shards(id).await?;
            made = true;
        };
        if status.is_success() {
            return Ok(());
        }
        // Left there it would only take room.
        let _ = self.plain("store", id, Method::DELETE, beside).await;
        Err(self.refused("store", id, status))
    }
}

#[async_trait]
impl Remote for HttpRemote {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn is_writable(&self) -> bool {
        self.is_writable
    }

    async fn length(&self, id: &BlobId) -> Result<Option<u64>, StoreError> {
        let request = Request::new(Method::HEAD, self.url(&id.path()));
        let answer = self.send("look for", id, request).await?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_success() => {
                let length = answer.headers().get(reqwest::header::CONTENT_LENGTH);
                let length = length.and_then(|text| text.to_str().ok()?.parse().ok());
                match length {
                    Some(length) => Ok(Some(length)),
                    // A server that does not tell has to be read.
                    None => self.count(id).await.map(Some),
                }
            }
            status => Err(self.refused("look for", id, status)),
        }
    }

    async fn read(
        &self,
        id: &BlobId,
        from: u64,
        to: Option<u64>,
        tag: Option<&str>,
    ) -> Result<Answer, StoreError> {
        let mut request = Request::new(Method::GET, self.url(&id.path()));
        let range = match to {
            Some(to) => Some(format!("bytes={from}-{}", to.saturating_sub(1))),
            None if from > 0 => Some(format!("bytes={from}-")),
            None => None,
        };
        if let Some(range) = range {
            let headers = request.headers_mut();
            headers.insert(RANGE, range.parse().expect("digits are a header's value"));
            if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
                headers.insert(IF_RANGE, tag);
            }
        }
        let answer = self.send("fetch", id, request).await?;
        let headers = answer.headers();
        let (start, total) = match answer.status() {
            StatusCode::OK => (0, answer.content_length()),
            StatusCode::PARTIAL_CONTENT => {
                let told = content_range(headers);
                told.filter(|(start, _)| *start == from)
                    .ok_or_else(|| StoreError::Unreachable {
                        store: self.name.clone(),
                        action: "fetch",
                        blob: *id,
                        again: false,
                        source: "the server gives another part than was asked for".into(),
                    })?
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(StoreError::Missing {
                    store: self.name.clone(),
                    blob: *id,
                });
            }
            status => return Err(self.refused("fetch", id, status)),
        };
        let strong = |tag: &&str| tag.starts_with('"');
        let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.filter(strong).map(str::to_owned);
        let (name, id) = (self.name.clone(), *id);
        let body = reqwest::Body::from(answer);
        let frames = http_body_util::BodyStream::new(body).filter_map(move |frame| {
            let bytes = match frame {
                Ok(frame) => frame.into_data().ok().map(Ok),
                Err(error) => Some(Err(unreachable(&name, "fetch", &id, error))),
            };
            std::future::ready(bytes)
        });
        Ok(Answer {
            start,
            total,
            tag,
            bytes: frames.boxed(),
        })
    }

    async fn write(
        &self,
        id: &BlobId,
        source: &Path,
        length: u64,
        _: Option<&Path>,
        progress: &Watcher,
    ) -> Result<(), StoreError> {
        if self.speaks_dav(id).await? {
            return self.put_and_move(id, source, length, progress).await;
        }
        let status = self
            .put(id, self.url(&id.path()), source, length, progress)
            .await?;
        if status.is_success() {
            return Ok(());
        }
        Err(self.refused("store", id, status))
    }

    async fn remove(&self, id: &BlobId) -> Result<(), StoreError> {
        let url = self.url(&id.path());
        let status = self.plain("delete", id, Method::DELETE, url).await?;
        if status.is_success() || matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(());
        }
        Err(self.refused("delete", id, status))
    }
}

impl HttpRemote {
    async fn count(&self, id: &BlobId) -> Result<u64, StoreError> {
        let mut bytes = self.read(id, 0, None, None).await?.bytes;
        let mut length = 0;
        while let Some(piece) = bytes.next().await {
            length += piece?.len() as u64;
        }
        Ok(length)
    }
}

fn method(name: &[u8]) -> Method {
    Method::from_bytes(name).expect("a method of RFC 4918")
}

/// Start and total of `Content-Range: bytes start-end/total`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

/// Why a server was not reached: a rule that forbids it, or the network.
fn unreachable(
    store: &str,
    action: &'static str,
    id: &BlobId,
    error: reqwest::Error,
) -> StoreError {
    match Objection::within(&error) {
        Some(objection) => StoreError::Forbidden {
            store: store.to_owned(),
            reason: objection.to_string(),
        },
        None => StoreError::Unreachable {
            store: store.to_owned(),
            action,
            blob: *id,
            // A host that does not answer at all was waited for long enough.
            again: !(error.is_connect() && error.is_timeout()),
            source: Box::new(error.without_url()),
        },
    }
}

/// A file as a request's body, read by a thread that may block.
struct FileBody {
    pieces: mpsc::Receiver<std::io::Result<Bytes>>,
    left: u64,
    progress: Watcher,
}

impl FileBody {
    fn new(file: File, length: u64, progress: Watcher) -> Self {
        let (sender, pieces) = mpsc::channel(4);
        tokio::task::spawn_blocking(move || {
            let mut file = file.take(length);
            let mut piece = vec![0; PIECE_BYTES];
            loop {
                let read = match file.read(&mut piece) {
                    Ok(0) => return,
                    Ok(count) => Ok(Bytes::copy_from_slice(&piece[..count])),
                    Err(error) => Err(error),
                };
                let is_over = read.is_err();
                // Without a receiver the request has ended.
                if sender.blocking_send(read).is_err() || is_over {
                    return;
                }
            }
        });
        Self {
            pieces,
            left: length,
            progress,
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(Ok(piece)) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                self.progress.moved(Stage::Storing, piece.len() as u64);
                Some(Ok(Frame::data(piece)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_from_the_header() {
        for (text, expected) in [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 5-9/*", Some((5, None))),
            ("bytes */10", None),
            ("items 5-9/10", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, text.parse().unwrap());
            assert_eq!(content_range(&headers), expected, "{text}");
        }
    }
}
