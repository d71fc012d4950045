//! Parameters of Stylus: what `ArbWasm` answers and the VM charges by.

/// `ArbOS` version from which Stylus is version 3 (no multi-value, wider page requests checked).
pub const STYLUS_V3_ARBOS: u64 = 59;
/// First `ArbOS` version with programs in parts, and with programs of the same block counted as cached.
pub const FRAGMENTS_ARBOS: u64 = 60;

/// Parameters of Stylus on one chain.
///
/// Defaults are those of Nitro's `arbos/programs/params.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StylusParams {
    /// Stylus version; a program activated under another needs an upgrade.
    pub version: u16,
    /// Ink per gas.
    pub ink_price: u32,
    /// Words of a program's stack counter.
    pub max_stack_depth: u32,
    /// Pages of memory that cost nothing.
    pub free_pages: u16,
    /// Gas for each further page.
    pub page_gas: u16,
    /// The parameter behind the exponential part of the memory price. Informational: the table the
    /// price comes from is fixed.
    pub page_ramp: u64,
    /// Most pages a program may ask for.
    pub page_limit: u16,
    /// Least gas to start a program that is not cached, in units of 128 gas.
    pub min_init_gas: u8,
    /// Least gas to start a cached program, in units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Scale of the size-dependent start gas in units of 2 %.
    pub init_cost_scalar: u8,
    /// The same for cached programs.
    pub cached_cost_scalar: u8,
    /// Days until an activation expires.
    pub expiry_days: u16,
    /// Days before an activation may be extended.
    pub keepalive_days: u16,
    /// Programs of recent blocks a node keeps compiled. Informational.
    pub block_cache_size: u16,
    /// Largest decompressed module in bytes.
    pub max_wasm_size: u32,
}

impl StylusParams {
    /// The parameters of a fresh chain under `arbos_version` (40 or later).
    pub const fn for_arbos(arbos_version: u64) -> Self {
        Self {
            version: if arbos_version >= STYLUS_V3_ARBOS {
                3
            } else {
                2
            },
            ink_price: 10_000,
            max_stack_depth: if arbos_version >= 50 { 22_000 } else { 262_144 },
            free_pages: 2,
            page_gas: 1_000,
            page_ramp: 620_674_314,
            page_limit: 128,
            min_init_gas: 69,
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: if arbos_version >= 60 {
                256 * 1024
            } else {
                128 * 1024
            },
        }
    }

    /// Least gas to start a program that is not cached.
    pub fn least_init_gas(&self) -> u64 {
        u64::from(self.min_init_gas) * 128
    }

    /// Least gas to start a cached program.
    pub fn least_cached_gas(&self) -> u64 {
        u64::from(self.min_cached_init_gas) * 32
    }

    /// Gas to start a program that is not cached, from its stored `init` figure.
    ///
    /// The cached start gas ([`Self::cached_gas`]) is paid on top from version 2 on.
    pub fn init_gas(&self, init: u16) -> u64 {
        self.least_init_gas() + scaled(init, self.init_cost_scalar)
    }

    /// Gas to start a cached program, from its stored `cached_init` figure.
    pub fn cached_gas(&self, cached_init: u16) -> u64 {
        self.least_cached_gas() + scaled(cached_init, self.cached_cost_scalar)
    }

    /// What a frame pays to start a program besides its pages: the cached part always (version 2
    /// and later), the uncached part unless the program is cached.
    pub fn start_gas(&self, init: u16, cached_init: u16, cached: bool) -> u64 {
        let uncached = if cached { 0 } else { self.init_gas(init) };
        let always = if cached || self.version > 1 {
            self.cached_gas(cached_init)
        } else {
            0
        };
        uncached + always
    }
}

/// `ceil(figure × scalar × 2 / 100)`.
fn scaled(figure: u16, scalar: u8) -> u64 {
    (u64::from(figure) * u64::from(scalar) * 2).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_start_gas_is_8832_and_352() {
        let params = StylusParams::for_arbos(51);
        assert_eq!(params.init_gas(0), 8_832);
        assert_eq!(params.cached_gas(0), 352);
        assert_eq!(params.start_gas(0, 0, false), 9_184);
        assert_eq!(params.start_gas(0, 0, true), 352);
    }

    #[test]
    fn the_default_scalars_leave_the_figures_as_they_are() {
        let params = StylusParams::for_arbos(51);
        assert_eq!(params.init_gas(1_234) - params.init_gas(0), 1_234);
        assert_eq!(params.cached_gas(77) - params.cached_gas(0), 77);
    }

    #[test]
    fn figures_are_scaled_and_rounded_up() {
        let params = StylusParams {
            init_cost_scalar: 33,
            ..StylusParams::for_arbos(51)
        };
        // 10 × 66 % = 6.6
        assert_eq!(params.init_gas(10), 8_832 + 7);
    }

    #[test]
    fn version_stack_and_module_size_follow_arbos() {
        for (arbos, version, words, bytes) in [
            (40, 2, 262_144, 131_072),
            (50, 2, 22_000, 131_072),
            (51, 2, 22_000, 131_072),
            (59, 3, 22_000, 131_072),
            (60, 3, 22_000, 262_144),
        ] {
            let params = StylusParams::for_arbos(arbos);
            let actual = (params.version, params.max_stack_depth, params.max_wasm_size);
            assert_eq!(actual, (version, words, bytes), "ArbOS {arbos}");
        }
    }
}
