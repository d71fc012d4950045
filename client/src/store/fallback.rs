//! Several stores that are asked one after another.

use std::io::Read;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::{BlobId, BlobStore, BlobWriter, StoreError, ask};

/// So often in a row a store may fail before it is left alone for the rest of the run.
const FAILURES: u32 = 3;

/// Stores to read from, in the order in which they are asked. What one does not have intact, or does not give, the
/// next one is asked for; what went wrong on the way is kept for the user.
#[derive(Debug)]
pub struct Fallback {
    members: Vec<Arc<dyn BlobStore>>,
    troubles: Mutex<Vec<Trouble>>,
}

/// A store that failed where another one served.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// What it said first, with its causes.
    pub message: String,
    /// How often it said such.
    pub count: u32,
    store: Option<String>,
}

impl Fallback {
    /// Asks `members` in their order.
    pub fn new(members: impl IntoIterator<Item = Arc<dyn BlobStore>>) -> Self {
        let patient = |inner| Arc::new(Breaker::new(inner)) as Arc<dyn BlobStore>;
        Self {
            members: members.into_iter().map(patient).collect(),
            troubles: Mutex::default(),
        }
    }

    /// What went wrong since this was asked last, though another store served; one entry per store.
    ///
    /// # Panics
    /// Never: nothing panics while the list is locked.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self
            .troubles
            .lock()
            .expect("nothing panics under this lock");
        std::mem::take(&mut troubles)
    }
}

impl BlobStore for Fallback {
    fn describe(&self) -> String {
        match self.members.as_slice() {
            [member] => member.describe(),
            members => format!("any of {} stores", members.len()),
        }
    }

    fn is_writable(&self) -> bool {
        false
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        let found = ask(self, id, |member| {
            if member.contains(id)? {
                return Ok(());
            }
            Err(StoreError::Missing {
                store: member.describe(),
                blob: *id,
            })
        });
        match found {
            Ok(()) => Ok(true),
            Err(error) if error.is_about_the_blob() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(StoreError::ReadOnly {
            store: self.describe(),
        })
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        ask(self, id, |member| member.open(id, max))
    }

    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        ask(self, id, |member| member.read_range(id, range.clone()))
    }

    fn get(&self, id: &BlobId, max: u64) -> Result<Vec<u8>, StoreError> {
        ask(self, id, |member| member.get(id, max))
    }

    fn members(&self) -> Option<&[Arc<dyn BlobStore>]> {
        Some(&self.members)
    }

    fn failed(&self, error: &StoreError) {
        let mut troubles = self
            .troubles
            .lock()
            .expect("nothing panics under this lock");
        let store = error.store().map(str::to_owned);
        match troubles.iter_mut().find(|known| known.store == store) {
            Some(known) => known.count += 1,
            None if matches!(error, StoreError::Absent { .. }) => {}
            None => troubles.push(Trouble {
                message: error.whole(),
                count: 1,
                store,
            }),
        }
    }
}

/// Leaves a store alone that failed too often: with a thousand heads to read, nobody waits for it a thousand times.
#[derive(Debug)]
struct Breaker {
    inner: Arc<dyn BlobStore>,
    failures: AtomicU32,
}

impl Breaker {
    const fn new(inner: Arc<dyn BlobStore>) -> Self {
        Self {
            inner,
            failures: AtomicU32::new(0),
        }
    }

    fn guarded<T>(
        &self,
        work: impl FnOnce(&dyn BlobStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures >= FAILURES {
            return Err(StoreError::GivenUp {
                store: self.inner.describe(),
                failures,
            });
        }
        let result = work(self.inner.as_ref());
        match &result {
            Err(error) if !error.is_about_the_blob() => {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
            _ => self.failures.store(0, Ordering::Relaxed),
        }
        result
    }
}

impl BlobStore for Breaker {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn is_writable(&self) -> bool {
        self.inner.is_writable()
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        self.guarded(|inner| inner.contains(id))
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.inner.create()
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        self.guarded(|inner| inner.open(id, max))
    }

    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.guarded(|inner| inner.read_range(id, range))
    }

    fn get(&self, id: &BlobId, max: u64) -> Result<Vec<u8>, StoreError> {
        self.guarded(|inner| inner.get(id, max))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::DirectoryStore;

    #[test]
    fn the_next_store_is_asked_for_what_one_has_not_or_has_damaged() {
        let root = tempfile::tempdir().unwrap();
        let stores: Vec<_> = ["a", "b", "c"]
            .map(|name| DirectoryStore::create_in(root.path().join(name)).unwrap())
            .into();
        let id = stores[2].put(b"payload").unwrap();
        let damaged = stores[1].put(b"payload").unwrap();
        std::fs::write(stores[1].path_of(&damaged), b"paYload").unwrap();
        let members = stores
            .iter()
            .cloned()
            .map(|store| Arc::new(store) as Arc<dyn BlobStore>);
        let fallback = Fallback::new(members);
        for _ in 0..2 {
            assert_eq!(fallback.get(&id, 10).unwrap(), b"payload");
        }
        let written = fallback.put(b"more").unwrap_err();
        assert_eq!(written.code(), "store.read_only");
        let troubles = fallback.troubles();
        let told: Vec<_> = troubles
            .iter()
            .map(|it| (it.message.as_str(), it.count))
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].0.contains("/a`") && told[0].0.contains("has no blob"),
            "{told:?}"
        );
        assert!(
            told[1].0.contains("/b`") && told[1].0.contains("damaged"),
            "{told:?}"
        );
        assert_eq!((told[0].1, told[1].1), (2, 2));
        assert!(fallback.troubles().is_empty());
        std::fs::remove_file(stores[2].path_of(&id)).unwrap();
        let error = fallback.get(&id, 10).unwrap_err();
        assert_eq!(error.code(), "store.corrupt_blob");
        let text = error.whole();
        assert!(
            ["/a`", "/b`", "/c`"].iter().all(|name| text.contains(name)),
            "{text}"
        );
    }

    /// A store that nobody reaches.
    #[derive(Debug, Default)]
    struct Dead(AtomicU32);

    impl BlobStore for Dead {
        fn describe(&self) -> String {
            "the dead store".into()
        }

        fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(StoreError::Unreachable {
                store: self.describe(),
                action: "look for",
                blob: *id,
                again: false,
                source: "no route".into(),
            })
        }

        fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
            unreachable!("nobody writes to it")
        }

        fn open(&self, id: &BlobId, _: u64) -> Result<Box<dyn Read + Send>, StoreError> {
            self.contains(id).map(|_| Box::new(std::io::empty()) as _)
        }
    }

    #[test]
    fn a_store_that_keeps_failing_is_left_alone() {
        let dead = Arc::new(Dead::default());
        let fallback = Fallback::new([Arc::clone(&dead) as Arc<dyn BlobStore>]);
        for _ in 0..10 {
            let error = fallback.get(&BlobId::of(b"x"), 10).unwrap_err();
            assert_eq!(error.code(), "store.unreachable");
        }
        assert_eq!(dead.0.load(Ordering::Relaxed), FAILURES);
    }
}
