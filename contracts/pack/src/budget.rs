//! What a contract may weigh: a file in the tree, one line per contract, `#` starts a comment.

use std::{collections::BTreeMap, str::FromStr};

use patientport_pack::Packed;

#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum BudgetError {
    #[error("line {0} of the budgets is not `name compressed_bytes data_bytes pages`")]
    Malformed(usize),
    #[error("contract `{0}` has no budget")]
    None(String),
    #[error("contract `{contract}` has {given} {what}, and a budget of {budget}")]
    Exceeded {
        contract: String,
        what: &'static str,
        given: usize,
        budget: usize,
    },
}

#[derive(Debug)]
struct Budget {
    compressed_bytes: usize,
    data_bytes: usize,
    pages: usize,
}

/// Budgets by contract.
#[derive(Debug)]
pub(crate) struct Budgets(BTreeMap<String, Budget>);

impl FromStr for Budgets {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let mut budgets = BTreeMap::new();
        for (line, number) in text.lines().zip(1..) {
            let fields: Vec<_> = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .collect();
            let malformed = BudgetError::Malformed(number);
            match fields.as_slice() {
                [] => {}
                [name, numbers @ ..] => {
                    let numbers: Result<Vec<usize>, _> =
                        numbers.iter().map(|number| number.parse()).collect();
                    let Ok([compressed_bytes, data_bytes, pages]) = numbers.as_deref() else {
                        return Err(malformed);
                    };
                    let budget = Budget {
                        compressed_bytes: *compressed_bytes,
                        data_bytes: *data_bytes,
                        pages: *pages,
                    };
                    budgets.insert((*name).to_owned(), budget);
                }
            }
        }
        Ok(Self(budgets))
    }
}

impl Budgets {
    /// Refuses a contract that weighs more than its budget in any respect.
    pub(crate) fn check(&self, contract: &str, packed: &Packed) -> Result<(), BudgetError> {
        let budget = self
            .0
            .get(contract)
            .ok_or_else(|| BudgetError::None(contract.to_owned()))?;
        let pages = usize::try_from(packed.pages).unwrap_or(usize::MAX);
        for (what, given, budget) in [
            (
                "bytes compressed",
                packed.code.len(),
                budget.compressed_bytes,
            ),
            ("bytes of data", packed.data_bytes, budget.data_bytes),
            ("pages", pages, budget.pages),
        ] {
            if given > budget {
                return Err(BudgetError::Exceeded {
                    contract: contract.to_owned(),
                    what,
                    given,
                    budget,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(code_bytes: usize) -> Packed {
        Packed {
            wasm: Vec::new(),
            code: vec![0; code_bytes],
            code_hash: [0; 32],
            data_bytes: 20,
            pages: 1,
        }
    }

    #[test]
    fn a_contract_above_its_budget_is_refused() {
        let budgets: Budgets = "# a comment\n\nport 100 20 1 # and another\n"
            .parse()
            .expect("it is well formed");
        assert_eq!(budgets.check("port", &packed(100)), Ok(()));
        let exceeded = BudgetError::Exceeded {
            contract: "port".into(),
            what: "bytes compressed",
            given: 101,
            budget: 100,
        };
        assert_eq!(budgets.check("port", &packed(101)), Err(exceeded));
        let none = BudgetError::None("registry".into());
        assert_eq!(budgets.check("registry", &packed(1)), Err(none));
    }

    #[test]
    fn lines_that_say_something_else_are_refused() {
        for text in ["\nport 100 20", "\nport 100 20 1 1", "\nport 100 20 one"] {
            assert_eq!(
                text.parse::<Budgets>().expect_err(text),
                BudgetError::Malformed(2)
            );
        }
    }
}
