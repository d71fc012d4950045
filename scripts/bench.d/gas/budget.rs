//! What every operation may cost: a file in the tree, so that growth is a decision.

use crate::{endpoint::Failure, story::Measured};
use std::{collections::BTreeMap, path::Path};

/// Gas by operation.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, u64>, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Makes what was measured the budgets.
pub(crate) fn write(path: &Path, measured: &[Measured]) -> Result<(), Failure> {
    let budgets: BTreeMap<_, _> = measured.iter().map(|it| (&it.name, it.gas)).collect();
    std::fs::write(
        path,
        format!("{}\n", serde_json::to_string_pretty(&budgets)?),
    )?;
    Ok(())
}
