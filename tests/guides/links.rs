//! Links from one document of the repository to another.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The links that lead nowhere, as file, line and target.
pub(crate) fn broken(root: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    for file in documents(root) {
        let text = fs::read_to_string(&file).expect("a document is text");
        for (number, target) in links(&text) {
            if !leads_somewhere(&file, &target) {
                let name = file.strip_prefix(root).unwrap_or(&file);
                broken.push(format!("{}:{number}: {target}", name.display()));
            }
        }
    }
    broken
}

/// The documents at the root, below `docs`, and those of the parts.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<_> = [
        "docs",
        "contracts",
        "core",
        "devnode",
        "client",
        "cli",
        "tests",
        "examples",
        "fuzz",
    ]
    .iter()
    .map(|name| root.join(name))
    .collect();
    let mut read = |directory: &Path, open: Option<&mut Vec<PathBuf>>| {
        let entries = fs::read_dir(directory).expect("the repository is readable");
        let paths: Vec<_> = entries
            .map(|entry| entry.expect("the repository is readable").path())
            .collect();
        let (below, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
        found.extend(
            files
                .into_iter()
                .filter(|path| path.extension().is_some_and(|it| it == "md")),
        );
        if let Some(open) = open {
            // What is built, or installed, is nobody's document here.
            let is_ours =
                |path: &PathBuf| !(path.ends_with("target") || path.ends_with("node_modules"));
            open.extend(below.into_iter().filter(is_ours));
        }
    };
    read(root, None);
    while let Some(directory) = open.pop() {
        let mut below = Vec::new();
        read(&directory, Some(&mut below));
        open.append(&mut below);
    }
    found.sort();
    found
}

/// Targets of links outside code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for rest in prose.split("](").skip(1) {
            if let Some((target, _)) = rest.split_once(')') {
                found.push((number, target.to_owned()));
            }
        }
    }
    found
}

fn leads_somewhere(from: &Path, target: &str) -> bool {
    if ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
    {
        return true;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        from.to_owned()
    } else {
        from.parent()
            .expect("a file stands in a directory")
            .join(path)
    };
    if anchor.is_empty() {
        return file.exists();
    }
    fs::read_to_string(file).is_ok_and(|text| anchors(&text).iter().any(|it| it == anchor))
}

/// The anchors that GitHub gives to headings.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        let heading = line.trim_start_matches('#');
        if code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let slug: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|it| it.is_alphanumeric() || " -_".contains(*it))
            .map(|it| if it == ' ' { '-' } else { it })
            .collect();
        let count = seen.entry(slug.clone()).or_default();
        found.push(match *count {
            0 => slug,
            more => format!("{slug}-{more}"),
        });
        *count += 1;
    }
    found
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# A walk-through, in `four` terminals\n## Twice\n```\n# no heading\n```\n## Twice\n#hash\n";
    assert_eq!(
        anchors(text),
        ["a-walk-through-in-four-terminals", "twice", "twice-1"]
    );
    assert_eq!(
        links("see [x](a.md#b) and `[no](y)`\n```\n[no](z)\n```\n"),
        [(1, "a.md#b".to_owned())]
    );
}
