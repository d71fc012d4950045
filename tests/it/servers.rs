//! Real servers over directories: S3, WebDAV, static files.

use std::{fmt, net::SocketAddr, path::Path};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, runtime::Runtime};

/// What an S3 client of the tests signs with.
pub(crate) const ACCESS_KEY: &str = "test-access-key";
pub(crate) const SECRET_KEY: &str = "test-secret-key";

/// A server that ends with the test.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    // Dropped, it stops.
    _runtime: Runtime,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.address).finish()
    }
}

impl Server {
    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start<F>(serve: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let bound = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = bound.expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a listening socket has an address");
        runtime.spawn(serve(listener));
        Self {
            address,
            _runtime: runtime,
        }
    }

    /// An S3-compatible service (`s3s-fs`) over the directories in `root`, which are its buckets. It checks
    /// signatures.
    pub(crate) fn s3(root: &Path) -> Self {
        let fs = s3s_fs::FileSystem::new(root).expect("the directory is there");
        let mut builder = s3s::service::S3ServiceBuilder::new(fs);
        builder.set_auth(s3s::auth::SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        Self::start(|listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    let connection = server.serve_connection(TokioIo::new(stream), service);
                    // A client that goes away is none of the server's trouble.
                    let _ = connection.await;
                });
            }
        })
    }

    /// A WebDAV server (`dav-server`) over a directory.
    pub(crate) fn dav(root: &Path) -> Self {
        let handler = dav_server::DavHandler::builder()
            .filesystem(dav_server::localfs::LocalFs::new(root, false, false, false))
            .locksystem(dav_server::fakels::FakeLs::new())
            .build_handler();
        Self::start(|listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = handler.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let handler = handler.clone();
                        async move { Ok::<_, std::convert::Infallible>(handler.handle(request).await) }
                    });
                    let server = Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        })
    }

    /// A web server for static files (`tower-http`) over a directory: it takes nothing.
    pub(crate) fn files(root: &Path) -> Self {
        let files = tower_http::services::ServeDir::new(root);
        Self::start(|listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(files.clone());
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        })
    }
}
