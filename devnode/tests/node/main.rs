//! The node from outside: through HTTP, as clients use it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod accounts;
mod arbos;
mod cache;
mod control;
mod debug;
mod durable;
mod filters;
mod harness;
mod lifecycle;
mod load;
mod logs;
mod overrides;
mod protocol;
mod state;
mod stylus;
mod stylus_trace;
mod time;
mod transactions;
mod websocket;
