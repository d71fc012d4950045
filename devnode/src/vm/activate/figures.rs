//! The figures of a program: what its activation costs, what starting it costs, how large it is.
//!
//! Linear models fitted by Nitro (`crates/prover/src/programs/mod.rs`, `machine.rs`); every term is
//! rounded down by itself.

use super::{
    error::ActivationError,
    module::{INJECTED_GLOBALS, Module},
};

/// Gas per microsecond of activation work.
const GAS_PER_MICROSECOND: u64 = 28;

/// Figures of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) footprint: u16,
    pub(super) asm_estimate: u32,
    pub(super) init: u16,
    pub(super) cached_init: u16,
    pub(super) activation_gas: u64,
}

impl Figures {
    /// The figures of a module of `wasm_bytes` bytes with `ops` instructions after instrumentation.
    pub(super) fn of(
        module: &Module<'_>,
        wasm_bytes: u64,
        ops: u64,
    ) -> Result<Self, ActivationError> {
        let types = (0..module.bodies.len()).map(|index| module.local_function_type(index));
        Inputs {
            functions: module.bodies.len() as u64,
            type_words: types
                .map(|ty| (ty.params().len() + ty.results().len()) as u64)
                .sum(),
            wasm_bytes,
            globals: (module.globals.len() + INJECTED_GLOBALS) as u64,
            segment_bytes: module.segment_bytes(),
            element_bytes: module.element_bytes(),
            data_bytes: module.data_bytes(),
            pages: module.memory.initial,
            ops,
        }
        .figures()
    }
}

/// What the models depend on.
#[derive(Clone, Debug, Default)]
struct Inputs {
    /// Functions of the module's own.
    functions: u64,
    /// Parameters and results of those functions.
    type_words: u64,
    /// Bytes of the module before instrumentation.
    wasm_bytes: u64,
    /// Globals, injected ones counted.
    globals: u64,
    /// Encoded bytes of data and element segments.
    segment_bytes: u64,
    /// Encoded bytes of element segments.
    element_bytes: u64,
    /// Bytes the data segments hold.
    data_bytes: u64,
    /// Pages at the start.
    pages: u64,
    /// Instructions after instrumentation.
    ops: u64,
}

impl Inputs {
    fn figures(&self) -> Result<Figures, ActivationError> {
        let Self {
            functions,
            type_words,
            wasm_bytes,
            pages,
            ..
        } = *self;
        let asm_estimate = 512_000
            + functions * 996_829 / 1_000
            + type_words * 11_416 / 1_000
            + wasm_bytes * 62_628 / 10_000;
        let cached_init = functions * 13_420 / 100_000
            + type_words * 89 / 100_000
            + wasm_bytes * 122 / 100_000
            + self.globals * 1_628 / 1_000
            + self.segment_bytes * 75_244 / 100_000
            + pages * 5;
        let init =
            functions * 8_252 / 1_000 + type_words * 1_059 / 1_000 + wasm_bytes * 1_286 / 10_000;
        let microseconds = [
            wasm_bytes * 31_733 / 100_000,
            functions * 17_263 / 100_000,
            self.data_bytes * 17_376 / 100_000,
            self.element_bytes * 17_376 / 100_000,
            pages * 2_217,
            self.ops * 535 / 1_000,
        ];
        Ok(Figures {
            footprint: fit("footprint", pages)?,
            asm_estimate: fit("asm estimate", asm_estimate)?,
            init: fit("init cost", init)?,
            cached_init: fit("cached init cost", cached_init)?,
            activation_gas: microseconds
                .iter()
                .map(|term| term * GAS_PER_MICROSECOND)
                .sum(),
        })
    }
}

fn fit<T: TryFrom<u64>>(figure: &'static str, value: u64) -> Result<T, ActivationError> {
    T::try_from(value).map_err(|_| ActivationError::FigureTooLarge { figure, value })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn each_term_is_rounded_down_by_itself() {
        let inputs = Inputs {
            functions: 33,
            type_words: 70,
            wasm_bytes: 67_516,
            globals: 7,
            segment_bytes: 7_001,
            element_bytes: 90,
            data_bytes: 6_900,
            pages: 2,
            ops: 123_456,
        };
        let expected = Figures {
            footprint: 2,
            // 512000 + 32895 + 799 + 422839
            asm_estimate: 968_533,
            // 272 + 74 + 8682
            init: 9_028,
            // 4 + 0 + 82 + 11 + 5267 + 10
            cached_init: 5_374,
            // (21424 + 5 + 1198 + 15 + 4434 + 66048) × 28
            activation_gas: 93_124 * 28,
        };
        assert_eq!(inputs.figures().unwrap(), expected);
    }

    #[test]
    fn a_figure_that_does_not_fit_is_refused() {
        let inputs = Inputs {
            segment_bytes: 100_000,
            ..Inputs::default()
        };
        let error = inputs.figures().unwrap_err();
        assert!(matches!(
            error,
            ActivationError::FigureTooLarge {
                figure: "cached init cost",
                value: 75_244
            }
        ));
    }
}
