use super::*;

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(ToString::to_string).collect()
}

fn shown(word: Word) -> String {
    match word {
        Word::Plain(word) => word,
        Word::InSkill(rest) => format!("SKILL/{rest}"),
    }
}

#[test]
fn what_a_command_runs() {
    let check = |command: &[&str], expected: &str| {
        let found: Vec<String> = runs(&words(command))
            .into_iter()
            .map(|run| match run {
                Run::Program(name) => format!("<{name}>"),
                Run::File(word) => shown(word),
            })
            .collect();
        assert_eq!(found.join(" "), expected, "{command:?}");
    };
    check(&["./qc/run", "README.md"], "./qc/run");
    check(&["lint", "README.md"], "<lint>");
    check(&["python3.12", "-u", "qc/run.py", "README.md"], "<python3.12> qc/run.py");
    check(&["sh", "check"], "<sh> check");
    check(&["bash", "-eu", "check.sh", "a.txt"], "<bash> check.sh");
    check(&["env", "A=1", "timeout", "30", "python", "a.py"], "<python> a.py");
    check(&["node", "--require", "./setup.js", "test.js"], "<node> ./setup.js test.js");
    check(&["python", "-c", "print('a.py')"], "<python>");
    check(
        &["python", "-m", "qc.run", "x.md"],
        "<python> qc/run.py qc/run/__main__.py qc/run/__init__.py",
    );
    check(
        &["tool", "--config=qc.toml", "-x", "--rules", "r/a.txt", "in.md"],
        "<tool> qc.toml r/a.txt",
    );
    check(&["tool", "--output=out.xml", "--junitxml", "b.xml"], "<tool>");
    check(&["shellcheck", "deploy.sh"], "<shellcheck>");
    check(&["deno", "run", "--allow-read", "qc.ts"], "<deno> qc.ts");
    check(&["bun", "test"], "<bun>");
    check(&["perl", "-ne", "print if /x/", "a.txt"], "<perl>");
    check(&["bash", "-e", "check.sh"], "<bash> check.sh");
}

#[test]
fn what_a_shells_text_runs() {
    let check = |text: &str, expected: &str| {
        let found: Vec<String> = runs(&words(&["sh", "-c", text]))
            .into_iter()
            .filter_map(|run| match run {
                Run::Program(_) => None,
                Run::File(word) => Some(shown(word)),
            })
            .collect();
        assert_eq!(found.join(" "), expected, "{text}");
    };
    check("test \"$(cat old.txt)\" = tidy", "");
    check("grep -q x README.md && ./a.sh <b.txt | sh c.sh", "./a.sh c.sh");
    check(". \"$ATLAS_SKILL_DIR\"/qc.sh", "SKILL/qc.sh");
    check("sh \"$ATLAS_SKILL_DIR/lib/qc.sh\" \"$ATLAS_OUTPUT_FILE\"", "SKILL/lib/qc.sh");
    check("cd qc && . ./check.sh", "qc/./check.sh ./check.sh");
    check("cd $ATLAS_SKILL_DIR; python qc.py", "SKILL/qc.py qc.py");
    check("if [ -f a.md ]; then exit 1; fi; echo no >&2", "");
    check("test \"$(python qc/count.py a.md)\" -gt 3", "qc/count.py");
}

#[test]
fn words_that_may_be_paths() {
    let check = |command: &[&str], named: &[&str]| {
        let mut found: Vec<String> = candidates(&words(command))
            .filter(|word| !matches!(word, Word::Plain(word) if !looks_like_a_path(word)))
            .map(shown)
            .collect();
        found.dedup();
        assert_eq!(found, named, "{command:?}");
    };
    check(&["python", "qc/run.py"], &["qc/run.py"]);
    check(&["tool", "--config=qc.toml", "-x"], &["qc.toml"]);
    check(&["sh", "-c", "a.sh && ./b.sh; cat <c.txt | (d/e)"], &["a.sh", "./b.sh", "c.txt", "d/e"]);
    check(&["sh", "-c", ". \"$ATLAS_SKILL_DIR\"/qc.sh"], &["SKILL/qc.sh"]);
    check(&["sh", "${ATLAS_SKILL_DIR}/lib/qc.sh"], &["SKILL/lib/qc.sh"]);
    check(&["cargo", "test", "--", "some::test"], &[]);
    check(&["grep", "-r", "a.*b", "--include=*.rs"], &[]);
    check(&["sed", "s/$/x/", "..", "src/"], &[]);
}
