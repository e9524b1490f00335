//! The shape of a source file: short, and it says why it exists.

use super::{expect_none, files, prove};

/// A file that is longer holds more than one idea.
const LONGEST: usize = 400;

/// Half of the files are at most so long.
const MEDIAN: usize = 150;

#[test]
fn files_are_short_and_say_why_they_exist() {
    let sources = files::rust("src").into_iter().chain(files::rust("tests"));
    let faults = sources.flat_map(|file| faults((&file.path, &file.text)));
    expect_none(&faults.collect::<Vec<_>>());
}

#[test]
fn most_files_are_very_short() {
    let sources = files::rust("src");
    let lengths: Vec<_> = sources.iter().map(|file| file.text.lines().count()).collect();
    expect_none(&median_faults(&lengths));
}

/// Takes the path of a Rust file and its text.
fn faults((path, text): (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        found.push(format!(
            "{path}: {lines} lines, {LONGEST} is the most; split it by responsibility"
        ));
    }
    // The unit tests of a module stand beside it, and its documentation is theirs too.
    let unit_tests = path.ends_with("/tests.rs");
    if !unit_tests && !text.starts_with("//! ") {
        found.push(format!("{path}: it begins without `//!`; say first why the file exists"));
    }
    found
}

fn median_faults(lengths: &[usize]) -> Vec<String> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    let fault = format!(
        "half of src/ has {median} lines or more, {MEDIAN} is the most; split what holds two ideas"
    );
    (median > MEDIAN).then_some(fault).into_iter().collect()
}

#[test]
fn the_rules_can_fail() {
    let long = format!("//! Why.\n{}", "\n".repeat(LONGEST));
    let fits = format!("//! Why.\n{}", "\n".repeat(LONGEST - 1));
    prove(
        faults,
        &[
            (("src/a.rs", "//! Why.\n"), &[]),
            (("src/a.rs", &fits), &[]),
            (("src/a.rs", &long), &["401 lines"]),
            (("src/a.rs", "\n//! Late.\n"), &["without `//!`"]),
            (("src/a.rs", "// Why.\n"), &["without `//!`"]),
            (("src/a.rs", ""), &["without `//!`"]),
            (("src/a/tests.rs", "use super::*;\n"), &[]),
        ],
    );
    prove(median_faults, &[(&[1, MEDIAN, 900], &[]), (&[1, MEDIAN + 1, 900], &["151 lines"])]);
}
