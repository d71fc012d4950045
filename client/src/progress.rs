//! Saying how far long work has come. The library moves the bytes; who runs it decides what is shown of that.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// What is done to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// A payload is read and encrypted.
    Encrypting,
    /// A blob is written to a store on another machine.
    Storing,
    /// A blob is read from a store on another machine.
    Fetching,
    /// A body is decrypted.
    Decrypting,
    /// A body is checked.
    Verifying,
    /// Pieces are written to the chain.
    Publishing,
}

/// Hears of bytes as they move. Called from several threads and often: it has to be quick.
pub trait Progress: Send + Sync + fmt::Debug {
    /// So many bytes more.
    fn moved(&self, stage: Stage, bytes: u64);
}

/// Whoever hears, if anybody. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Watcher(Option<Arc<dyn Progress>>);

impl Watcher {
    /// One who hears.
    pub fn new(progress: Arc<dyn Progress>) -> Self {
        Self(Some(progress))
    }

    /// Nobody.
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// Tells.
    pub fn moved(&self, stage: Stage, bytes: u64) {
        if let Some(progress) = &self.0
            && bytes > 0
        {
            progress.moved(stage, bytes);
        }
    }

    /// A reader or writer that tells what goes through it.
    pub fn watch<T>(&self, stage: Stage, inner: T) -> Watched<T> {
        Watched {
            inner,
            stage,
            watcher: self.clone(),
        }
    }
}

/// Tells what goes through it.
#[derive(Debug)]
pub struct Watched<T> {
    inner: T,
    stage: Stage,
    watcher: Watcher,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.watcher.moved(self.stage, count as u64);
        Ok(count)
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.watcher.moved(self.stage, count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<(Stage, u64)>>);

    impl Progress for Heard {
        fn moved(&self, stage: Stage, bytes: u64) {
            self.0.lock().unwrap().push((stage, bytes));
        }
    }

    #[test]
    fn every_byte_is_told_once_and_nothing_of_none() {
        let heard = Arc::new(Heard::default());
        let watcher = Watcher::new(Arc::clone(&heard) as Arc<dyn Progress>);
        let mut reader = watcher.watch(Stage::Encrypting, &b"payload"[..]);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        watcher
            .watch(Stage::Decrypting, &mut bytes)
            .write_all(b"more")
            .unwrap();
        assert_eq!(bytes, b"payloadmore");
        assert_eq!(
            *heard.0.lock().unwrap(),
            [(Stage::Encrypting, 7), (Stage::Decrypting, 4)]
        );
        Watcher::nobody().moved(Stage::Storing, 1);
    }
}
