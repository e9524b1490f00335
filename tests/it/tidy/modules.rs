//! Every Rust file is part of a program: one that nobody declares is compiled by nobody, and a
//! test in it never runs.

use std::path::Path;

use super::{
    expect_none,
    files::{self, SourceFile},
    prove,
    rust::{Token, tokens},
};

/// Where the programs and the library begin.
const ROOTS: &[&str] = &[
    "src/lib.rs",
    "src/main.rs",
    "tests/it/main.rs",
    "tests/browser/main.rs",
    "tests/pages/main.rs",
    "tests/fakes/claude.rs",
];

#[test]
fn every_file_is_declared() {
    let sources: Vec<SourceFile> =
        files::rust("src").into_iter().chain(files::rust("tests")).collect();
    let pairs: Vec<_> =
        sources.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    expect_none(&faults(&pairs));
}

/// Takes paths and texts of all files.
fn faults(sources: &[(&str, &str)]) -> Vec<String> {
    let undeclared =
        sources.iter().filter(|(path, _)| !ROOTS.contains(path)).filter_map(|(path, _)| {
            let (name, parents) = place(path);
            let declared = sources.iter().any(|(other, text)| {
                parents.iter().any(|parent| parent == other) && declares(text, &name)
            });
            let parents = parents.join("` or `");
            (!declared).then(|| {
                format!(
                    "{path}: nobody declares it; write `mod {name};` into `{parents}`, or delete it"
                )
            })
        });
    undeclared.collect()
}

/// The name of a file's module, and the files that could declare it.
fn place(path: &str) -> (String, Vec<String>) {
    let module = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).unwrap_or(path);
    let (folder, name) = module.rsplit_once('/').unwrap_or(("", module));
    let roots = ROOTS.iter().filter(|root| Path::new(root).parent() == Some(Path::new(folder)));
    let mut parents: Vec<String> = roots.map(|&root| root.to_owned()).collect();
    if parents.is_empty() {
        parents = vec![format!("{folder}.rs"), format!("{folder}/mod.rs")];
    }
    (name.to_owned(), parents)
}

fn declares(text: &str, name: &str) -> bool {
    let tokens: Vec<_> = tokens(text).into_iter().map(|(token, _)| token).collect();
    tokens
        .windows(3)
        .any(|three| three == [Token::Word("mod"), Token::Word(name), Token::Sign(';')])
}

#[test]
fn the_rule_can_fail() {
    prove(
        faults,
        &[
            (
                &[
                    ("tests/it/main.rs", "mod a;"),
                    ("tests/it/a.rs", "mod b;"),
                    ("tests/it/a/b.rs", ""),
                ],
                &[],
            ),
            (&[("src/lib.rs", "pub mod a;"), ("src/a/mod.rs", "mod b;"), ("src/a/b.rs", "")], &[]),
            (
                &[("tests/it/main.rs", ""), ("tests/it/a.rs", "")],
                &["`mod a;` into `tests/it/main.rs`"],
            ),
            (&[("tests/it/main.rs", "// mod a;"), ("tests/it/a.rs", "")], &["mod a;"]),
            (&[("tests/it/main.rs", "mod a { mod b; }"), ("tests/it/a.rs", "")], &["mod a;"]),
            (
                &[("src/lib.rs", "mod a;"), ("src/a.rs", "mod c;"), ("src/a/b.rs", "")],
                &["`src/a.rs` or `src/a/mod.rs`"],
            ),
            (&[("src/lib.rs", "mod b;"), ("src/a/b.rs", "")], &["mod b;"]),
        ],
    );
}
