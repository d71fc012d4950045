//! Runs the program under `ptrace` and ends it, as `kill -9` does, before one of its steps.
//!
//! A step is a system call that changes a file or talks to another process. Calls in a row that leave the same behind
//! are one step: what is done to an open file that has no name of its own yet, writes to the same file, questions to a
//! node, and what only makes durable what is there.
//! The call of the step does not take place: a killed process never returns from the stop before it.

use crate::{Run, behind_a_shell};
use nix::{
    libc,
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output},
};

/// As much of a request as is read to know what it is about.
const MOST_READ: usize = 4096;

/// A run that was watched, to its end or until it was killed.
#[derive(Debug)]
pub struct Traced {
    /// What it left; its exit code is `None` if it was killed.
    pub run: Run,
    /// Its steps in order. The last one did not take place if it was killed.
    pub steps: Vec<String>,
    /// Whether it was killed before a step.
    pub killed: bool,
}

/// Runs `command` and kills it before its step `before`, counted from 0; to its end if there is no such step or none is
/// given. Standard input is empty. Steps name files below `root` from there, and without what varies from run to run.
///
/// # Panics
/// If the program cannot be started, or if this machine does not let a process trace its own children, as some
/// containers do not.
pub fn traced(command: &Command, before: Option<usize>, root: &Path) -> Traced {
    let scratch = tempfile::tempdir().expect("the system has room for temporary files");
    let outputs = [scratch.path().join("stdout"), scratch.path().join("stderr")];
    let shown = format!("{command:?}");
    let pid = start(command, &outputs);
    let mut tracer = Tracer {
        leader: pid,
        before,
        root: root.to_owned(),
        steps: Vec::new(),
        last: None,
        killed: false,
    };
    let status = tracer.follow();
    let [stdout, stderr] = outputs.map(|path| fs::read(path).expect("the file was made"));
    let output = Output {
        status,
        stdout,
        stderr,
    };
    Traced {
        run: Run::from_output(shown, output),
        steps: tracer.steps,
        killed: tracer.killed,
    }
}

/// Starts the program stopped, seizes it, and lets it go on to its first system call.
fn start(command: &Command, outputs: &[PathBuf; 2]) -> Pid {
    // The shell stops itself so that the program does not run before it is watched.
    let mut shell = behind_a_shell("kill -STOP $$", command);
    let [stdout, stderr] = outputs;
    let file = |path| File::create(path).expect("the temporary directory is writable");
    #[expect(
        clippy::zombie_processes,
        reason = "`Tracer::follow` waits for it, as for its threads"
    )]
    // One worker thread keeps the order of the steps.
    let child = shell
        .env("TOKIO_WORKER_THREADS", "1")
        .stdout(file(stdout))
        .stderr(file(stderr))
        .spawn()
        .expect("a shell starts");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process has a number"));
    let stopped = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).expect("a child can be waited for");
    assert!(
        matches!(stopped, WaitStatus::Stopped(..)),
        "the shell stops itself: {stopped:?}"
    );
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    if let Err(error) = ptrace::seize(pid, options) {
        let _ = kill(pid, Signal::SIGKILL);
        panic!(
            "this machine does not let a process trace its own child ({error}), which this test needs: \
             allow ptrace (a container: `--cap-add SYS_PTRACE`), or leave the tests named `kills` out"
        );
    }
    kill(pid, Signal::SIGCONT).expect("a child of ours takes signals");
    pid
}

struct Tracer {
    leader: Pid,
    before: Option<usize>,
    root: PathBuf,
    steps: Vec<String>,
    /// The step that the last call was part of.
    last: Option<Step>,
    killed: bool,
}

/// What a system call does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// It asks somebody, or goes on with that.
    Asks,
    /// It changes the file.
    Writes(String),
    /// It makes something durable.
    Syncs,
    /// Something that is a step each time.
    Does(String),
}

