//! JSON-RPC 2.0 in front of a chain.
//!
//! [`serve`] moves bytes over HTTP and WebSocket, [`handle`] takes requests and batches apart, a table
//! ([`methods`]) has the method of each name, and each method of [`Api`] parses its own parameters.
//! Nothing below knows of HTTP.

mod access_list;
mod api;
mod call;
mod convert;
mod debug;
mod error;
mod filters;
mod follow;
mod history;
mod listener;
mod message;
mod methods;
mod overrides;
mod params;
mod pool;
mod raw;
mod session;
mod testing;
mod tracer;
mod transport;
mod typed_data;
mod wallet;
mod websocket;

pub use api::Api;
pub use error::RpcError;
pub use filters::MAX_FILTERS;
pub use message::{MAX_BATCH_REQUESTS, handle};
pub use methods::methods;
pub use session::MAX_SUBSCRIPTIONS;
pub use transport::{MAX_BODY_BYTES, serve};
