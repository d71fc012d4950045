//! A TCP proxy that does to a transfer what bad networks and bad servers do.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// What goes wrong on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection ends after so many bytes of answers.
    CutsAnswers(u64),
    /// After so many bytes of answers nothing comes any more.
    StallsAnswers(u64),
    /// After so many bytes of answers only a byte comes now and then.
    DripsAnswers(u64),
    /// One bit of the answers is flipped, after so many bytes.
    FlipsAnswers(u64),
    /// After so many bytes of requests nothing is passed on any more.
    StallsRequests(u64),
    /// The connection ends after so many bytes of requests.
    CutsRequests(u64),
    /// Every request is answered with this, whatever the server would say.
    Answers(String),
}

/// A proxy in front of a server. Its threads end with the test's process.
#[derive(Clone, Debug)]
pub struct FaultyProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    fault: Mutex<Fault>,
    /// Bytes passed on to the server, and from it.
    up: AtomicU64,
    down: AtomicU64,
}

impl FaultyProxy {
    /// Starts a proxy on a free port in front of `upstream`.
    ///
    /// # Panics
    /// If the system has no port left.
    pub fn start(upstream: SocketAddr, fault: Fault) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a listening socket has an address");
        let shared = Arc::new(Shared {
            fault: Mutex::new(fault),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
        });
        let proxy = Self {
            address,
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(client, upstream, &shared));
            }
        });
        proxy
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the next connection on this goes wrong.
    ///
    /// # Panics
    /// Never: nothing panics while the fault is locked.
    pub fn set(&self, fault: Fault) {
        *self
            .shared
            .fault
            .lock()
            .expect("nothing panics under this lock") = fault;
    }

    /// Bytes passed to the server so far.
    pub fn up(&self) -> u64 {
        self.shared.up.load(Ordering::SeqCst)
    }

    /// Bytes passed from the server so far.
    pub fn down(&self) -> u64 {
        self.shared.down.load(Ordering::SeqCst)
    }
}

fn serve(mut client: TcpStream, upstream: SocketAddr, shared: &Arc<Shared>) {
    let fault = shared
        .fault
        .lock()
        .expect("nothing panics under this lock")
        .clone();
    if let Fault::Answers(answer) = &fault {
        // The request's head is enough; what follows is not read.
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|count| count == 1) {
            head.push(byte[0]);
        }
        let _ = client.write_all(answer.as_bytes());
        let _ = client.shutdown(Shutdown::Write);
        // Until the client is done: closing earlier would reset what it reads.
        let _ = std::io::copy(&mut client, &mut std::io::sink());
        return;
    }
    let Ok(server) = TcpStream::connect(upstream) else {
        return;
    };
    let (Ok(client_up), Ok(server_up)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let (up_fault, up_shared) = (fault.clone(), Arc::clone(shared));
    let up = thread::spawn(move || {
        let mut harm = Harm::default();
        match up_fault {
            Fault::CutsRequests(after) => harm.cut = Some(after),
            Fault::StallsRequests(after) => harm.stall = Some(after),
            _ => {}
        }
        pass(client_up, server_up, &up_shared.up, harm);
    });
    let mut harm = Harm::default();
    match fault {
        Fault::CutsAnswers(after) => harm.cut = Some(after),
        Fault::StallsAnswers(after) => harm.stall = Some(after),
        Fault::DripsAnswers(after) => harm.drip = Some(after),
        Fault::FlipsAnswers(after) => harm.flip = Some(after),
        _ => {}
    }
    pass(server, client, &shared.down, harm);
    let _ = up.join();
}

/// What happens in one direction, after so many bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Harm {
    cut: Option<u64>,
    stall: Option<u64>,
    drip: Option<u64>,
    flip: Option<u64>,
}

/// Passes bytes on until the end, or until the fault strikes.
fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64, harm: Harm) {
    let Harm {
        cut,
        stall,
        drip,
        flip,
    } = harm;
    let mut passed = 0_u64;
    let mut buffer = vec![0; 1 << 14];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        let mut length = read;
        for end in [cut, stall].into_iter().flatten() {
            length = length.min(usize::try_from(end - passed.min(end)).unwrap_or(usize::MAX));
        }
        if let Some(at) = flip
            && (passed..passed + length as u64).contains(&at)
        {
            buffer[usize::try_from(at - passed).expect("it lies within the buffer")] ^= 1;
        }
        if drip.is_some_and(|after| passed >= after) {
            length = 1;
            thread::sleep(std::time::Duration::from_millis(100));
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        passed += length as u64;
        count.fetch_add(length as u64, Ordering::SeqCst);
        if stall.is_some_and(|end| passed >= end) {
            // Takes nothing and gives nothing, as long as the test runs.
            loop {
                thread::park();
            }
        }
        if cut.is_some_and(|end| passed >= end) {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
