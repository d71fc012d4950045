//! Our side: large records in processes of their own, and many small things in this one.

use crate::{
    Failure,
    report::{Bar, Report},
};
use patientport_core::{
    keys::SecretKey,
    record::{Head, Metadata, Place, Recipient, encrypt},
    seal::{Purpose, SealContext},
    section::{SecretEntry, open_secrets, seal_secrets},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use std::{
    fs::File,
    io::{self, BufWriter, Read, Write as _},
    path::Path,
    process::Command,
    time::Instant,
};

/// A child's run.
pub(crate) struct Run {
    pub(crate) seconds: f64,
    pub(crate) peak_kib: u64,
}

fn place() -> Place {
    Place {
        chain_id: 412_346,
        port: [0x11; 20].into(),
        author: [0x22; 20].into(),
        section: 3.try_into().expect("a section below 64"),
        epoch: 1,
    }
}

fn section_secret() -> SecretKey {
    SecretKey::random(&mut ChaCha20Rng::from_seed([7; 32]))
}

/// Writes bytes that do not compress.
pub(crate) fn random_file(path: &Path, bytes: u64) -> Result<(), Failure> {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let mut file = BufWriter::new(File::create(path)?);
    let mut block = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        rng.fill_bytes(&mut block);
        file.write_all(&block)?;
    }
    Ok(file.flush()?)
}

/// Processor time of the children that have ended, in seconds, by `proc_pid_stat(5)`: fields 16 and 17, in ticks that
/// are a hundredth of a second on every Linux.
pub(crate) fn cpu_of_children() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field, in brackets, is the program's name and may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("this system has no /proc")?;
    let ticks: Result<Vec<u32>, _> = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .map(str::parse)
        .collect();
    Ok(ticks?.into_iter().map(f64::from).sum::<f64>() / 100.0)
}

/// Runs this program again for one measurement.
fn again(arguments: &[&std::ffi::OsStr]) -> Result<Run, Failure> {
    let start = Instant::now();
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .output()?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let peak_kib = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Run { seconds, peak_kib })
}

pub(crate) fn spawn(
    verb: &str,
    threads: usize,
    input: &Path,
    output: &Path,
) -> Result<Run, Failure> {
    let _ = std::fs::remove_file(output);
    let threads = threads.to_string();
    again(&[
        verb.as_ref(),
        threads.as_ref(),
        input.as_ref(),
        output.as_ref(),
    ])
}

/// Seconds that sealing as many bytes takes where reading and writing them costs next to nothing.
pub(crate) fn in_memory(threads: usize, bytes: u64) -> Result<f64, Failure> {
    let (threads, bytes) = (threads.to_string(), bytes.to_string());
    Ok(again(&["memory".as_ref(), threads.as_ref(), bytes.as_ref()])?.seconds)
}

/// What a child does; prints its peak memory in KiB.
pub(crate) fn child(verb: &str, arguments: &[String]) -> Result<(), Failure> {
    let [threads, rest @ ..] = arguments else {
        return Err("a child is told how many threads it has".into());
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build()?;
    pool.install(|| -> Result<(), Failure> {
        match (verb, rest) {
            ("encrypt", [input, output]) => seal(Path::new(input), Path::new(output)),
            ("decrypt", [input, output]) => open(Path::new(input), Path::new(output)),
            ("memory", [bytes]) => seal_from_memory(bytes.parse()?),
            _ => Err("no such child".into()),
        }
    })?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .ok_or("this system does not tell peak memory")?;
    writeln!(std::io::stdout(), "{peak}")?;
    Ok(())
}

/// Encrypts into OUTPUT and OUTPUT.head, and computes the commitment.
fn seal(input: &Path, output: &Path) -> Result<(), Failure> {
    let file = File::open(input)?;
    let metadata = Metadata {
        length: Some(file.metadata()?.len()),
        ..Metadata::default()
    };
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let body = File::create(output)?;
    let envelope = encrypt(
        &place(),
        Recipient::Section,
        &section_secret().public(),
        &metadata,
        file,
        body,
        &mut rng,
    )?;
    Ok(std::fs::write(
        output.with_extension("head"),
        &envelope.head,
    )?)
}

/// Verifies and decrypts as a reader does: into a temporary file that gets its name at the end.
fn open(input: &Path, output: &Path) -> Result<(), Failure> {
    let head = Head::parse(&std::fs::read(input.with_extension("head"))?)?;
    let opened = head.unlock(&section_secret())?;
    let temporary = output.with_extension("tmp");
    opened.decrypt_body(File::open(input)?, File::create(&temporary)?)?;
    Ok(std::fs::rename(temporary, output)?)
}

/// Gives one block over and over.
struct Block {
    bytes: Vec<u8>,
    left: u64,
}

impl Read for Block {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = buffer.len().min(self.bytes.len()).min(left);
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

fn seal_from_memory(bytes: u64) -> Result<(), Failure> {
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let block = Block {
        bytes: vec![5; 1 << 16],
        left: bytes,
    };
    encrypt(
        &place(),
        Recipient::Section,
        &section_secret().public(),
        &Metadata::default(),
        block,
        io::sink(),
        &mut rng,
    )?;
    Ok(())
}

/// Section secrets sealed and opened, and heads read as a list of records does.
pub(crate) fn small(report: &mut Report, count: u32) -> Result<(), Failure> {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let secret = section_secret();
    let context = SealContext {
        purpose: Purpose::Secrets,
        chain_id: 412_346,
        port: [0x11; 20].into(),
        sender: [0x33; 20].into(),
        recipient: [0x22; 20].into(),
        request_id: 0,
    };
    let entries = [SecretEntry {
        section: 3.try_into().expect("a section below 64"),
        epoch: 1,
        secret: SecretKey::random(&mut rng),
        name: Some("general".into()),
    }];
    let start = Instant::now();
    let messages: Result<Vec<_>, _> = (0..count)
        .map(|_| seal_secrets(&context, &secret.public(), &entries, &mut rng))
        .collect();
    let sealed = start.elapsed().as_secs_f64();
    let messages = messages?;
    let start = Instant::now();
    for message in &messages {
        open_secrets(&context, &secret, message)?;
    }
    let opened = start.elapsed().as_secs_f64();
    let each = |seconds: f64| seconds * 1e6 / f64::from(count);
    report.add(
        format!("{count} section secrets sealed, each"),
        each(sealed),
        "µs",
        None,
        Bar::None,
    );
    report.add(
        format!("{count} section secrets opened, each"),
        each(opened),
        "µs",
        None,
        Bar::None,
    );

    let metadata = Metadata {
        title: "Laboratory report".into(),
        length: Some(100),
        ..Metadata::default()
    };
    let heads: Result<Vec<_>, _> = (0..1_000)
        .map(|_| {
            encrypt(
                &place(),
                Recipient::Section,
                &secret.public(),
                &metadata,
                &[0; 100][..],
                std::io::sink(),
                &mut rng,
            )
            .map(|envelope| envelope.head)
        })
        .collect();
    let heads = heads?;
    let start = Instant::now();
    for head in &heads {
        std::hint::black_box(Head::parse(head)?.unlock(&secret)?);
    }
    let listed = start.elapsed().as_secs_f64() * 1e3;
    report.add("1,000 heads opened", listed, "ms", None, Bar::None);
    Ok(())
}
