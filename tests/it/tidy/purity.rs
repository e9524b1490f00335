//! The model is pure: what it says depends on what it is given, and on nothing else.

use super::{expect_none, files, prove, rust::paths};

/// What reaches out of a value: files, network, processes, environment, time, screens.
const OUTSIDE: &[&[&str]] = &[
    &["std", "env"],
    &["std", "fs"],
    &["std", "io"],
    &["std", "net"],
    &["std", "os"],
    &["std", "process"],
    &["std", "thread"],
    &["anstream"],
    &["directories"],
    &["git2"],
    &["indicatif"],
    &["rustix"],
    &["tempfile"],
    &["tokio"],
];

/// Types whose `now` reads a clock.
const CLOCKS: &[&str] = &["Instant", "SystemTime", "Timestamp", "Zoned"];

#[test]
fn the_model_is_pure() {
    let sources = files::rust("src/model");
    let faults = sources.iter().flat_map(|file| faults((&file.path, &file.text)));
    expect_none(&faults.collect::<Vec<_>>());
}

/// Takes the path of a file of the model and its text; unit tests may do what they like.
fn faults((path, text): (&str, &str)) -> Vec<String> {
    let of_tests = |name: &str| name == "tests" || name == "tests.rs";
    if path.split('/').any(of_tests) {
        return Vec::new();
    }
    let impure = paths(text).into_iter().filter(|used| {
        let names: Vec<&str> = used.names.iter().map(String::as_str).collect();
        let clock = matches!(names[..], [.., of, "now"] if CLOCKS.contains(&of));
        let outside = OUTSIDE.iter().any(|outside| names.starts_with(outside));
        (clock || outside) && !used.inside.iter().any(|module| of_tests(module))
    });
    impure
        .map(|used| {
            let shown = used.names.join("::");
            format!("{path}:{}: the model uses `{shown}`; read it in `sys` or `store`, and hand over the value", used.line)
        })
        .collect()
}

#[test]
fn the_rule_can_fail() {
    let file = "src/model/a.rs";
    prove(
        faults,
        &[
            ((file, "use std::{collections::BTreeMap, fmt, path::Path};"), &[]),
            ((file, "use std::{fmt, fs::{self, File}};"), &["`std::fs`", "`std::fs::File`"]),
            ((file, "fn f() { std::env::var(x) }"), &["`std::env::var`"]),
            ((file, "use tokio::sync::mpsc;"), &["`tokio::sync::mpsc`"]),
            ((file, "fn f() { jiff::Timestamp::now() }"), &["now"]),
            (
                (file, "use std::time::Instant; fn f() { Instant::now() }"),
                &["a.rs:1: the model uses `Instant::now`"],
            ),
            ((file, "mod tests { use std::fs; }"), &[]),
            (("src/model/a/tests.rs", "use std::fs;"), &[]),
            ((file, "// std::fs::read\nlet x = \"std::fs::read\";"), &[]),
        ],
    );
}
