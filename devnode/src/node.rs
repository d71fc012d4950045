//! A running node: the chain, its server and the threads they run on.

use crate::{
    chain::{BalanceTooHigh, Chain, ChainEvent, Mining, SharedChain},
    config::{Config, DevAccount},
    evm::{self, ChainParams},
    rpc,
    store::StoreError,
};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    sync::{broadcast, watch},
    time::MissedTickBehavior,
};

/// Threads that execute requests at the same time; reads run side by side, writes one by one.
const MAX_EXECUTION_THREADS: usize = 8;
/// How long a stopping node waits for requests that are being executed.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// Blocks are not made more often than this, whatever is asked for.
pub(crate) const SHORTEST_BLOCK_TIME: Duration = Duration::from_millis(1);

/// Why a node could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The address could not be listened on; most often another program has the port.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The accounts cannot have that much.
    #[error(transparent)]
    Balance(#[from] BalanceTooHigh),
    /// The state file cannot be used. Nothing in it was changed.
    #[error("cannot keep the chain in a file")]
    State(#[from] StoreError),
    /// The operating system refused a thread or an event queue.
    #[error("cannot start the node's threads")]
    Threads(#[source] io::Error),
}

/// A node that runs until it is stopped or dropped.
///
/// It brings its own threads, so it works in an async program as well as in a plain one, and none of
/// its methods needs a runtime.
///
/// # Examples
/// ```
/// use stylus_devnode::{Config, DevNode};
///
/// let node = DevNode::try_spawn(Config::test())?;
/// assert!(node.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(node.accounts().len(), 11);
/// node.shutdown();
/// # Ok::<(), stylus_devnode::SpawnError>(())
/// ```
#[derive(Debug)]
pub struct DevNode {
    address: SocketAddr,
    config: Config,
    stop: StopHandle,
    events: broadcast::Sender<ChainEvent>,
    thread: Option<JoinHandle<()>>,
}

/// Stops a node from anywhere, a signal handler's thread for instance.
#[derive(Clone, Debug)]
pub struct StopHandle(watch::Sender<bool>);

impl StopHandle {
    /// Asks the node to stop and returns at once. Asking again does nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl DevNode {
    /// Starts a node. When it returns the node answers requests.
    ///
    /// # Errors
    /// [`SpawnError::Bind`] the address is taken or not ours; [`SpawnError::State`] the state file is in
    /// use, damaged, or holds something else; [`SpawnError::Threads`] the system has no more threads to
    /// give.
    pub fn try_spawn(config: Config) -> Result<Self, SpawnError> {
        BalanceTooHigh::check(config.balance)?;
        let wanted = SocketAddr::new(config.host, config.port);
        let bind = |source| SpawnError::Bind {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;

        // Before there is a runtime: dropping one, for an error, is not allowed inside another.
        let chain = Arc::new(open_chain(&config)?);
        let (mining, events) = {
            let chain = chain
                .read()
                .map_err(|error| SpawnError::Threads(io::Error::other(error)))?;
            (chain.watch_mining(), chain.event_source())
        };

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(MAX_EXECUTION_THREADS)
            .thread_name("stylus-devnode")
            // Requests are executed on these threads; the stack is reserved, and used as frames nest.
            .thread_stack_size(evm::STACK_BYTES)
            .on_thread_start(evm::thread_has_stack)
            .enable_all()
            .build()
            .map_err(SpawnError::Threads)?;
        let listener = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(SpawnError::Threads)?
        };
        runtime.spawn(keep_time(Arc::clone(&chain), mining));
        let api = Arc::new(rpc::Api::new(chain, &config));
        let (sender, stopped) = watch::channel(false);
        let loopback = address.ip().is_loopback();
        let thread = std::thread::Builder::new()
            .name("stylus-devnode".to_owned())
            .spawn(move || {
                runtime.block_on(rpc::serve(listener, api, loopback, stopped));
                // Open connections are closed with the runtime; only work under way is waited for.
                runtime.shutdown_timeout(SHUTDOWN_PATIENCE);
            })
            .map_err(SpawnError::Threads)?;
        Ok(Self {
            address,
            config,
            stop: StopHandle(sender),
            events,
            thread: Some(thread),
        })
    }

    /// Where the node answers JSON-RPC over HTTP, `http://127.0.0.1:PORT` by default.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the node answers JSON-RPC over WebSocket: the same port, `ws://127.0.0.1:PORT` by default.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The socket it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accounts funded at genesis, keys included.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.config.accounts
    }

    /// EIP-155 chain id.
    pub const fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    /// The settings it was started with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What happens to the chain from now on. A listener that is more than
    /// [`EVENT_BUFFER`](crate::chain::EVENT_BUFFER) events behind is told how many it has lost.
    pub fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// A handle that stops the node from another thread.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Blocks until the node has been stopped through a [`StopHandle`].
    pub fn wait(mut self) {
        self.join();
    }

    /// Stops the node and returns when its port is free again.
    pub fn shutdown(self) {
        drop(self);
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

impl Drop for DevNode {
    fn drop(&mut self) {
        self.stop.stop();
        self.join();
    }
}

/// The chain that the settings describe: new, or as its file holds it.
fn open_chain(config: &Config) -> Result<SharedChain, StoreError> {
    let mut params = ChainParams {
        chain_id: config.chain_id,
        console: config.console.clone(),
        arbos_version: config.arbos_version,
        ..ChainParams::default()
    };
    params.alloc.clear();
    for account in &config.accounts {
        params.alloc.entry(account.address()).or_default().balance = config.balance;
    }
    let chosen = config.block_time.map(Mining::Interval);
    match &config.state {
        Some(path) => SharedChain::open(path, params, config.clock, chosen),
        None => Ok(SharedChain::new(
            Chain::new(params, config.clock).with_mining(chosen.unwrap_or_default()),
        )),
    }
}

/// Makes blocks at intervals for as long as the chain wants that.
async fn keep_time(chain: Arc<SharedChain>, mut mining: watch::Receiver<Mining>) {
    loop {
        let Mining::Interval(interval) = *mining.borrow_and_update() else {
            if mining.changed().await.is_err() {
                return;
            }
            continue;
        };
        let interval = interval.max(SHORTEST_BLOCK_TIME);
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once.
        ticks.tick().await;
        loop {
            tokio::select! {
                changed = mining.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                _ = ticks.tick() => {
                    let chain = Arc::clone(&chain);
                    // A block that could not be stored has given its transactions back to the pool; the
                    // next one tries again.
                    let _ = tokio::task::spawn_blocking(move || chain.change(Chain::mine)).await;
                }
            }
        }
    }
}
