use std::{fs, os::unix::fs::symlink};

use super::*;
use crate::sys::fs::{PRIVATE_FILE, write_atomic};

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_atomic(&path, text.as_bytes(), PRIVATE_FILE).unwrap();
}

/// The path and the model of the contract that counts, or why none does.
fn check(root: &Path, skill: &str, name: &str, expected: &str) {
    let shown = match contract_for(&root.join(skill), name, root) {
        Ok(None) => "none".to_owned(),
        Ok(Some(file)) => {
            let model = file.document.value.agent.model.unwrap().value;
            format!("{:?} {} {model}", file.origin, file.document.path.display())
        }
        Err(fault) => fault.to_string().replace(root.to_str().unwrap(), "ROOT"),
    };
    assert_eq!(shown, expected, "for {name}");
}

#[test]
fn the_contract_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().canonicalize().unwrap();
    let skills = ".claude/skills";
    for skill in ["a", "b", "c"] {
        fs::create_dir_all(root.join(skills).join(skill)).unwrap();
    }
    write(root, ".claude/skills/a/contract.yaml", "agent: { model: own }");
    write(root, ".claude/skills/b/contract.yaml", "agent: { model: own }");
    write(root, ".claude/contracts/b.yaml", "agent: { model: replaced }");
    write(root, ".claude/contracts/p/a.yaml", "agent: { model: plugin }");
    write(root, ".claude/contracts/bad.yaml", "agnt: {}");
    write(root, "elsewhere.yaml", "agent: { model: escaped }");
    symlink("../../../elsewhere.yaml", root.join(".claude/skills/c/contract.yaml")).unwrap();

    check(root, ".claude/skills/a", "a", "Skill .claude/skills/a/contract.yaml own");
    check(root, ".claude/skills/b", "b", "Repository .claude/contracts/b.yaml replaced");
    check(root, ".claude/skills/a", "p:a", "Repository .claude/contracts/p/a.yaml plugin");
    check(root, ".claude/skills/a", "p:x", "Skill .claude/skills/a/contract.yaml own");
    check(root, "nowhere", "nowhere", "none");
    check(root, ".claude/skills/a", "bad", "the contract .claude/contracts/bad.yaml is faulty");
    check(
        root,
        ".claude/skills/c",
        "c",
        "cannot read ROOT/.claude/skills/c/contract.yaml: it leads to ROOT/elsewhere.yaml, out of ROOT/.claude/skills/c",
    );
    for name in ["../../elsewhere", "..", "", "p:../x", "/etc/x", "a:b:c", ":b", "b:"] {
        check(root, ".claude/skills/a", name, "Skill .claude/skills/a/contract.yaml own");
    }
}
