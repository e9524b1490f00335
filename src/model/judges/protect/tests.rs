use super::*;

/// Files of the revision and of the checkout: a path, and what stands for its content.
const THERE: &[(&str, &str)] = &[
    ("qc/run.py", "1"),
    ("qc/rules.json", "1"),
    ("qc/far.sh", "grep -f 'qc/rules.json' ./qc/same.txt qc/far.sh"),
    ("qc/same.txt", "1"),
    ("check.sh", "1"),
    ("README.md", "1"),
    ("data/list.txt", "1"),
    ("words.txt", "1"),
    ("ruff.toml", "1"),
    ("Makefile", "1"),
    ("package.json", r#"{"scripts":{"test":"a","lint":"b"}}"#),
];
const HERE: &[(&str, &str)] = &[
    ("qc/run.py", "changed"),
    ("qc/rules.json", "changed"),
    ("qc/same.txt", "1"),
    ("check.sh", "changed"),
    ("README.md", "changed"),
    ("data/list.txt", "1"),
    ("ruff.toml", "changed"),
    ("Makefile", "1"),
    ("package.json", r#"{"scripts":{"test":"a","lint":"true"},"dependencies":{}}"#),
    ("new.sh", "new"),
    ("pytest.py", "new"),
];

fn look_up(files: &[(&str, &str)], path: &Path) -> Option<Vec<u8>> {
    let found = files.iter().find(|(known, _)| Path::new(known) == path);
    found.map(|(_, content)| content.as_bytes().to_owned())
}

fn check(command: &[&str], expected: Result<&[&str], &[&str]>) {
    let command: Vec<String> = command.iter().map(ToString::to_string).collect();
    let moves = protect(
        &command,
        Sight {
            root: Path::new("/r"),
            there: &|path| look_up(THERE, path),
            here: &|path| look_up(HERE, path),
            may_change: &|path| path == Path::new("words.txt"),
        },
    );
    if let Err(expected) = expected {
        assert_eq!(moves.refused.len(), expected.len(), "{command:?}: {:?}", moves.refused);
        for (refused, expected) in moves.refused.iter().zip(expected) {
            assert!(refused.contains(expected), "{command:?}: {refused}");
        }
    } else {
        assert_eq!(moves.refused, [""; 0], "{command:?}");
        assert_eq!(moves.apply(&command, Path::new("/p")).unwrap(), expected.unwrap());
    }
}

#[test]
fn what_a_command_runs_comes_from_the_revision() {
    check(&["python", "qc/run.py"], Ok(&["python", "/p/qc/run.py"]));
    check(&["./check.sh", "--fast"], Ok(&["/p/check.sh", "--fast"]));
    check(&["/r/check.sh"], Ok(&["/p/check.sh"]));
    check(
        &["ruff", "check", "--config=ruff.toml"],
        Ok(&["ruff", "check", "--config=/p/ruff.toml"]),
    );
    check(&["sh", "-c", "./check.sh && echo ok"], Ok(&["sh", "-c", "/p/check.sh && echo ok"]));
    check(
        &["sh", "-c", "\"./check.sh\";sh qc/run.py"],
        Ok(&["sh", "-c", "\"/p/check.sh\";sh /p/qc/run.py"]),
    );
    check(&["cargo", "test"], Ok(&["cargo", "test"]));
    check(&["/usr/bin/env", "true"], Ok(&["/usr/bin/env", "true"]));
}

#[test]
fn what_it_names_beside_its_script_does_too() {
    check(
        &["python", "qc/run.py", "--rules=qc/rules.json"],
        Ok(&["python", "/p/qc/run.py", "--rules=/p/qc/rules.json"]),
    );
}

#[test]
fn what_it_looks_at_is_the_checkouts() {
    check(&["wc", "data/list.txt"], Ok(&["wc", "data/list.txt"]));
    check(&["spell", "words.txt"], Ok(&["spell", "words.txt"]));
    check(&["python", "qc/run.py", "src"], Ok(&["python", "/p/qc/run.py", "src"]));
}

#[test]
fn what_a_program_finds_by_itself_has_to_be_the_revisions() {
    check(&["make", "check"], Ok(&["make", "check"]));
    check(&["npm", "test"], Ok(&["npm", "test"]));
    check(&["npm", "run", "lint"], Err(&["it runs the script `lint` of `package.json`"]));
    check(&["make", "-f", "ruff.toml"], Ok(&["make", "-f", "/p/ruff.toml"]));
}

#[test]
fn what_cannot_be_told_is_refused() {
    check(&["prose", "README.md"], Err(&["it names `README.md`"]));
    check(&["sh", "qc/far.sh"], Err(&["`qc/far.sh` names `qc/rules.json` by its path"]));
    check(&["./new.sh"], Err(&["it runs `new.sh`, which the revision does not hold"]));
    check(&["python", "-m", "pytest"], Err(&["it runs `pytest.py`"]));
    check(&["python", "-m", "qc.run"], Err(&["it runs `qc/run.py` by another name"]));
    check(&["sh", "-c", "cd qc && ./run.py"], Err(&["it runs `qc/run.py` by another name"]));
    check(&["sh", "-c", "\"$PWD\"/check.sh"], Err(&["only a shell knows"]));
    check(&["sh", "-c", "${PWD}/check.sh"], Err(&["only a shell knows"]));
    check(&["sh", "-c", "$(pwd)/check.sh"], Err(&["only a shell knows"]));
    check(&["sh", "-c", "`pwd`/check.sh"], Err(&["only a shell knows"]));
}

#[test]
fn the_skills_own_folder_is_the_revisions() {
    let command =
        ["sh", "-c", "\"$ATLAS_SKILL_DIR/scripts/x.sh\" && test \"$(wc -l < out.txt)\" -lt 3"];
    check(&command, Ok(&command));
}

#[test]
fn a_folder_with_a_blank_cannot_stand_in_a_command() {
    let command = ["sh".to_owned(), "-c".to_owned(), "./check.sh".to_owned()];
    let moves = Moves { words: [("./check.sh".into(), "check.sh".into())].into(), refused: vec![] };
    assert_eq!(moves.apply(&command, Path::new("/a")).unwrap()[2], "/a/check.sh");
    assert!(moves.apply(&command, Path::new("/a b")).unwrap_err().contains("cannot stand"));
    assert!(Moves::default().apply(&command, Path::new("/a b")).is_ok(), "nothing to replace");
}
