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
                Run::Task { package, name } => format!("{package}#{name}"),
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
        "<python> qc/run.py qc/run/__main__.py qc/run/__init__.py qc/__init__.py",
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
    check(&["./my tool", "README.md"], "./my tool");
}

/// Where an option takes a word, the next one is not yet the script.
#[test]
fn options_hide_no_script() {
    let check = |command: &str, expected: &str| {
        let words: Vec<String> = command.split(' ').map(|word| word.replace('_', " ")).collect();
        let files = runs(&words).into_iter().filter_map(|run| match run {
            Run::File(word) => Some(shown(word)),
            Run::Program(_) | Run::Task { .. } => None,
        });
        assert_eq!(files.collect::<Vec<_>>().join(" "), expected, "{command}");
    };
    check("bash -euo pipefail a.sh", "a.sh");
    check("bash -o pipefail -o nounset a.sh b.txt", "a.sh");
    check("bash +e -O extglob a.sh", "a.sh");
    check("bash -euo pipefail -c sh_a.sh", "a.sh");
    check("bash -c -e sh_a.sh b.sh", "a.sh");
    check("bash --norc --rcfile rc a.sh", "rc a.sh");
    check("python3 -W error -X dev a.py", "a.py");
    check("python3 -Wd -uB a.py", "a.py");
    for module in ["-m a", "-ma", "-Bm a", "-W error -m a", "-Wx -ma"] {
        check(&format!("python {module}"), "a.py a/__main__.py a/__init__.py");
    }
    check("python -Ic import_a x.py", "");
    check("env -u NAME sh a.sh", "a.sh");
    check("env -S sh_-e_a.sh", "a.sh");
    check("timeout -s KILL 5 ./a.sh", "./a.sh");
    check("uv run --with x python a.py", "a.py");
    check("awk -f a.awk b.txt", "a.awk");
    check("sed -fa.sed b.txt", "a.sed");
}

#[test]
fn what_is_found_without_being_named() {
    let check = |command: &str, expected: &str| {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let found = runs(&words).into_iter().filter_map(|run| match run {
            Run::File(word) => Some(shown(word)),
            Run::Task { package, name } => Some(format!("{package}#{name}")),
            Run::Program(_) => None,
        });
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{command}");
    };
    check("make check", "GNUmakefile makefile Makefile");
    check("make -j4 -d -C qc check", "qc/GNUmakefile qc/makefile qc/Makefile");
    check("gmake --directory=qc -f a.mk --file b.mk", "qc/a.mk qc/b.mk");
    check("just check", "justfile .justfile Justfile");
    check("npm run lint", ".npmrc package.json#lint");
    check("npm -s --prefix web test -- --run x", "web/.npmrc web/package.json#test");
    check("npm t", ".npmrc package.json#test");
    check("npm ci", "");
    check("pnpm lint", ".npmrc .pnpmfile.cjs package.json#lint");
    check(
        "yarn --cwd web run lint",
        "web/.npmrc web/.yarnrc web/.yarnrc.yml web/package.json#lint",
    );
    check("sh -c npm", "");
    let words = words(&["sh", "-c", "cd web && npm test"]);
    let tasks = runs(&words).into_iter().filter(|run| matches!(run, Run::Task { .. })).count();
    assert_eq!(tasks, 2, "in the folder, and in the root");
}

#[test]
fn what_a_shells_text_runs() {
    let check = |text: &str, expected: &str| {
        let found: Vec<String> = runs(&words(&["sh", "-c", text]))
            .into_iter()
            .filter_map(|run| match run {
                Run::Program(_) => None,
                Run::File(word) => Some(shown(word)),
                Run::Task { package, name } => Some(format!("{package}#{name}")),
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