impl Tracer {
    /// Follows all threads until the process has ended.
    fn follow(&mut self) -> ExitStatus {
        use std::os::unix::process::ExitStatusExt as _;
        // Children of this thread alone: other tests run in other threads of this process.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            let stopped =
                waitpid(None, Some(flags)).expect("the process is a child of this thread");
            match stopped {
                WaitStatus::Exited(pid, code) if pid == self.leader => {
                    return ExitStatus::from_raw(code << 8);
                }
                WaitStatus::Signaled(pid, signal, _) if pid == self.leader => {
                    return ExitStatus::from_raw(signal as i32);
                }
                WaitStatus::PtraceSyscall(pid) => {
                    if !self.killed
                        && let Some(call) = Call::entered(pid)
                        && let Some(step) = self.step(&call)
                    {
                        self.count(step);
                    }
                    go_on(pid, None);
                }
                WaitStatus::Stopped(pid, signal) => go_on(pid, Some(signal)),
                WaitStatus::PtraceEvent(pid, ..) => go_on(pid, None),
                _ => {}
            }
        }
    }

    /// Counts a step; kills the process if this is the one.
    fn count(&mut self, step: Step) {
        let is_new = matches!(step, Step::Does(_)) || self.last.as_ref() != Some(&step);
        if !is_new {
            return;
        }
        self.steps.push(match &step {
            Step::Asks => "ask the node".to_owned(),
            Step::Writes(path) => format!("write {path}"),
            Step::Syncs => "make durable".to_owned(),
            Step::Does(what) => what.clone(),
        });
        self.last = Some(step);
        if self.before == Some(self.steps.len() - 1) {
            self.killed = true;
            kill(self.leader, Signal::SIGKILL).expect("the process is stopped, not gone");
        }
    }

    /// What a call does, if it is part of a step.
    fn step(&self, call: &Call) -> Option<Step> {
        let [first, second, third, fourth, ..] = call.arguments;
        let does = |verb: &str, path: Option<String>| {
            let path = path.map(|it| self.shown(&it))?;
            // Devices and the tables of the kernel are no files.
            let is_file = !path.starts_with("/dev/") && !path.starts_with("/proc/");
            is_file.then(|| Step::Does(format!("{verb} {path}")))
        };
        let opens = |flags: u64, path| {
            let flags = i32::try_from(flags & 0xffff_ffff).unwrap_or_default();
            let changes = flags & (libc::O_CREAT | libc::O_TRUNC) != 0
                || flags & libc::O_ACCMODE != libc::O_RDONLY;
            if changes { does("open", path) } else { None }
        };
        match call.number {
            libc::SYS_openat => opens(third, call.path(first, second)),
            libc::SYS_mkdirat => does("make directory", call.path(first, second)),
            libc::SYS_unlinkat => does("remove", call.path(first, second)),
            libc::SYS_renameat | libc::SYS_renameat2 => does("rename to", call.path(third, fourth)),
            libc::SYS_linkat => does("link", call.path(third, fourth)),
            libc::SYS_fchmodat => does("set mode of", call.path(first, second)),
            libc::SYS_ftruncate | libc::SYS_fchmod => self.writes(call, first),
            libc::SYS_fsync | libc::SYS_fdatasync => match self.writes(call, first)? {
                unnamed @ Step::Writes(_) if self.last.as_ref() == Some(&unnamed) => Some(unnamed),
                _ => Some(Step::Syncs),
            },
            libc::SYS_copy_file_range => self.writes(call, third),
            libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_sendto => {
                self.writes_or_sends(call, first, || call.bytes(second, third))
            }
            libc::SYS_writev | libc::SYS_pwritev | libc::SYS_pwritev2 => {
                self.writes_or_sends(call, first, || call.vectors(second, third))
            }
            libc::SYS_sendmsg => self.writes_or_sends(call, first, || {
                // struct msghdr: name, its length, then the vectors and their number.
                let [vectors, number] = [16, 24].map(|offset| call.word(second + offset));
                call.vectors(vectors, number)
            }),
            libc::SYS_connect => Some(Step::Asks),
            number => self.older(call, number, &does, &opens),
        }
    }

    /// Calls that only the older machine has.
    #[cfg(target_arch = "x86_64")]
    #[expect(clippy::unused_self, reason = "the other machine's has the same shape")]
    fn older(
        &self,
        call: &Call,
        number: i64,
        does: &dyn Fn(&str, Option<String>) -> Option<Step>,
        opens: &dyn Fn(u64, Option<String>) -> Option<Step>,
    ) -> Option<Step> {
        let [first, second, ..] = call.arguments;
        let here = libc::AT_FDCWD.cast_unsigned().into();
        match number {
            libc::SYS_open => opens(second, call.path(here, first)),
            libc::SYS_creat => does("open", call.path(here, first)),
            libc::SYS_mkdir => does("make directory", call.path(here, first)),
            libc::SYS_unlink | libc::SYS_rmdir => does("remove", call.path(here, first)),
            libc::SYS_rename => does("rename to", call.path(here, second)),
            libc::SYS_link => does("link", call.path(here, second)),
            libc::SYS_chmod => does("set mode of", call.path(here, first)),
            _ => None,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn older(
        &self,
        _: &Call,
        _: i64,
        _: &dyn Fn(&str, Option<String>) -> Option<Step>,
        _: &dyn Fn(u64, Option<String>) -> Option<Step>,
    ) -> Option<Step> {
        None
    }

    fn writes(&self, call: &Call, file: u64) -> Option<Step> {
        let target = call.target(file)?;
        let is_file = target.starts_with('/') && !target.starts_with("/dev/");
        is_file.then(|| Step::Writes(self.shown(&target)))
    }

    fn writes_or_sends(
        &self,
        call: &Call,
        file: u64,
        content: impl FnOnce() -> Vec<u8>,
    ) -> Option<Step> {
        // What is said to people changes nothing.
        if file <= 2 {
            return None;
        }
        if !call.target(file)?.starts_with("socket:") {
            return self.writes(call, file);
        }
        let content = String::from_utf8_lossy(&content()).into_owned();
        let sends = content.contains("eth_sendRawTransaction");
        Some(if sends {
            Step::Does("send a transaction".to_owned())
        } else {
            Step::Asks
        })
    }

    /// A path from the root of the test, without random parts of names.
    fn shown(&self, path: &str) -> String {
        let path = Path::new(path);
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        let parts = path.iter().map(|part| {
            let part = part.to_string_lossy();
            let part = part.as_ref();
            let digits = part.trim_start_matches("0x");
            let (stem, ending) = digits.split_once('.').unwrap_or((digits, ""));
            if part.starts_with('.') && part != ".lock" {
                "TEMPORARY".to_owned()
            } else if stem.len() >= 40 && stem.bytes().all(|it| it.is_ascii_hexdigit()) {
                let dot = if ending.is_empty() { "" } else { "." };
                format!("HASH{dot}{ending}")
            } else {
                part.to_owned()
            }
        });
        parts.collect::<PathBuf>().display().to_string()
    }
}

fn go_on(thread: Pid, signal: Option<Signal>) {
    // A thread that was killed meanwhile is gone.
    let _ = ptrace::syscall(thread, signal);
}

/// A system call that a thread is about to make.
struct Call {
    thread: Pid,
    number: i64,
    arguments: [u64; 6],
}

impl Call {
    /// The call at whose entry the thread stands; none at its return, or if the thread is gone.
    fn entered(thread: Pid) -> Option<Self> {
        if ptrace::syscall_info(thread).ok()?.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return None;
        }
        let registers = ptrace::getregs(thread).ok()?;
        #[cfg(target_arch = "x86_64")]
        let (number, arguments) = (
            registers.orig_rax,
            [
                registers.rdi,
                registers.rsi,
                registers.rdx,
                registers.r10,
                registers.r8,
                registers.r9,
            ],
        );
        #[cfg(target_arch = "aarch64")]
        let (number, arguments) = {
            let [a, b, c, d, e, f, ..] = registers.regs;
            (registers.regs[8], [a, b, c, d, e, f])
        };
        Some(Self {
            thread,
            number: number.cast_signed(),
            arguments,
        })
    }

    /// What an open file is.
    fn target(&self, file: u64) -> Option<String> {
        let link = fs::read_link(format!("/proc/{}/fd/{file}", self.thread)).ok()?;
        Some(link.to_string_lossy().into_owned())
    }

    /// The path at an address, from the directory that is open as `directory`.
    fn path(&self, directory: u64, address: u64) -> Option<String> {
        let bytes = self.memory(address, MOST_READ);
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let path = PathBuf::from(String::from_utf8_lossy(&bytes[..end]).into_owned());
        let here = libc::AT_FDCWD.cast_unsigned();
        let directory = u32::try_from(directory & 0xffff_ffff).unwrap_or(here);
        let base = if directory == here {
            fs::read_link(format!("/proc/{}/cwd", self.thread)).ok()
        } else {
            self.target(directory.into()).map(PathBuf::from)
        };
        Some(base?.join(path).to_string_lossy().into_owned())
    }

    fn bytes(&self, address: u64, length: u64) -> Vec<u8> {
        let length = usize::try_from(length).unwrap_or(MOST_READ);
        self.memory(address, length.min(MOST_READ))
    }

    /// The beginning of what some `struct iovec` point at.
    fn vectors(&self, address: u64, number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for index in 0..number.min(16) {
            let [base, length] = [0, 8].map(|offset| self.word(address + 16 * index + offset));
            bytes.extend(self.bytes(base, length));
        }
        bytes
    }

    fn word(&self, address: u64) -> u64 {
        let bytes = self.memory(address, 8);
        bytes.try_into().map_or(0, u64::from_ne_bytes)
    }

    /// Up to so many bytes at an address, fewer where the memory ends.
    fn memory(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = File::open(format!("/proc/{}/mem", self.thread))
            .and_then(|memory| memory.read_at(&mut bytes, address));
        bytes.truncate(read.unwrap_or_default());
        bytes
    }
}
