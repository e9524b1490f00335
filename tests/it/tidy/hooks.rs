//! The hooks that come with atlas, and the pages about them.

use std::fs;

use atlas::model::bundled_hook::BundledHook;

use super::{expect_none, prove};

#[test]
fn every_bundled_hook_has_a_row_and_a_page() {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut found = table_faults(&read("hooks/README.md"));
    for hook in BundledHook::ALL {
        found.extend(page_faults((hook, &read(&format!("hooks/{hook}.md")))));
    }
    expect_none(&found);
}

fn row(hook: BundledHook) -> String {
    let list = |words: Vec<String>| words.join(", ");
    let quoted = |word: &dyn std::fmt::Display| format!("`{word}`");
    let timings = list(hook.timings().iter().map(|timing| quoted(timing)).collect());
    let options = list(hook.options().iter().map(|option| quoted(option)).collect());
    format!("| [`{hook}`]({hook}.md) | {timings} | {options} | {} |", hook.looks_at())
}

/// The table of hooks is that of the code, row by row and nothing else.
fn table_faults(text: &str) -> Vec<String> {
    let expected: Vec<String> = BundledHook::ALL.into_iter().map(row).collect();
    let lines = text.lines().skip_while(|line| !line.starts_with("| hook |")).skip(2);
    let found: Vec<&str> = lines.take_while(|line| line.starts_with('|')).collect();
    let fault = format!("hooks/README.md: the table should read\n{}", expected.join("\n"));
    (found != expected).then_some(fault).into_iter().collect()
}

/// A page begins with the hook's name, shows how it is used, and explains each option.
fn page_faults((hook, text): (BundledHook, &str)) -> Vec<String> {
    let mut needed = vec![format!("# {hook}\n"), format!("use: {hook}")];
    needed.extend(hook.options().iter().map(|option| format!("| `{option}` | ")));
    let missing = needed.iter().filter(|part| !text.contains(*part));
    missing.map(|part| format!("hooks/{hook}.md: it lacks `{}`", part.trim())).collect()
}

#[test]
fn the_rules_can_fail() {
    prove(
        table_faults,
        &[("", &["should read"]), ("| hook |\n|---|\n| x |\n", &["[`clean-tree`]"])],
    );
    let hook = BundledHook::PathsAllowed;
    prove(
        page_faults,
        &[
            ((hook, "# paths-allowed\n\nuse: paths-allowed\n\n| `paths` | x |\n"), &[]),
            ((hook, "# paths-allowed\n"), &["lacks `use: paths", "lacks `| `paths` |"]),
        ],
    );
}
