//! What no file of the repository may say. The words are put together here from pieces, so that
//! this file does not find itself.

use super::{
    expect_none,
    files::{self, has_ending},
    prove,
};

/// Marks of unfinished work: finish it, or open an issue.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("db", "g!"),
    concat!("#[ign", "ore]"),
    concat!("#[ign", "ore ="),
    concat!("#[al", "low("),
    concat!("#![al", "low("),
];

/// Addresses of package registries, which differ from one machine to the next.
const REGISTRIES: &[&str] = &[
    concat!("registry.", "npmjs"),
    concat!("registry.", "yarnpkg"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi.", "org"),
    concat!("files.", "pythonhosted"),
    concat!("proxy.", "golang"),
];

/// Beginnings of somebody's own folder.
const HOMES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!(r"\Us", r"ers\"),
];

/// People who are made up for an example.
const NOBODY: &[&str] = &["ada", "ann", "me", "you", "user", "someone"];

/// The one place that Cargo.lock may name, which stands for whatever a machine puts in its place.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn nothing_is_unfinished_and_nothing_names_a_machine() {
    let sources = files::tracked();
    let faults = sources.iter().flat_map(|file| faults((&file.path, &file.text)));
    expect_none(&faults.collect::<Vec<_>>());
}

/// Takes a path and a text.
fn faults((path, text): (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let complaints = [
            has_ending(path, "rs").then(|| unfinished(line)).flatten(),
            home(line),
            registry(line),
            unmerged(line),
            has_ending(path, "lock").then(|| source(line)).flatten(),
            path.ends_with("-lock.json").then(|| resolved(line)).flatten(),
        ];
        found.extend(complaints.into_iter().flatten().map(|it| format!("{path}:{number}: {it}")));
    }
    found
}

fn unfinished(line: &str) -> Option<String> {
    let word = UNFINISHED.iter().find(|word| has_word(line, word))?;
    Some(format!("`{word}`; finish it, or open an issue and leave no mark here"))
}

/// Whether the word stands there by itself, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let (last, after) = (word.chars().next_back(), line[at + word.len()..].chars().next());
        !before.is_some_and(|c| part(c) && word.starts_with(part))
            && !after.is_some_and(|c| part(c) && last.is_some_and(part))
    })
}

/// An absolute path into the folder of somebody who is not made up.
fn home(line: &str) -> Option<String> {
    let named = |home: &&&str| {
        line.match_indices(**home).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let below =
                before.is_some_and(|c| c.is_alphanumeric() || ['.', '_', ']', '}'].contains(&c));
            let mut names = line[at + home.len()..].split(|c: char| !c.is_alphanumeric());
            let name = names.next().unwrap_or_default();
            !below && !name.is_empty() && !NOBODY.contains(&name)
        })
    };
    let home = HOMES.iter().find(named)?;
    Some(format!("a folder below `{home}` is one machine's; name it relative, or by a variable"))
}

fn registry(line: &str) -> Option<String> {
    let host = REGISTRIES.iter().find(|host| line.contains(**host))?;
    Some(format!(
        "`{host}` is one machine's registry; leave the address to the client's own settings"
    ))
}

/// What git leaves where two changes met.
fn unmerged(line: &str) -> Option<String> {
    let marker =
        ['<', '>'].iter().any(|sign| line.starts_with(&format!("{} ", sign.to_string().repeat(7))));
    marker.then(|| "two changes meet here; keep what belongs together".to_owned())
}

fn source(line: &str) -> Option<String> {
    let source = line.strip_prefix("source = \"")?.trim_end_matches('"');
    (source != CRATES).then(|| format!("`{source}` is no crates.io; depend on a published crate"))
}

fn resolved(line: &str) -> Option<String> {
    let address = line.trim_start().starts_with(concat!("\"resol", "ved\""));
    address.then(|| {
        "a download address; `npm install` with `omit-lockfile-registry-resolved` leaves it out"
            .to_owned()
    })
}

#[test]
fn the_rules_can_fail() {
    for word in UNFINISHED {
        let text = format!("fn f() {{}}\n// {word} x\n");
        prove(
            faults,
            &[(("src/a.rs", text.as_str()), &["a.rs:2: `"]), (("a.md", text.as_str()), &[])],
        );
        let longer =
            text.replace(word, &format!("AN{}S", word.trim_matches(['#', '!', '[', ']', '('])));
        prove(faults, &[(("src/a.rs", longer.as_str()), &[])]);
    }
    for host in REGISTRIES {
        let text = format!("https://{host}.org/x");
        prove(faults, &[(("a.toml", text.as_str()), &["leave the address"])]);
    }
    for home in HOMES {
        let inside =
            format!("[ROOT]{home}grace a folder below {home}, or ${{X}}{home}grace {home}me/x");
        let named = format!("{inside}\ncd {home}grace/src");
        prove(
            faults,
            &[(("x.sh", inside.as_str()), &[]), (("x.sh", named.as_str()), &["x.sh:2: "])],
        );
    }
    let conflict = format!("a\n{} HEAD\nb\n=======\nc\n{} main\n", "<".repeat(7), ">".repeat(7));
    prove(
        faults,
        &[(("a.md", conflict.as_str()), &["a.md:2: two changes", "a.md:6: two changes"])],
    );
    let mirror = "[[package]]\nsource = \"registry+https://mirror.example/index\"";
    let crates = format!("source = \"{CRATES}\"");
    let address = format!("  \"resol{}\": \"https://mirror.example/x.tgz\",", "ved\"");
    prove(
        faults,
        &[
            (("Cargo.lock", mirror), &["Cargo.lock:2: "]),
            (("Cargo.lock", &crates), &[]),
            (("a/package-lock.json", &address), &["a download address"]),
            (("a.md", &address), &[]),
        ],
    );
}
