//! JSON-RPC 2.0 in front of a chain.
//!
//! [`serve`] moves bytes over HTTP, [`handle`] takes requests and batches apart, [`Api`] finds the
//! method by name, and each method parses its own parameters. Nothing below knows of HTTP, so another
//! transport can be put beside it.

mod api;
mod call;
mod convert;
mod debug;
mod error;
mod history;
mod message;
mod methods;
mod params;
mod raw;
mod testing;
mod tracer;
mod transport;

pub use api::Api;
pub use error::RpcError;
pub use message::{MAX_BATCH_REQUESTS, handle};
pub use methods::methods;
pub use transport::{MAX_BODY_BYTES, serve};
