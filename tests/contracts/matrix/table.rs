//! The tables of `docs/access-model.md`.

use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../docs/access-model.md");

/// Functions and cells of one kind of call, in the order of the page.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Row {
    /// Names in backticks.
    pub(crate) functions: Vec<String>,
    /// What follows them: which use of the functions the row is about.
    pub(crate) use_case: String,
    /// A code per column.
    pub(crate) cells: Vec<String>,
}

/// The lines of the table whose first heading is this, cut into cells, without the rule.
fn lines(heading: &str) -> Vec<Vec<&'static str>> {
    let start = format!("| {heading} |");
    let mut table: Vec<Vec<&str>> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with(&start))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(
        table.len() > 2,
        "no table `{heading}` in docs/access-model.md"
    );
    table.remove(1);
    let width = table[0].len();
    for line in &table {
        assert_eq!(line.len(), width, "a row of `{heading}`: {line:?}");
    }
    table
}

impl Table {
    pub(crate) fn read(heading: &str) -> Self {
        let mut lines = lines(heading).into_iter();
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let columns = owned(&lines.next().expect("a table has a heading")[1..]);
        let rows = lines.map(|line| {
            let names = line[0].split('`').skip(1).step_by(2);
            let (_, use_case) = line[0].rsplit_once('`').expect("a row names functions");
            Row {
                functions: names.map(ToOwned::to_owned).collect(),
                use_case: use_case.trim().to_owned(),
                cells: owned(&line[1..]),
            }
        });
        Self {
            columns,
            rows: rows.collect(),
        }
    }

    /// Every function of an interface must have a row, and every row be of one.
    pub(crate) fn covers(&self, functions: &[&str]) {
        let mut named: Vec<&str> = self
            .rows
            .iter()
            .flat_map(|row| row.functions.iter().map(String::as_str))
            .collect();
        named.sort_unstable();
        named.dedup();
        let mut functions = functions.to_vec();
        functions.sort_unstable();
        assert_eq!(
            named, functions,
            "rows of docs/access-model.md, then functions"
        );
    }
}

/// What the codes of a table mean: the text in backticks, or none for a call that is done.
pub(crate) fn legend(heading: &str) -> BTreeMap<String, Option<String>> {
    lines(heading)
        .into_iter()
        .skip(1)
        .map(|line| {
            let refusal = line[1].split('`').nth(1).map(ToOwned::to_owned);
            (line[0].to_owned(), refusal)
        })
        .collect()
}
