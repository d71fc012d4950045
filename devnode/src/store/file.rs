//! The file: opening, reading, committing.

use super::{
    Identity, RowError, StoreError, Tip,
    rows::{
        decode_block, decode_identity, decode_tip, decode_writes, encode_block, encode_identity,
        encode_tip, encode_writes,
    },
};
use crate::{
    chain::Block,
    evm::{Snapshot, State, StateWrite},
};
use alloy_primitives::{B256, Bytes};
use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageError,
    TableDefinition, TableError, backends::FileBackend,
};
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Version of the layout. A change to any row raises it.
const FORMAT: u64 = 1;
/// Memory for pages of the file. The chain is in memory as a whole, so only the way to the newest rows
/// is read again.
const CACHE_BYTES: usize = 16 << 20;

const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
const WRITES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("writes");
const CODES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("codes");

/// Everything a file holds.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) state: State,
    pub(crate) blocks: Vec<Block>,
    pub(crate) tip: Tip,
}

/// What one commit writes.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Per version, rising.
    pub(crate) writes: Vec<(u64, Vec<StateWrite>)>,
    pub(crate) codes: Vec<(B256, Bytes)>,
    /// Where the chain stands afterwards.
    pub(crate) tip: Tip,
    /// How many blocks of the file stay, and up to which version its state.
    pub(crate) keep: (u64, Snapshot),
    /// Whether the file holds more than that, which is removed.
    pub(crate) cut: bool,
}

/// How the database in a file is opened.
type OpenDatabase = dyn Fn(&Builder, &Path) -> Result<Database, DatabaseError> + Send + Sync;

/// An open file. It is locked for as long as this lives.
pub(crate) struct Store {
    path: PathBuf,
    /// `None` after a failed commit, until the next one.
    database: Option<Database>,
    /// Whether a failed commit may have left something beyond what the chain knows.
    is_ahead: bool,
    open_database: Box<OpenDatabase>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .field("is_ahead", &self.is_ahead)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a file and reads what it holds. If there is none, or an empty one, `genesis` is stored in a
    /// new one first.
    pub(crate) fn open(
        path: &Path,
        identity: Identity,
        genesis: impl FnOnce() -> Batch,
    ) -> Result<(Self, Stored), StoreError> {
        Self::open_with(
            path,
            identity,
            genesis,
            Box::new(|builder, path| builder.open(path)),
        )
    }

    /// As [`Self::open`], by way of another backend.
    pub(super) fn open_with(
        path: &Path,
        identity: Identity,
        genesis: impl FnOnce() -> Batch,
        open_database: Box<OpenDatabase>,
    ) -> Result<(Self, Stored), StoreError> {
        let is_new = match fs::metadata(path) {
            Ok(metadata) => metadata.is_file() && metadata.len() == 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(source) => return Err(At(path).io(source)),
        };
        if is_new {
            create(path, identity, &genesis())?;
        }
        let database = open_database(&builder(), path).map_err(|error| At(path).opening(error))?;
        let stored = read(&database, path, identity)?;
        let store = Self {
            path: path.to_owned(),
            database: Some(database),
            is_ahead: false,
            open_database,
        };
        Ok((store, stored))
    }

