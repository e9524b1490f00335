//! Layers import only downwards.

use super::{
    expect_none, files, prove,
    rust::{Token, UsedPath, paths, tokens},
};

/// Which layer may use which.
const MAY_USE: &[(&str, &[&str])] = &[
    ("cli", &["engine", "store", "report", "model", "sys"]),
    ("engine", &["store", "model", "sys"]),
    ("store", &["model", "sys"]),
    ("report", &["model", "sys"]),
    ("model", &[]),
    ("sys", &[]),
];

#[test]
fn layers_import_only_downwards() {
    let sources = files::rust("src");
    let faults = sources.iter().flat_map(|file| faults((&file.path, &file.text)));
    expect_none(&faults.collect::<Vec<_>>());
}

#[test]
fn every_folder_is_a_layer() {
    for file in files::rust("src") {
        let Some((folder, _)) = file.path.trim_start_matches("src/").split_once('/') else {
            continue;
        };
        let known = MAY_USE.iter().any(|(layer, _)| *layer == folder);
        assert!(
            known,
            "{}: `{folder}` is no layer; say in tests/it/tidy/layers.rs what it may use",
            file.path
        );
    }
}

/// Takes the path of a file below `src/` and its text.
fn faults((path, text): (&str, &str)) -> Vec<String> {
    let module = module(path);
    let used = paths(text);
    let upward = used.iter().filter_map(|used| {
        let complaint = complaint(path, &module, used)?;
        Some(format!("{path}:{}: {complaint}", used.line))
    });
    upward.chain(detours(path, text)).collect()
}

/// The modules from the root to the one that a file holds.
fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let names = inner.split('/').filter(|name| !["lib", "main", "mod"].contains(name));
    names.map(str::to_owned).collect()
}

fn complaint(path: &str, module: &[String], used: &UsedPath) -> Option<String> {
    let names = from_root(module, used)?;
    let Some(target) = names.first() else {
        return Some("the root itself is imported; import the item from its layer".to_owned());
    };
    let layer = module.first().map_or("main", String::as_str);
    let known = MAY_USE.iter().any(|(other, _)| other == target);
    if path == "src/main.rs" {
        return (target != "cli")
            .then(|| format!("main is a door to `cli`; reach `{target}` from there"));
    }
    if !known {
        return Some(format!("`crate::{target}` is no layer; move it into the layer that owns it"));
    }
    let (_, may) = MAY_USE.iter().find(|(other, _)| *other == layer)?;
    let allowed = target == layer || may.contains(&target.as_str());
    (!allowed).then(|| {
        let shown = used.names.join("::");
        format!("`{layer}` must not use `{target}` (`{shown}`); move what both need below them, or hand it down as an argument")
    })
}

/// The names of a path from the root; nothing for a path into another crate or a module below.
fn from_root(module: &[String], used: &UsedPath) -> Option<Vec<String>> {
    let mut at: Vec<String> = module.iter().chain(&used.inside).cloned().collect();
    let mut names = used.names.iter().map(String::as_str).peekable();
    match *names.peek()? {
        "crate" | "atlas" => {
            names.next();
            at.clear();
        }
        "self" => {
            names.next();
        }
        "super" => {}
        _ => return None,
    }
    while names.next_if_eq(&"super").is_some() {
        at.pop();
    }
    at.extend(names.map(str::to_owned));
    at.retain(|name| name != "*");
    Some(at)
}

/// Ways around the module tree that would hide an import from this test.
fn detours(path: &str, text: &str) -> Vec<String> {
    use Token::{Sign, Text, Word};
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut in_attribute = false;
    for (at, (token, line)) in tokens.iter().enumerate() {
        let after = |n: usize| tokens.get(at + n).map(|(token, _)| *token);
        in_attribute |= *token == Sign('#') && matches!(after(1), Some(Sign('[' | '!')));
        in_attribute &= *token != Sign(']');
        let detour = match (*token, after(1), after(2)) {
            (Word("path"), Some(Sign('=')), Some(Text)) if in_attribute => {
                "a module at another path"
            }
            (Word("include"), Some(Sign('!')), _) => "`include!`",
            (Word("extern"), Some(Word("crate")), _) => "`extern crate`",
            _ => continue,
        };
        found.push(format!(
            "{path}:{line}: {detour} hides what is imported; declare a module in its own place"
        ));
    }
    found
}

#[test]
fn the_rules_can_fail() {
    let upward: &[&str] = &["must not use"];
    prove(
        faults,
        &[
            (("src/model/a.rs", "use crate::sys::fs;"), upward),
            (
                ("src/model/a.rs", "use crate::{\n  model::x,\n  // why\n  store::{y, z},\n};"),
                &["a.rs:4: `model`", "a.rs:4: `model`"],
            ),
            (("src/engine/a.rs", "use crate::{store, model, sys::{env, fs}};"), &[]),
            (("src/engine/a.rs", "use crate::report::text;"), upward),
            (("src/report/a.rs", "use crate::store::x;"), upward),
            (("src/report/a.rs", "use crate::engine as sys;"), upward),
            (("src/store/a.rs", "fn f() { crate::engine::go() }"), upward),
            (("src/store/a.rs", "fn f(x: &crate :: cli :: X) {}"), upward),
            (("src/sys/a/b.rs", "use super::super::super::model::X;"), upward),
            (("src/sys/a/b.rs", "use super::super::fs::X;"), &[]),
            (("src/sys/mod.rs", "use super::{sys::fs, model::X};"), upward),
            (("src/sys/a.rs", "mod tests { use super::super::super::model::X; }"), upward),
            (("src/sys/a.rs", "mod tests { use super::super::fs; }"), &[]),
            (("src/model/a.rs", "macro_rules! m { () => { $crate::sys::f() } }"), upward),
            (("src/model/a.rs", "use self::super::super::cli;"), upward),
            (("src/model/a.rs", "pub(in crate::model) use atlas::sys;"), upward),
            (("src/model/a.rs", "use crate as root;"), &["the root itself"]),
            (("src/model/a.rs", "use super::super::*;"), &["the root itself"]),
            (("src/model/a.rs", "use crate::helper;"), &["no layer"]),
            (("src/model/a.rs", "// use crate::sys;\nlet x = \"use crate::sys;\";"), &[]),
            (("src/model/a.rs", "use std::fs; use super::b; use self::c::d;"), &[]),
            (("src/cli/a.rs", "use crate::{engine, store, report, model, sys};"), &[]),
            (("src/main.rs", "fn main() { atlas::cli::main() }"), &[]),
            (("src/main.rs", "fn main() { atlas::engine::main() }"), &["door"]),
            (("src/model/a.rs", "#[path = \"../sys/fs.rs\"] mod fs;"), &["another path"]),
            (("src/model/a.rs", "#[cfg_attr(unix, path = \"x.rs\")] mod fs;"), &["another path"]),
            (("src/model/a.rs", "let path = \"x\"; include_str!(\"x\");"), &[]),
            (
                ("src/model/a.rs", "include!(\"x.rs\"); extern crate self as me;"),
                &["include!", "extern crate"],
            ),
        ],
    );
}
