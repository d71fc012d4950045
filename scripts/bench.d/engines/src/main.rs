//! Times WASM engines on instrumented Stylus programs. See `Cargo.toml` for how to run it.

#[cfg(feature = "chain")]
mod chain;
#[cfg_attr(
    not(feature = "chain"),
    expect(dead_code, reason = "only the chain instruments")
)]
mod programs;
mod with_wasmi;
mod with_wasmtime;

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// A duration as a table cell.
pub struct Cell(Duration);

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} us", self.0.as_secs_f64() * 1e6)
    }
}

/// Mean time of `work`, after one turn to warm up. The best of three rounds, since others use the
/// machine too.
pub fn mean(turns: u32, mut work: impl FnMut()) -> Cell {
    work();
    let round = |_| {
        let start = Instant::now();
        for _ in 0..turns {
            work();
        }
        start.elapsed() / turns
    };
    Cell((0..3).map(round).min().expect("there are three rounds"))
}

fn main() {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let kept = arguments
        .next()
        .expect("the directory of instrumented programs");
    fs::create_dir_all(&kept).expect("it can be made");
    println!("| engine | work | mean |\n| --- | --- | --- |");
    #[cfg(feature = "chain")]
    {
        for (name, wasm) in chain::own() {
            chain::instrument(&kept, name, &wasm);
        }
        for path in arguments {
            chain::instrument(
                &kept,
                &stem(&path),
                &fs::read(&path).expect("it can be read"),
            );
        }
    }
    let mut paths: Vec<_> = fs::read_dir(&kept)
        .expect("it can be listed")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    paths.sort();
    for path in &paths {
        let (name, module) = (stem(path), fs::read(path).expect("it can be read"));
        #[cfg(feature = "chain")]
        chain::measure(&name, &module);
        with_wasmi::measure(&name, &module);
        with_wasmi::measure_2(&name, &module);
        with_wasmtime::measure(&name, &module);
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .expect("a file")
        .to_string_lossy()
        .into_owned()
}

/// How often a program is run, or `None` if it is only compiled.
pub fn runs(name: &str) -> Option<u32> {
    match name {
        "counter" => Some(20_000),
        "loop" => Some(3),
        _ => None,
    }
}
