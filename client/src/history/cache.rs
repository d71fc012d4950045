//! Histories kept from run to run: pieces of bytes that somebody else stores.

use std::fmt;

use alloy::primitives::Address;

/// Whose history it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The chain.
    pub chain_id: u64,
    /// The registry that issued the port.
    pub registry: Address,
    /// The port.
    pub port: Address,
}

/// Why what a cache gave is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It is no history of this port, or was changed since it was written.
    Damaged,
    /// It was this port's history and is not any more: the chain was reorganised, or started anew.
    Overtaken,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "it is damaged, or of another port",
            Self::Overtaken => "the chain has another history now",
        })
    }
}

/// Keeps histories from run to run, as pieces that follow each other. They hold what the chain shows to everybody,
/// and nothing that was opened.
///
/// What it gives is believed only if the head that it ends with is the port's own, or leads there, and as far as it folds
/// to the heads that it names: whoever changes it has it read anew. A cache that [vouches](Self::vouches) for its pieces
/// spares the folding, which was done before they were kept.
pub trait HistoryCache: fmt::Debug + Send + Sync {
    /// The pieces that are kept, in order; none if none are. May block.
    fn load(&self, place: &Place) -> Vec<Vec<u8>>;

    /// Whether [`Self::load`] gives nothing but what [`Self::keep`] was once given for this place and number, whoever else
    /// can write where the pieces are: by a keyed tag, say.
    fn vouches(&self) -> bool {
        false
    }

    /// Keeps `pieces` from number `first` on, counted from 0, in place of that and all later ones. What cannot be kept is
    /// read again. May block.
    fn keep(&self, place: &Place, first: usize, pieces: &[&[u8]]);

    /// Is told that the pieces from number `first` on are not used.
    fn unfit(&self, place: &Place, first: usize, why: Unfit);
}
