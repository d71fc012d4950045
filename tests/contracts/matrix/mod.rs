//! Every function, called by everybody: the tables of `docs/access-model.md` and the contracts agree.

mod port;
mod registry;
mod stage;
mod table;

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolValue as _;

use crate::chain::Answer;

/// A selector's error name, of one interface.
type Named = fn([u8; 4]) -> Option<&'static str>;

/// What the codes of a table mean on a chain.
struct Codes {
    legend: BTreeMap<String, Option<String>>,
    errors: BTreeMap<&'static str, [u8; 4]>,
}

impl Codes {
    fn new(heading: &str, selectors: &[[u8; 4]], named: Named) -> Self {
        let errors = selectors.iter().map(|selector| {
            let name = named(*selector).expect("an error has a name");
            (name, *selector)
        });
        Self {
            legend: table::legend(heading),
            errors: errors.collect(),
        }
    }

    /// The answer that a code stands for; none = it is done. `accounts`: what names in it are.
    fn answer(&self, code: &str, accounts: &[(&str, Address)]) -> Option<Answer> {
        let meaning = self.legend.get(code);
        let meaning = meaning.unwrap_or_else(|| panic!("no code `{code}` in the legend"));
        if code == "✓" {
            return None;
        }
        let Some(error) = meaning else {
            return Some(Answer::Reverted(Bytes::new()));
        };
        let (name, arguments) = error
            .trim_end_matches(')')
            .split_once('(')
            .expect("an error");
        let mut data = self.errors[name].to_vec();
        for argument in arguments
            .split(", ")
            .filter(|argument| !argument.is_empty())
        {
            let word = match accounts.iter().find(|(name, _)| *name == argument) {
                Some((_, account)) => account.abi_encode(),
                None => argument.parse::<u64>().expect("a number").abi_encode(),
            };
            data.extend(word);
        }
        Some(Answer::Reverted(data.into()))
    }
}

/// The cells in which page and contract differ.
#[derive(Default)]
struct Differences {
    cells: usize,
    found: Vec<String>,
}

impl Differences {
    fn compare(&mut self, cell: &str, expected: Option<&Answer>, found: &Answer) {
        self.cells += 1;
        let same = match expected {
            None => matches!(found, Answer::Returned(_)),
            Some(expected) => expected == found,
        };
        if !same {
            self.found
                .push(format!("{cell}: page {expected:?}, contract {found:?}"));
        }
    }

    #[track_caller]
    fn none_in(self, at_least: usize) {
        assert!(self.found.is_empty(), "{}", self.found.join("\n"));
        assert!(self.cells >= at_least, "only {} cells", self.cells);
    }
}
