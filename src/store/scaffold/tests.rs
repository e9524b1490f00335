//! What is made, and what is left alone.

use super::*;
use crate::sys::{executable::is_executable, fs::read_capped};

fn read(path: &Path) -> String {
    String::from_utf8(read_capped(path, 1 << 20).unwrap()).unwrap()
}

#[test]
fn a_skill_is_made_whole_and_once() {
    let root = tempfile::tempdir().unwrap();
    let skills = root.path().join("deep/skills");
    let new = NewSkill { name: "tidy", description: Some("Says \"tidy\": {{name}}") };
    let folder = skill(&skills, new).unwrap();
    assert_eq!(folder, skills.join("tidy"));
    let text = read(&folder.join("SKILL.md"));
    assert!(
        text.starts_with("---\nname: tidy\ndescription: \"Says \\\"tidy\\\": {{name}}\"\n"),
        "{text}"
    );
    assert!(read(&folder.join("contract.yaml")).contains("`atlas run tidy`"));
    assert!(is_executable(&folder.join("scripts/check-output.sh")));
    assert!(!is_executable(&folder.join("SKILL.md")));
    let again = skill(&skills, new).unwrap_err();
    assert_eq!(again.status, crate::model::Status::Usage);
    assert_eq!(fs::read_dir(&skills).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn a_file_is_written_once() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b.yaml");
    file(&path, "one").unwrap();
    assert_eq!(file(&path, "two").unwrap_err().status, crate::model::Status::Usage);
    assert_eq!(read(&path), "one");
}
