//! One connection over WebSocket: requests in any number, answers, and news of what it follows.

use super::{
    Api, MAX_BODY_BYTES,
    message::{self, Promptly},
    session::{Call, Session},
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

/// Messages that may wait for the peer to read.
const MAX_QUEUED_MESSAGES: usize = 256;
/// Bytes that may wait for the peer to read; one message may be longer, alone.
const MAX_QUEUED_BYTES: u32 = 32 << 20;
/// Requests of one connection that are executed at the same time; the next ones are not read.
const MAX_CONCURRENT_REQUESTS: usize = 16;
/// How long the peer may take to read one message, as in geth (`wsDefaultWriteTimeout`).
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// How often a silent peer is asked whether it is there, as in geth (`wsPingInterval`).
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may not answer.
const MAX_SILENCE: Duration = Duration::from_secs(75);

/// The connection is over, or must be.
#[derive(Debug)]
struct Gone;

/// What goes to the peer, and its share of the bytes that may wait.
type Outgoing = (Message, Option<OwnedSemaphorePermit>);

/// What the tasks of one connection share.
#[derive(Clone, Debug)]
struct Connection {
    api: Arc<Api>,
    session: Arc<Session>,
    out: mpsc::Sender<Outgoing>,
    bytes: Arc<Semaphore>,
}

/// Serves a connection until either side ends it or `stopped` turns true.
pub(super) async fn run(socket: WebSocket, api: Arc<Api>, stopped: watch::Receiver<bool>) {
    let (sink, stream) = socket.split();
    let (out, queue) = mpsc::channel(MAX_QUEUED_MESSAGES);
    let writer = tokio::spawn(write(sink, queue));
    let connection = Connection {
        session: api.open_session(),
        api,
        out,
        bytes: Arc::new(Semaphore::new(MAX_QUEUED_BYTES as usize)),
    };
    let farewell = connection.read(stream, stopped).await;
    if let Some(code) = farewell {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // A peer that does not read is not told.
        let _ = connection.out.try_send((Message::Close(Some(frame)), None));
        drop(connection);
        let _ = timeout(Duration::from_secs(1), writer).await;
    } else {
        writer.abort();
    }
}

/// Returns when the node stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // What it gives holds a lock.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Hands messages to the peer one after the other until it is too slow or gone.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Outgoing>) {
    while let Some((message, _share)) = queue.recv().await {
        let last = matches!(message, Message::Close(_));
        let sent = timeout(WRITE_PATIENCE, sink.send(message)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

impl Connection {
    /// Reads until the connection ends; gives the code to say farewell with if the peer may hear it.
    async fn read(
        &self,
        mut stream: futures_util::stream::SplitStream<WebSocket>,
        mut stopped: watch::Receiver<bool>,
    ) -> Option<u16> {
        let running = Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS));
        let mut events = self.api.events().ok()?;
        let mut heard = Instant::now();
        let mut ticks = interval(PING_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let follows = self.session.follows();
            tokio::select! {
                () = stop(&mut stopped) => return Some(close_code::AWAY),
                () = self.out.closed() => return None,
                message = stream.next() => {
                    heard = Instant::now();
                    let body: Bytes = match message? {
                        Ok(Message::Text(text)) => text.into(),
                        Ok(Message::Binary(body)) => body,
                        Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                        // The library answers a farewell by itself.
                        Ok(Message::Close(_)) => return Some(close_code::NORMAL),
                        Err(error) => return too_long(&error).then_some(close_code::SIZE),
                    };
                    if self.take(body, &running).await.is_err() {
                        return None;
                    }
                }
                event = events.recv(), if follows => {
                    if matches!(event, Err(broadcast::error::RecvError::Closed)) {
                        return Some(close_code::AWAY);
                    }
                    // What is new is read off the chain: missing an event loses nothing.
                    while !matches!(
                        events.try_recv(),
                        Err(broadcast::error::TryRecvError::Empty
                            | broadcast::error::TryRecvError::Closed)
                    ) {}
                    if self.tell_news().await.is_err() {
                        return None;
                    }
                }
                () = self.session.woken() => {
                    if self.tell_news().await.is_err() {
                        return None;
                    }
                }
                _ = ticks.tick() => {
                    if heard.elapsed() > MAX_SILENCE {
                        return None;
                    }
                    let _ = self.out.try_send((Message::Ping(Bytes::new()), None));
                }
            }
        }
    }

    /// Answers one message, here or beside.
    async fn take(&self, body: Bytes, running: &Arc<Semaphore>) -> Result<(), Gone> {
        let call = Call::new(&self.session);
        if let Promptly::Done(answer) = message::answer_promptly(&self.api, Some(&call), &body) {
            let created = call.into_created();
            return self.finish(answer, created).await;
        }
        let place = Arc::clone(running)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let connection = self.clone();
        tokio::spawn(async move {
            let _place = place;
            let (api, session) = (Arc::clone(&connection.api), Arc::clone(&connection.session));
            let answered = tokio::task::spawn_blocking(move || {
                let call = Call::new(&session);
                let answer = message::answer(&api, Some(&call), &body);
                (answer, call.into_created())
            });
            let (answer, created) = answered.await.unwrap_or_else(|_| {
                let what = "the request made the node panic";
                (Some(message::internal_failure(what)), Vec::new())
            });
            // If the peer is gone its reader notices.
            let _ = connection.finish(answer, created).await;
        });
        Ok(())
    }

    /// Sends an answer. What it made begins to be followed only then, so that no news of it comes
    /// before its number is known.
    async fn finish(&self, answer: Option<Vec<u8>>, created: Vec<u64>) -> Result<(), Gone> {
        if let Some(answer) = answer {
            self.send(answer).await?;
        }
        if !created.is_empty() {
            self.session.begin(&created);
        }
        Ok(())
    }

    /// Sends what is new to the subscriptions.
    async fn tell_news(&self) -> Result<(), Gone> {
        loop {
            let news = if self.api.is_free() {
                self.session.news(&self.api)
            } else {
                let (api, session) = (Arc::clone(&self.api), Arc::clone(&self.session));
                tokio::task::spawn_blocking(move || session.news(&api))
                    .await
                    .map_err(|_| Gone)?
            };
            let news = news.map_err(|_| Gone)?;
            if news.is_empty() {
                return Ok(());
            }
            for message in news {
                self.send(message).await?;
            }
        }
    }

    /// Puts a message behind those that wait, once there is room. A peer that makes no room for
    /// [`WRITE_PATIENCE`] is given up by the writer.
    async fn send(&self, message: Vec<u8>) -> Result<(), Gone> {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let text = String::from_utf8(message).expect("JSON is UTF-8");
        let queued = async {
            let share = Arc::clone(&self.bytes)
                .acquire_many_owned(length.min(MAX_QUEUED_BYTES))
                .await
                .map_err(|_| Gone)?;
            self.out
                .send((Message::Text(text.into()), Some(share)))
                .await
                .map_err(|_| Gone)
        };
        tokio::select! {
            done = queued => done,
            () = self.out.closed() => Err(Gone),
        }
    }
}

/// Whether a message was refused for its length ([`MAX_BODY_BYTES`]).
fn too_long(error: &axum::Error) -> bool {
    // The error's own type belongs to a library that is not ours to name.
    error.to_string().ends_with(&format!("> {MAX_BODY_BYTES}"))
}
