//! The signals that end a run: it is dropped, so that it cleans up after itself, and the exit code tells which.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::Error;

/// Whether a signal has come. Signals are sent to a process, so this is the process's.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Whether a signal has come that ends the run. Prompts, which block, look here.
pub(crate) fn stopping() -> bool {
    STOPPING.load(Ordering::Relaxed)
}

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signal {
    /// SIGHUP: the terminal was closed.
    HangUp,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl From<Signal> for Error {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::HangUp => Self::HungUp,
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}

/// The first signal to come.
#[derive(Debug)]
pub(crate) struct Stop(oneshot::Receiver<Signal>);

impl Stop {
    /// Waits for it.
    pub(crate) async fn received(&mut self) -> Signal {
        // The sender lives until it has sent, as long as the runtime does.
        (&mut self.0).await.unwrap_or(Signal::Terminate)
    }
}

/// Takes the signals over from the system, which would end the process at once.
///
/// # Errors
/// What the system says when it gives no handler.
pub(crate) fn watch() -> io::Result<Stop> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // `nohup` has a program started that ignores this signal. That stays so.
    let mut hang_up = if is_ignored(SignalKind::hangup()) {
        None
    } else {
        Some(signal(SignalKind::hangup())?)
    };
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let closed = async {
            match &mut hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        let signal = tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
            _ = closed => Signal::HangUp,
        };
        STOPPING.store(true, Ordering::Relaxed);
        // Without a receiver the run has ended.
        let _ = sender.send(signal);
    });
    Ok(Stop(receiver))
}

/// Whether this process was started to ignore a signal. Known on Linux only; elsewhere the answer is no.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    u32::try_from(kind.as_raw_value()).is_ok_and(|number| ignores(&status, number))
}

/// Whether the mask `SigIgn` of proc(5), in which bit n - 1 stands for signal n, has a signal.
fn ignores(status: &str, number: u32) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .zip(number.checked_sub(1))
        .is_some_and(|(mask, bit)| mask.checked_shr(bit).is_some_and(|mask| mask & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = "Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n";
        assert!(ignores(status, 1) && ignores(status, 13));
        assert!(!ignores(status, 2) && !ignores(status, 0) && !ignores(status, 200));
        assert!(!ignores("", 1));
    }
}
