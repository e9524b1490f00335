//! The frame of a step: where its run stands, for an agent that was not there.
//!
//! A page of state in place of a history. All of it is material: names of files come from the
//! repository, diffs from agents.

use super::{fenced, fenced_diff, inert};
use crate::model::{changes::FileChange, meanwhile};

/// At most so many files are listed; how many there are beyond is said.
const FILES: usize = 100;

/// Where a run stands, as far as one step has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The runs before it in its session, one line each.
    pub earlier: &'a [String],
    /// The steps with what became of them, where anything did.
    pub steps: Vec<(&'a str, &'static str)>,
    /// What the run has changed so far.
    pub changes: &'a [FileChange],
}

/// The state of the run, for a conversation that begins.
pub fn frame(frame: &Frame<'_>) -> String {
    let mut told = String::new();
    if !frame.earlier.is_empty() {
        told += "\n## What was run here before\n\n";
        told += &list(frame.earlier);
    }
    if !frame.steps.is_empty() {
        let lines: Vec<String> =
            frame.steps.iter().map(|(step, state)| format!("{step}: {state}")).collect();
        told += "\n## Where the run stands\n\n";
        told += &fenced(&inert(&lines.join("\n")));
    }
    if !frame.changes.is_empty() {
        let lines: Vec<String> = frame.changes.iter().map(meanwhile::change).collect();
        told += "\n## What the run has changed so far\n\n\
                 Files that differ from how it found them, with the lines added and removed:\n\n";
        told += &list(&lines);
    }
    told
}

/// What others did while the run stood still.
pub fn meanwhile(differences: &[String]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    format!(
        "\n## What others did meanwhile\n\n\
         The run stood still for a while. This is different from how it left the tree. Take it as \
         given, and do not undo it:\n\n{}",
        list(differences)
    )
}

/// What an attempt that did not count left in the tree; `left_out` names what the diff leaves out.
pub fn half_done(diff: &str, left_out: &[String]) -> String {
    if diff.is_empty() && left_out.is_empty() {
        return String::new();
    }
    let mut told = "\n## What was left half done\n\n\
                    An earlier attempt at your step did not come to its end. This is what stands \
                    in the tree since then; go on from it, or mend it:\n\n"
        .to_owned();
    if !diff.is_empty() {
        told += &fenced_diff(diff);
    }
    if !left_out.is_empty() {
        told += "\nNot shown, because they are large or binary or look like secrets:\n\n";
        told += &list(left_out);
    }
    told
}

fn list(lines: &[String]) -> String {
    let lines = meanwhile::bounded(lines.iter().map(String::as_str), FILES);
    fenced(&inert(&lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::changes::ChangeStatus;

    fn file(path: &str) -> FileChange {
        let status = ChangeStatus::Modified;
        FileChange { path: path.into(), old_path: None, status, added: Some(1), removed: Some(0) }
    }

    #[test]
    fn a_run_at_its_beginning_has_no_frame() {
        assert_eq!(frame(&Frame::default()), "");
        assert_eq!(meanwhile(&[]), "");
        assert_eq!(half_done("", &[]), "");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let files: Vec<FileChange> = (0..FILES + 7).map(|n| file(&format!("{n}.rs"))).collect();
        let told = frame(&Frame { changes: &files, ..Frame::default() });
        assert!(told.contains("M 99.rs +1 -0\nand 7 more\n"), "{told}");
        assert!(!told.contains("100.rs"), "{told}");
    }

    #[test]
    fn no_name_attaches_a_file_or_closes_a_fence() {
        let told = frame(&Frame {
            steps: vec![("a", "passed")],
            changes: &[file("@/etc/x\n```")],
            earlier: &[],
        });
        assert!(told.contains("\\@/etc/x"), "{told}");
        assert!(told.contains("\n````\n"), "{told}");
        let told = half_done("+see @/etc/passwd\n", &["@big".to_owned()]);
        assert!(told.contains("\\@/etc/passwd") && told.contains("\\@big"), "{told}");
        assert!(meanwhile(&["M @x".to_owned()]).contains("M \\@x"));
    }
}
