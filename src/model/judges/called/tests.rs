use super::*;

/// What a script at `path` calls by its text, below `qc`.
fn check(path: &str, text: &str, expected: &[&str]) {
    let path = Path::new(path);
    let home = path.parent().unwrap();
    let found: BTreeSet<PathBuf> = by_text(path, home, text).into_iter().collect();
    let found: Vec<&str> = found.iter().map(|path| path.to_str().unwrap()).collect();
    let found: Vec<&str> = found.into_iter().filter(|path| path.starts_with("qc/")).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn modules_of_python() {
    check("qc/run.py", "import json", &["qc/json/__init__.py", "qc/json.py"]);
    check(
        "qc/run.py",
        "  import a.b as c, d; x = 1  # import e",
        &[
            "qc/a/__init__.py",
            "qc/a/b/__init__.py",
            "qc/a/b.py",
            "qc/a.py",
            "qc/d/__init__.py",
            "qc/d.py",
        ],
    );
    check(
        "qc/run.py",
        "from a import (\n  b,\n  c as d)\n",
        &[
            "qc/a/__init__.py",
            "qc/a/b/__init__.py",
            "qc/a/b.py",
            "qc/a/c/__init__.py",
            "qc/a/c.py",
            "qc/a.py",
        ],
    );
    check("qc/run.py", "from . import b\n", &["qc/b/__init__.py", "qc/b.py"]);
    check("qc/in/run.py", "from ..b import *\n", &["qc/b/__init__.py", "qc/b.py"]);
    check(
        "qc/run.py",
        "from qc.a import *",
        &[
            "qc/__init__.py",
            "qc/a/__init__.py",
            "qc/a.py",
            "qc/qc/__init__.py",
            "qc/qc/a/__init__.py",
            "qc/qc/a.py",
            "qc/qc.py",
        ],
    );
    check("qc/run.py", "from a-b import c\nimport\nfrom x\nimported = 1\n", &[]);
    check("qc/run", "#!/usr/bin/env python3\nimport a", &["qc/a/__init__.py", "qc/a.py"]);
}

#[test]
fn modules_of_javascript() {
    let all = |stem: &str| {
        let ends = ["", "/index.js", ".cjs", ".js", ".json", ".mjs", ".node", ".ts"];
        ends.map(|end| format!("{stem}{end}"))
    };
    for text in
        ["const a = require('./a')", "import a from \"./a\";", "import './a'", "import(`./a`)"]
    {
        check("qc/run.js", text, &all("qc/a").each_ref().map(String::as_str));
    }
    check("qc/in/run.mjs", "export * from '../a'", &all("qc/a").each_ref().map(String::as_str));
    check("qc/run.js", "require('fs'); require(name); require('../../x'); from './", &[]);
}

#[test]
fn files_of_a_shell() {
    check("qc/run.sh", ". ./qc/lib.sh\nbash qc/b.sh README.md\n", &["qc/b.sh", "qc/lib.sh"]);
    for here in ["$(dirname \"$0\")", "${BASH_SOURCE[0]%/*}", "$HERE", "${here}"] {
        check("qc/run.sh", &format!("source \"{here}/lib.sh\"\n"), &["qc/lib.sh"]);
    }
    check("qc/run.sh", "cd qc && ./b.sh\n", &["qc/b.sh"]);
    check("qc/run.sh", "# sh qc/b.sh\ngrep x qc/data.txt\nshellcheck qc/deploy.sh\n", &[]);
}

#[test]
fn what_is_called_is_followed_within_the_folder() {
    let text = |path: &Path| {
        Some(
            match path.to_str()? {
                "qc/run.sh" => "sh qc/a.sh; sh src/x.sh; python qc/b.py",
                "qc/a.sh" => "sh qc/run.sh; sh qc/c.sh",
                "qc/b.py" => "import d",
                "run.py" => "import work",
                _ => return None,
            }
            .to_owned(),
        )
    };
    let of = |path: &str| {
        let found = called(&[path.into()], &text);
        found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("qc/run.sh"), "qc/a.sh qc/b.py qc/c.sh qc/d/__init__.py qc/d.py qc/run.sh");
    assert_eq!(of("run.py"), "", "what lies in the root is the project");
    assert_eq!(of("gone.sh"), "");
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_followed_without_harm(
            text in r"(import |from | as |\.|\.\.|/|\(|\)|,|;|#|'|\$|\{|\}|require\(|\./a|sh |cd |é|b|\n){0,40}",
            name in r"qc/(run|a)(\.py|\.js|\.sh|)",
        ) {
            let found = called(&[PathBuf::from(&name)], &|_| Some(text.clone()));
            prop_assert!(found.iter().all(|path| path.starts_with("qc")), "{found:?}");
            prop_assert!(found.len() <= MOST);
        }
    }
}
