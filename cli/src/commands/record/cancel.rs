//! Stops work on another thread as soon as the run that started it is dropped.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Held by the run; when the run is dropped, readers and writers made from its tokens stop.
#[derive(Debug, Default)]
pub struct CancelGuard(Arc<AtomicBool>);

impl CancelGuard {
    /// What the work takes along.
    pub fn token(&self) -> CancelToken {
        CancelToken(Arc::clone(&self.0))
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes readers and writers that fail once the guard is dropped.
#[derive(Clone, Debug)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Reads until the guard is dropped.
    pub fn reader<R: Read>(&self, inner: R) -> Cancellable<R> {
        Cancellable {
            inner,
            token: self.clone(),
        }
    }

    /// Writes until the guard is dropped.
    pub fn writer<W: Write>(&self, inner: W) -> Cancellable<W> {
        Cancellable {
            inner,
            token: self.clone(),
        }
    }

    fn check(&self) -> io::Result<()> {
        // Not `Interrupted`, which readers answer by trying again.
        if self.0.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        Ok(())
    }
}

/// A reader or writer that can be stopped from another thread.
#[derive(Debug)]
pub struct Cancellable<T> {
    inner: T,
    token: CancelToken,
}

impl<R: Read> Read for Cancellable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.token.check()?;
        self.inner.read(buffer)
    }
}

impl<W: Write> Write for Cancellable<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.token.check()?;
        self.inner.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn a_dropped_run_stops_its_readers_and_writers() {
        let guard = CancelGuard::default();
        let mut reader = guard.token().reader(io::repeat(1));
        let mut writer = guard.token().writer(Vec::new());
        let mut byte = [0];
        assert_eq!(reader.read(&mut byte).unwrap(), 1);
        assert_eq!(writer.write(&byte).unwrap(), 1);
        drop(guard);
        assert!(reader.read(&mut byte).is_err());
        assert!(writer.write(&byte).is_err());
        assert_eq!(writer.inner, [1]);
    }
}
