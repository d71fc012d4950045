//! A disk that fails when it is told to.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Identity, Store, Stored};
use crate::evm::ChainParams;
use redb::{StorageBackend, backends::FileBackend};
use std::{
    fs::OpenOptions,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A disk that can be full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<AtomicBool>);

impl Disk {
    pub(crate) fn fill(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn free(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Opens a file on this disk.
    pub(crate) fn open(&self, path: &Path, params: &ChainParams) -> (Store, Stored) {
        let identity = Identity {
            chain_id: params.chain_id,
            arbos_version: params.arbos_version.get(),
        };
        let disk = self.clone();
        Store::open_with(
            path,
            identity,
            || panic!("the file is there"),
            Box::new(move |builder, path| {
                let file = OpenOptions::new().read(true).write(true).open(path)?;
                builder.create_with_backend(OnDisk {
                    file: FileBackend::new(file)?,
                    disk: disk.clone(),
                })
            }),
        )
        .unwrap()
    }
}

#[derive(Debug)]
struct OnDisk {
    file: FileBackend,
    disk: Disk,
}

impl OnDisk {
    fn check(&self) -> io::Result<()> {
        if self.disk.0.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for OnDisk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}