    /// Writes a batch as one transaction. It is on the disk when this returns.
    ///
    /// After an error the file holds what it held before, or the batch as well; the next commit removes it
    /// then.
    pub(crate) fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let at = At(&self.path);
        // After an input or output error redb wants to be opened anew.
        let database = match self.database.take() {
            Some(database) => database,
            None => {
                (self.open_database)(&builder(), &self.path).map_err(|error| at.opening(error))?
            }
        };
        let cut = self.is_ahead || batch.cut;
        self.is_ahead = true;
        // The database is opened anew after a panic too.
        let written = catch_unwind(AssertUnwindSafe(|| write(&database, batch, cut, None)));
        match written {
            Ok(Ok(())) => {
                self.is_ahead = false;
                self.database = Some(database);
                Ok(())
            }
            Ok(Err(error)) => Err(at.database(error)),
            Err(_) => Err(at.io(io::Error::other("the database panicked"))),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(CACHE_BYTES)
        // Reading the chain walks over the whole file anyway, and trusting a damaged one may panic.
        .set_check_integrity_on_open(true);
    builder
}

/// Makes a file with a first batch in it. It gets its name only when it is whole, so that a crash
/// meanwhile leaves no half of one; an existing file is not replaced, unless it is empty.
fn create(path: &Path, identity: Identity, batch: &Batch) -> Result<(), StoreError> {
    let at = At(path);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let temporary = PathBuf::from(name);
    let made = (|| {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)
            .map_err(|source| at.io(source))?;
        let database = FileBackend::new(file)
            .and_then(|backend| builder().create_with_backend(backend))
            .map_err(|error| at.opening(error))?;
        write(&database, batch, false, Some(identity)).map_err(|error| at.database(error))?;
        drop(database);
        publish(&temporary, path).map_err(|source| at.io(source))
    })();
    // Gone already if it was renamed; if it cannot be removed, the next start overwrites it.
    let _ = fs::remove_file(&temporary);
    made
}

fn publish(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Another process may have been faster: then its file counts.
            if fs::metadata(path)?.len() == 0 {
                fs::rename(temporary, path)?;
            }
        }
        // Not every file system has links.
        Err(_) => fs::rename(temporary, path)?,
    }
    // The name is durable only with its directory.
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

fn write(
    database: &Database,
    batch: &Batch,
    cut: bool,
    identity: Option<Identity>,
) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    {
        let mut about = transaction.open_table(ABOUT)?;
        if let Some(identity) = identity {
            about.insert("format", &FORMAT.to_le_bytes()[..])?;
            about.insert("identity", &encode_identity(identity)[..])?;
        }
        about.insert("tip", &encode_tip(&batch.tip)[..])?;
        let mut blocks = transaction.open_table(BLOCKS)?;
        let mut writes = transaction.open_table(WRITES)?;
        if cut {
            blocks.retain_in(batch.keep.0.., |_, _| false)?;
            writes.retain_in(batch.keep.1.version() + 1.., |_, _| false)?;
        }
        for block in &batch.blocks {
            blocks.insert(block.number(), &encode_block(block)[..])?;
        }
        for (version, values) in &batch.writes {
            writes.insert(version, &encode_writes(*version, values)[..])?;
        }
        let mut codes = transaction.open_table(CODES)?;
        for (hash, code) in &batch.codes {
            codes.insert(&hash.0, &code[..])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Reads everything, and checks what must hold between rows.
fn read(database: &Database, path: &Path, identity: Identity) -> Result<Stored, StoreError> {
    let at = At(path);
    let transaction = database.begin_read().map_err(|error| at.database(error))?;
    let about = transaction.open_table(ABOUT).map_err(|error| match error {
        TableError::Storage(error) => at.database(error),
        _ => at.foreign(),
    })?;
    let row = |name: &'static str| -> Result<Vec<u8>, StoreError> {
        let row = about.get(name).map_err(|error| at.database(error))?;
        let row = row.ok_or_else(|| at.missing("about", &name))?;
        Ok(row.value().to_vec())
    };
    let format = row("format")?
        .try_into()
        .map(u64::from_le_bytes)
        .map_err(|_| at.damaged("about", &"format", RowError::Malformed))?;
    if format != FORMAT {
        return Err(StoreError::Format {
            path: path.to_owned(),
            found: format,
            wanted: FORMAT,
        });
    }
    let found = decode_identity(&row("identity")?)
        .map_err(|error| at.damaged("about", &"identity", error))?;
    at.check(found, identity)?;
    let tip = decode_tip(&row("tip")?).map_err(|error| at.damaged("about", &"tip", error))?;

    let mut state = State::default();
    let codes = transaction
        .open_table(CODES)
        .map_err(|error| at.database(error))?;
    for entry in codes.iter().map_err(|error| at.database(error))? {
        let (hash, code) = entry.map_err(|error| at.database(error))?;
        let hash = B256::from(hash.value());
        if state.add_code(&Bytes::copy_from_slice(code.value())) != hash {
            return Err(at.damaged("codes", &hash, RowError::Checksum));
        }
    }
    let writes = transaction
        .open_table(WRITES)
        .map_err(|error| at.database(error))?;
    for entry in writes.iter().map_err(|error| at.database(error))? {
        let (version, row) = entry.map_err(|error| at.database(error))?;
        let version = version.value();
        if version > tip.state.version() {
            return Err(at.damaged("writes", &version, RowError::Malformed));
        }
        let values = decode_writes(version, row.value())
            .map_err(|error| at.damaged("writes", &version, error))?;
        state.replay(version, values);
    }
    state.replay(tip.state.version(), Vec::new());

    let mut blocks: Vec<Block> = Vec::new();
    let table = transaction
        .open_table(BLOCKS)
        .map_err(|error| at.database(error))?;
    for entry in table.iter().map_err(|error| at.database(error))? {
        let (number, row) = entry.map_err(|error| at.database(error))?;
        let number = number.value();
        let block = decode_block(number, row.value())
            .map_err(|error| at.damaged("blocks", &number, error))?;
        let parent = blocks.last();
        if number != blocks.len() as u64
            || number >= tip.blocks
            || block.state() > tip.state
            || parent.is_some_and(|parent| {
                parent.hash() != block.parent_hash() || parent.state() > block.state()
            })
        {
            return Err(at.damaged("blocks", &number, RowError::Malformed));
        }
        blocks.push(block);
    }
    if blocks.is_empty() || (blocks.len() as u64) < tip.blocks {
        return Err(at.missing("blocks", &blocks.len()));
    }
    Ok(Stored { state, blocks, tip })
}

/// Errors of one file.
#[derive(Clone, Copy, Debug)]
struct At<'a>(&'a Path);

