//! Progress bars: on a terminal's stderr only, while there is something to wait for.
//!
//! One bar at a time. For little work it appears after a moment only, so that nothing flickers. It gives way to whatever
//! else is written to stderr, and is wiped off when its guard is dropped: by the end of the work, an error, or a
//! signal.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use patientport_client::progress::{Progress, Stage, Watcher};

use crate::terminal::Terminal;
use crate::text::count;

/// Work shorter than this shows no bar, unless it is much.
const DELAY: Duration = Duration::from_millis(300);
/// So many bytes are much.
const MUCH: u64 = 4 << 20;
/// How often a second a bar is drawn, at most.
const RATE: u8 = 8;

const KNOWN: &str =
    "{msg} [{bar:24}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}, {eta} left";
const UNKNOWN: &str = "{msg} {binary_bytes} {binary_bytes_per_sec}";

/// The bar that is on the terminal, for those who write beside it.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn shown() -> Option<ProgressBar> {
    SHOWN
        .lock()
        .expect("nothing panics under this lock")
        .clone()
}

/// Writes to the terminal while no bar is in the way.
pub(crate) fn aside(write: impl FnOnce()) {
    match shown() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// A bar, wiped off when this is dropped. Says nothing where there is no terminal to say it on.
#[derive(Debug)]
pub struct Bar(Option<Arc<Shown>>);

#[derive(Debug)]
struct Shown {
    bar: ProgressBar,
    begun: Instant,
    is_drawn: AtomicBool,
    now: Mutex<Now>,
    items: Option<Items>,
}

/// What the bar shows.
#[derive(Debug, Default)]
struct Now {
    stage: Option<Stage>,
    is_over: bool,
}

/// A bar over several records counts them, whatever is being done with each.
#[derive(Debug)]
struct Items {
    noun: &'static str,
    done: AtomicU64,
    total: usize,
}

impl Bar {
    /// Over bytes, of which there are `total`, if that is known. With every stage it begins anew.
    pub fn bytes(terminal: &Terminal, total: Option<u64>) -> Self {
        Self::new(*terminal, total, None)
    }

    /// Over several things with so many bytes in all, if that is known.
    pub fn items(
        terminal: &Terminal,
        noun: &'static str,
        total: usize,
        bytes: Option<u64>,
    ) -> Self {
        let items = Items {
            noun,
            done: AtomicU64::new(0),
            total,
        };
        Self::new(*terminal, bytes, Some(items))
    }

    fn new(terminal: Terminal, total: Option<u64>, items: Option<Items>) -> Self {
        if !terminal.progress || shown().is_some() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(style(total));
        let shown = Shown {
            bar,
            begun: Instant::now(),
            is_drawn: AtomicBool::new(false),
            now: Mutex::default(),
            items,
        };
        shown.tell_items();
        Self(Some(Arc::new(shown)))
    }

    /// What moves bytes tells this bar.
    pub fn watcher(&self) -> Watcher {
        match &self.0 {
            Some(shown) => Watcher::new(Arc::clone(shown) as Arc<dyn Progress>),
            None => Watcher::nobody(),
        }
    }

    /// There are so many bytes: it is known now.
    pub fn total(&self, bytes: u64) {
        if let Some(shown) = &self.0 {
            shown.bar.set_length(bytes);
            shown.bar.set_style(style(Some(bytes)));
        }
    }

    /// The stage begins once more, as when another store is asked.
    pub fn anew(&self) -> impl Fn() + Send + use<> {
        let shown = self.0.clone();
        move || {
            if let Some(shown) = &shown {
                shown.now().stage = None;
            }
        }
    }

    /// One more of several things is done.
    pub fn done(&self) {
        if let Some(shown) = &self.0
            && let Some(items) = &shown.items
        {
            items.done.fetch_add(1, Ordering::Relaxed);
            let now = shown.now();
            if !now.is_over {
                shown.tell_items();
                shown.appear();
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let Some(this) = &self.0 else { return };
        // Work on other threads may go on for a moment; it must not draw any more.
        this.now().is_over = true;
        this.bar.finish_and_clear();
        if this.is_drawn.load(Ordering::SeqCst) {
            *SHOWN.lock().expect("nothing panics under this lock") = None;
        }
    }
}

impl Shown {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().expect("nothing panics under this lock")
    }

    /// Puts the bar on the terminal once the work has lasted a moment.
    fn appear(&self) {
        let is_much = self.bar.length().is_some_and(|bytes| bytes >= MUCH);
        if self.is_drawn.load(Ordering::Relaxed) || !is_much && self.begun.elapsed() < DELAY {
            return;
        }
        let mut shown = SHOWN.lock().expect("nothing panics under this lock");
        if shown.is_some() {
            return;
        }
        *shown = Some(self.bar.clone());
        self.bar
            .set_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        self.is_drawn.store(true, Ordering::SeqCst);
    }

    fn tell_items(&self) {
        if let Some(items) = &self.items {
            let done = items.done.load(Ordering::Relaxed);
            let total = count(items.total, items.noun);
            self.bar.set_message(format!("{done} of {total}"));
        }
    }
}

impl Progress for Shown {
    fn moved(&self, stage: Stage, bytes: u64) {
        let mut now = self.now();
        if now.is_over {
            return;
        }
        let is_new = self.items.is_none() && now.stage != Some(stage);
        if is_new {
            now.stage = Some(stage);
            self.bar.reset();
            self.bar.set_message(label(stage));
        }
        self.appear();
        self.bar.inc(bytes);
        if is_new {
            // However short it turns out to be, what is being done is told.
            self.bar.force_draw();
        }
    }
}

fn style(total: Option<u64>) -> ProgressStyle {
    let template = if total.is_some() { KNOWN } else { UNKNOWN };
    ProgressStyle::with_template(template)
        .expect("the template is a constant")
        .progress_chars("=> ")
}

const fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::Encrypting => "encrypting",
        Stage::Storing => "storing",
        Stage::Fetching => "fetching",
        Stage::Decrypting => "decrypting",
        Stage::Verifying => "verifying",
        Stage::Publishing => "publishing",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Terminal {
        Terminal {
            progress: true,
            ..Terminal::silent()
        }
    }

    #[test]
    fn without_a_terminal_nobody_is_told() {
        let bar = Bar::bytes(&Terminal::silent(), Some(10));
        assert!(bar.0.is_none());
        bar.watcher().moved(Stage::Storing, 5);
        bar.done();
    }

    #[test]
    fn a_stage_begins_anew_and_several_things_add_up() {
        let bar = Bar::bytes(&terminal(), Some(10));
        let position = |bar: &Bar| bar.0.as_ref().map(|it| it.bar.position());
        let watcher = bar.watcher();
        watcher.moved(Stage::Encrypting, 10);
        watcher.moved(Stage::Storing, 3);
        assert_eq!(position(&bar), Some(3));
        bar.anew()();
        watcher.moved(Stage::Storing, 2);
        assert_eq!(position(&bar), Some(2));
        let bar = Bar::items(&terminal(), "record", 3, Some(10));
        let watcher = bar.watcher();
        watcher.moved(Stage::Encrypting, 4);
        watcher.moved(Stage::Storing, 3);
        bar.done();
        assert_eq!(position(&bar), Some(7));
        let message = bar.0.as_ref().map(|it| it.bar.message());
        assert_eq!(message.as_deref(), Some("1 of 3 records"));
    }

    #[test]
    fn a_bar_that_is_over_hears_nothing() {
        let bar = Bar::bytes(&terminal(), Some(10));
        let (watcher, inner) = (bar.watcher(), bar.0.as_ref().map(|it| it.bar.clone()));
        drop(bar);
        watcher.moved(Stage::Storing, 5);
        assert!(inner.is_some_and(|bar| bar.position() != 5 && bar.is_finished()));
    }
}
