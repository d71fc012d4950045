//! A second opinion: what a node says of contracts is held against what another one says.
//!
//! One node can show a whole false chain to whoever knows nothing yet. Two that are run by different people have to
//! agree on it. So with a witness every view and every contract's code is asked of both, and history heads are views:
//! whatever a history tells is covered.

use std::time::Duration;

use alloy::primitives::Bytes;

use super::Chain;
use crate::error::{Error, Result};

/// How often both are asked before they count as disagreeing: one may be a block behind.
const ATTEMPTS: u32 = 6;
/// Wait between two attempts.
const PAUSE: Duration = Duration::from_millis(400);

impl Chain {
    /// Whether another node is asked, too.
    pub fn has_witness(&self) -> bool {
        self.0.witness.is_some()
    }

    /// Asks this node, and the witness if there is one: both must say the same.
    pub(super) async fn agreed(
        &self,
        what: &'static str,
        ask: impl AsyncFn(&Self) -> Result<Bytes>,
    ) -> Result<Bytes> {
        let Some(witness) = &self.0.witness else {
            return ask(self).await;
        };
        for attempt in 1.. {
            let answers = (ask(self).await, ask(witness).await);
            match answers {
                (Ok(first), Ok(second)) if first == second => return Ok(first),
                (Err(first @ Error::Refused(_)), Err(Error::Refused(_))) => return Err(first),
                // Whoever cannot be asked has said nothing, and silence is no agreement.
                (Err(error), _) | (_, Err(error)) if !matches!(error, Error::Refused(_)) => {
                    return Err(error);
                }
                _ if attempt == ATTEMPTS => break,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
        Err(Error::Disagreement {
            what,
            url: self.shown_url().to_owned(),
            witness: witness.shown_url().to_owned(),
        })
    }
}