impl At<'_> {
    fn io(self, source: io::Error) -> StoreError {
        StoreError::Io {
            path: self.0.to_owned(),
            source,
        }
    }

    fn foreign(self) -> StoreError {
        StoreError::Foreign {
            path: self.0.to_owned(),
        }
    }

    fn opening(self, error: DatabaseError) -> StoreError {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                StoreError::Locked {
                    path: self.0.to_owned(),
                }
            }
            // What redb answers when the first bytes are not its own.
            DatabaseError::Storage(StorageError::Io(error))
                if error.kind() == io::ErrorKind::InvalidData =>
            {
                self.foreign()
            }
            other => self.database(other),
        }
    }

    fn database(self, error: impl Into<redb::Error>) -> StoreError {
        match error.into() {
            redb::Error::Io(source) => self.io(source),
            other => StoreError::Database {
                path: self.0.to_owned(),
                source: Box::new(other),
            },
        }
    }

    fn damaged(self, table: &'static str, row: &dyn ToString, source: RowError) -> StoreError {
        StoreError::Damaged {
            path: self.0.to_owned(),
            table,
            row: row.to_string(),
            source,
        }
    }

    fn missing(self, table: &'static str, row: &dyn ToString) -> StoreError {
        StoreError::Missing {
            path: self.0.to_owned(),
            table,
            row: row.to_string(),
        }
    }

    fn check(self, found: Identity, wanted: Identity) -> Result<(), StoreError> {
        if found.chain_id != wanted.chain_id {
            return Err(StoreError::OtherChain {
                path: self.0.to_owned(),
                found: found.chain_id,
                wanted: wanted.chain_id,
            });
        }
        if found.arbos_version != wanted.arbos_version {
            return Err(StoreError::OtherArbos {
                path: self.0.to_owned(),
                found: found.arbos_version,
                wanted: wanted.arbos_version,
            });
        }
        Ok(())
    }
}
