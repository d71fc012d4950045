//! Long random histories of two ports and their registry, step by step beside the reference model, under
//! the eyes of invariants that know nothing of the model.
//!
//! Each test is one history; its seed is fixed, so it is the same every time.
//! - `PATIENTPORT_MODEL_STEPS=N` makes every history N steps long, for a night's run.
//! - `PATIENTPORT_MODEL_SEED=N` replays the history of seed N alone, be it one of the fixed ones or not.
//!
//! A failure names seed, step and call.

mod arguments;
mod diagrams;
mod generate;
mod look;
mod random;
mod scene;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use alloy_sol_types::{SolEventInterface as _, SolInterface as _};
use patientport_abi::IPatientPort::{IPatientPortCalls, IPatientPortErrors, IPatientPortEvents};

use crate::chain::{Answer, Log};
use scene::{Act, Scene, Step};
use watch::Watch;

/// Steps of a history unless told otherwise.
const STEPS: u64 = 1_300;
/// Of so many steps the last is followed by a look at everything.
const SURVEY: u64 = 50;

/// Where a history is.
pub(crate) struct Case<'a> {
    seed: u64,
    number: u64,
    step: &'a Step,
}

impl Case<'_> {
    #[track_caller]
    fn must(&self, holds: bool, or_else: impl FnOnce() -> String) {
        assert!(holds, "{self}\n{}", or_else());
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, number, step } = self;
        write!(
            f,
            "seed {seed}, step {number}, at {} by {}: {:?}",
            step.time, step.from, step.act
        )
    }
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number")),
    )
}

/// What happened.
#[derive(Debug, Default)]
struct Counts {
    /// How often each function did something.
    done: BTreeMap<&'static str, u64>,
    /// How often each refusal was met.
    refused: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn count(&mut self, act: &Act, answer: &Answer) {
        match (act, answer) {
            (Act::Port(_, call), Answer::Returned(_)) => {
                let name = IPatientPortCalls::name_by_selector(call.selector());
                *self.done.entry(name.unwrap_or_default()).or_default() += 1;
            }
            (Act::Port(..), Answer::Reverted(refusal)) => {
                let selector = refusal.first_chunk().copied();
                let name = selector.and_then(IPatientPortErrors::name_by_selector);
                *self.refused.entry(name.unwrap_or_default()).or_default() += 1;
            }
            _ => {}
        }
    }

    /// A history of refusals would prove little, one without any as well.
    fn must_be_many(&self, steps: u64) {
        let sum = |counts: &BTreeMap<_, u64>| counts.values().sum::<u64>();
        let (done, refused) = (sum(&self.done), sum(&self.refused));
        assert!(done >= steps / 3 && refused >= steps / 6, "{self:#?}");
        if steps >= STEPS {
            assert!(
                self.done.len() >= 27 && self.refused.len() >= 22,
                "{self:#?}"
            );
        }
    }
}

/// Makes the next step on the chain and in the model, and compares everything.
fn step(seed: u64, number: u64, scene: &mut Scene, watches: &mut [Watch], counts: &mut Counts) {
    let step = scene.next();
    let case = Case {
        seed,
        number,
        step: &step,
    };
    let (to, data) = scene.calldata(&step.act);
    scene.world.chain.set_time(step.time);
    let outcome = scene.world.chain.send(step.from, to, data);
    let (answer, logs) = match scene.expect(&step) {
        Ok((output, events)) => {
            let logs = events.into_iter().map(|data| Log { address: to, data });
            (Answer::Returned(output.into()), logs.collect())
        }
        Err(refusal) => (Answer::Reverted(refusal.into()), Vec::new()),
    };
    case.must(outcome.answer == answer, || {
        format!("model    {answer:?}\ncontract {:?}", outcome.answer)
    });
    case.must(outcome.logs == logs, || {
        format!(
            "model    {:#?}\ncontract {:#?}",
            shown(&logs),
            shown(&outcome.logs)
        )
    });
    counts.count(&step.act, &answer);
    let survey = number % SURVEY == SURVEY - 1;
    for (index, watch) in watches.iter_mut().enumerate() {
        let call = match &step.act {
            Act::Port(called, call) if *called == index => Some(call),
            _ => None,
        };
        if let Some(call) = call {
            watch.follow(&case, step.from, call, &outcome, step.time);
        }
        if survey {
            watch.check(&case, &scene.survey(&case, index), step.time);
        } else if call.is_some() {
            watch.check(&case, &scene.glance(&case, index), step.time);
        }
    }
}

fn shown(logs: &[Log]) -> Vec<String> {
    let show =
        |log: &Log| match IPatientPortEvents::decode_raw_log(log.data.topics(), &log.data.data) {
            Ok(event) => format!("{event:?}"),
            Err(_) => format!("{log:?}"),
        };
    logs.iter().map(show).collect()
}

/// Whether the history of a seed is to be told now.
fn wanted(seed: u64) -> bool {
    setting("PATIENTPORT_MODEL_SEED").is_none_or(|only| only == seed)
}

fn tell(seed: u64, scene: &mut Scene, steps: u64) -> Counts {
    let chain_id = scene.world.chain.id();
    let watch = |port: &crate::model::Port| Watch::new(port.address, chain_id, port.owner);
    let mut watches: Vec<Watch> = scene.ports.iter().map(watch).collect();
    let steps = setting("PATIENTPORT_MODEL_STEPS").unwrap_or(steps);
    let mut counts = Counts::default();
    for number in 0..steps {
        step(seed, number, scene, &mut watches, &mut counts);
    }
    counts.must_be_many(steps);
    counts
}

fn history(seed: u64) {
    if wanted(seed) {
        tell(seed, &mut Scene::new(seed), STEPS);
    }
}

/// The seed of the history with a full list of holders.
const CROWDED: u64 = 100;

#[test]
fn a_history_with_a_full_list_of_holders_is_as_the_model_tells() {
    if wanted(CROWDED) {
        let mut scene = Scene::new(CROWDED);
        scene.crowd();
        let counts = tell(CROWDED, &mut scene, 600);
        // Some came too late, others took the place of somebody who no longer mattered.
        assert!(counts.refused.contains_key("TooManyHolders"), "{counts:#?}");
        let entered = scene.ports[0]
            .requests
            .iter()
            .filter(|request| request.state == 6);
        let entered: BTreeSet<_> = entered.map(|entry| entry.recipient).collect();
        assert!(entered.len() > 128, "{}", entered.len());
    }
}

macro_rules! histories {
    ($($name:ident: $seed:literal,)*) => {
        /// The seeds that have a test.
        const SEEDS: &[u64] = &[$($seed),*];

        $(#[test]
        fn $name() {
            history($seed);
        })*
    };
}

histories! {
    history_1_is_as_the_model_tells: 1,
    history_2_is_as_the_model_tells: 2,
    history_3_is_as_the_model_tells: 3,
    history_4_is_as_the_model_tells: 4,
    history_5_is_as_the_model_tells: 5,
    history_6_is_as_the_model_tells: 6,
    history_7_is_as_the_model_tells: 7,
    history_8_is_as_the_model_tells: 8,
}

#[test]
fn a_history_that_was_asked_for_is_as_the_model_tells() {
    if let Some(seed) = setting("PATIENTPORT_MODEL_SEED")
        && seed != CROWDED
        && !SEEDS.contains(&seed)
    {
        tell(seed, &mut Scene::new(seed), STEPS);
    }
}
