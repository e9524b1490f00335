//! The code map of ARCHITECTURE.md names what is there, and nothing else.

use std::{fs, path::Path};

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::{expect_none, files, prove};

#[test]
fn the_code_map_is_the_code() {
    let text = fs::read_to_string("ARCHITECTURE.md").expect("there is an ARCHITECTURE.md");
    let named = named(&text);
    let mut found = gone(&named, &|path| Path::new(path).exists());
    let sources = files::rust("src");
    let paths: Vec<_> = sources.iter().map(|file| file.path.as_str()).collect();
    found.extend(missing(&paths, &named));
    expect_none(&found);
}

/// The paths that the code map names: each item of a list begins with one or more, and the
/// heading above names the folder that they are in.
fn named(text: &str) -> Vec<String> {
    let (mut in_map, mut heading, mut folder) = (false, None, String::new());
    let (mut before_colon, mut found) = (false, Vec::new());
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => heading = Some(level),
            Event::End(TagEnd::Heading(_)) => heading = None,
            Event::Text(title) if heading == Some(HeadingLevel::H2) => {
                in_map = &*title == "Code map";
                folder.clear();
            }
            Event::Code(path) if in_map && heading.is_some() => {
                folder = path.to_string();
                found.push(folder.clone());
            }
            Event::Start(Tag::Item) => before_colon = in_map,
            Event::Code(path) if before_colon => found.push(format!("{folder}{path}")),
            Event::Text(text) => before_colon &= !text.contains(':'),
            _ => {}
        }
    }
    found
}

fn gone(named: &[String], there: &impl Fn(&str) -> bool) -> Vec<String> {
    let gone = named.iter().filter(|path| !there(path));
    gone.map(|path| format!("ARCHITECTURE.md: `{path}` is not there; take it out of the code map"))
        .collect()
}

/// Every folder of a layer and every file at its top has to be named; `x.rs` stands for `x/` too.
fn missing(paths: &[&str], named: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for path in paths {
        let mut parts = path.split('/');
        let (Some(src), Some(layer), Some(top)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let module = top.trim_end_matches(".rs");
        let full = format!("{src}/{layer}/{module}");
        let known = named
            .iter()
            .any(|name| name.strip_prefix(&full).is_some_and(|rest| [".rs", "/"].contains(&rest)));
        if !known && !["mod", "tests"].contains(&module) {
            found.push(format!("ARCHITECTURE.md: the code map does not name `{full}`; say in one line what it is for"));
        }
        if !named.iter().any(|name| *name == format!("{src}/{layer}/")) {
            found
                .push(format!("ARCHITECTURE.md: the code map has no heading for `{src}/{layer}/`"));
        }
    }
    found.dedup();
    found
}

#[test]
fn the_rules_can_fail() {
    let map = "# A\n## Code map\n### `src/a/`: what\n- `b.rs`, `c/`: why `not/this`\n- `d/e.rs`: x\n## Else\n- `f.rs`: y\n";
    let named = named(map);
    assert_eq!(named, ["src/a/", "src/a/b.rs", "src/a/c/", "src/a/d/e.rs"]);

    let there = |path: &str| path != "src/a/c/";
    assert_eq!(gone(&named, &there).len(), 1);

    let rows: &[(&[&str], &[&str])] = &[
        (
            &[
                "src/lib.rs",
                "src/a/mod.rs",
                "src/a/b.rs",
                "src/a/b/x.rs",
                "src/a/c.rs",
                "src/a/tests.rs",
            ],
            &[],
        ),
        (&["src/a/d/e.rs"], &["`src/a/d`"]),
        (&["src/a/bb.rs", "src/a/bb/x.rs"], &["`src/a/bb`"]),
        (&["src/z/mod.rs"], &["no heading for `src/z/`"]),
    ];
    prove(|paths: &[&str]| missing(paths, &named), rows);
}
