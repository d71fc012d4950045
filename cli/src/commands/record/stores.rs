//! The stores of a run: those that the user named, and what stands behind them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use alloy::primitives::Address;
use patientport_client::port::Port;
use patientport_client::progress::Watcher;
use patientport_client::store::{
    AuthorStore, BlobStore, Environment, Fallback, Location, PublishedStore, StoreError,
};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::context::Context;
use crate::error::Error;

/// How many heads are read at the same time.
pub(crate) const HEADS_AT_ONCE: usize = 16;

/// Stores to read from. Dropped with the run, it makes whatever is under way on other threads give up.
#[derive(Debug)]
pub(crate) struct Stores {
    _stop: watch::Sender<()>,
    environment: Environment,
    named: Vec<Arc<dyn BlobStore>>,
    by_author: Mutex<BTreeMap<Address, Sources>>,
}

/// Where records of one author are looked for.
#[derive(Clone, Debug)]
struct Sources {
    all: Arc<Fallback>,
    endpoint: Arc<AuthorStore>,
}

impl Stores {
    /// Those that the user named, to be read.
    ///
    /// # Errors
    /// A store that cannot be used as it was named.
    pub(crate) fn open(context: &Context) -> Result<Self, Error> {
        Self::open_watched(context, Watcher::nobody())
    }

    /// As [`Self::open`]; the watcher hears of what is fetched.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn open_watched(context: &Context, watcher: Watcher) -> Result<Self, Error> {
        let (stop, environment) = environment(context, watcher);
        let named = context.settings.stores.iter();
        let named = named.map(|location| location.reader(&environment));
        let named = named.collect::<Result<_, _>>();
        Ok(Self {
            named: named.map_err(patientport_client::Error::from)?,
            _stop: stop,
            environment,
            by_author: Mutex::default(),
        })
    }

    /// Those that the user named, in their order.
    pub(crate) fn named(&self) -> &[Arc<dyn BlobStore>] {
        &self.named
    }

    /// Where a record of `author` is looked for: the stores named, in their order; then the endpoint that the author
    /// names; then the chain.
    pub(crate) fn of(&self, port: &Port, author: Address) -> Arc<dyn BlobStore> {
        let mut known = self
            .by_author
            .lock()
            .expect("nothing panics under this lock");
        let sources = known.entry(author).or_insert_with(|| {
            let registry = port.registry().clone();
            let endpoint = Arc::new(AuthorStore::new(registry, author, self.environment.clone()));
            let chain = PublishedStore::new(port.clone(), self.environment.runtime.clone());
            let mut members = self.named.clone();
            members.push(Arc::clone(&endpoint) as Arc<dyn BlobStore>);
            members.push(Arc::new(chain));
            Sources {
                all: Arc::new(Fallback::new(members)),
                endpoint,
            }
        });
        Arc::clone(&sources.all) as Arc<dyn BlobStore>
    }

    /// Tells what went wrong though a record was found, and which hosts were asked that the user did not name.
    pub(crate) fn report(&self, context: &Context) {
        let known = self
            .by_author
            .lock()
            .expect("nothing panics under this lock");
        for (author, sources) in known.iter() {
            for trouble in sources.all.troubles() {
                let times = match trouble.count {
                    1 => String::new(),
                    count => format!(" (and {} more of the kind)", count - 1),
                };
                context.warn(
                    "store.fallback",
                    format!("{}{times}; the next store was asked", trouble.message),
                );
            }
            if let Some(host) = sources.endpoint.asked() {
                context.warn(
                    "store.endpoint_asked",
                    format!(
                        "`{host}` was asked, which `{author}` names: its keeper learns which records are read, when and from where"
                    ),
                );
            }
        }
    }
}

/// Stores to write to, with what to call them.
#[derive(Debug)]
pub(crate) struct Writers {
    _stop: watch::Sender<()>,
    pub(crate) stores: Vec<Arc<dyn BlobStore>>,
}

impl Writers {
    /// Those at `locations`; a directory is made if it is not there.
    ///
    /// # Errors
    /// A store that cannot be used as it was named.
    pub(crate) fn open(
        context: &Context,
        locations: &[Location],
        watcher: Watcher,
    ) -> Result<Self, Error> {
        let (stop, environment) = environment(context, watcher);
        let opened = locations
            .iter()
            .map(|location| location.writer(&environment));
        let opened = opened.collect::<Result<_, StoreError>>();
        Ok(Self {
            stores: opened.map_err(patientport_client::Error::from)?,
            _stop: stop,
        })
    }

    /// As [`Self::open`], without making directories: to delete.
    pub(super) fn open_existing(context: &Context, locations: &[Location]) -> Result<Self, Error> {
        let (stop, environment) = environment(context, Watcher::nobody());
        let opened = locations
            .iter()
            .map(|location| location.reader(&environment));
        let opened = opened.collect::<Result<_, StoreError>>();
        Ok(Self {
            stores: opened.map_err(patientport_client::Error::from)?,
            _stop: stop,
        })
    }
}

fn environment(context: &Context, progress: Watcher) -> (watch::Sender<()>, Environment) {
    let (sender, stop) = watch::channel(());
    let environment = Environment {
        net: context.settings.net,
        runtime: Handle::current(),
        stop,
        incoming: Some(context.home().incoming()),
        uploads: Some(context.home().uploads()),
        progress,
    };
    (sender, environment)
}
