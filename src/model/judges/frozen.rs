//! Judges as a run knows them: frozen before its first call, and thawed only by a person.

use std::path::PathBuf;

use super::JudgeFile;

/// The judges of a run, folded from its events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frozen {
    /// As they were before the first call; `None` before that.
    files: Option<Vec<JudgeFile>>,
    /// As they were planned with.
    planned: Option<Vec<JudgeFile>>,
    /// Whether a plan that was made anew brought other ones.
    thawed: bool,
}

impl Frozen {
    /// The files, as they were before the first call; none before that.
    pub fn files(&self) -> &[JudgeFile] {
        self.files.as_deref().unwrap_or_default()
    }

    /// Whether they have to be looked at before the next call.
    pub fn is_due(&self) -> bool {
        self.files.is_none() || self.thawed
    }

    /// A plan is made, or made anew with changes that a person accepted. Files that are as they
    /// were planned before stay frozen as they are; only others are looked at anew.
    pub fn plan(&mut self, judges: &[JudgeFile]) {
        let before = self.planned.replace(judges.to_vec());
        let Some(before) = before.filter(|before| before != judges) else { return };
        let Some(files) = &mut self.files else { return };
        let planned = |files: &[JudgeFile], file: &JudgeFile| {
            files.iter().find(|other| other.path == file.path).cloned()
        };
        files.retain(|file| planned(&before, file) == planned(judges, file));
        self.thawed = true;
    }

    /// They were looked at.
    pub fn freeze(&mut self, files: &[JudgeFile]) {
        self.files = Some(files.to_vec());
        self.thawed = false;
    }

    /// Files that a hook wrote itself judge no more.
    pub fn let_go(&mut self, paths: &[PathBuf]) {
        if let Some(files) = &mut self.files {
            files.retain(|file| !paths.contains(&file.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judges::{FileState, Holds, Judge, Part};

    fn file(path: &str, hash: &str) -> JudgeFile {
        JudgeFile {
            path: path.into(),
            part: Part::Whole,
            of: vec![Judge::Contract],
            state: FileState { link: None, holds: Holds::Sha256(hash.to_owned()) },
        }
    }

    /// After a resume with changes that a person accepted: what they changed is looked at anew,
    /// and what the agent could have changed meanwhile is not.
    #[test]
    fn only_judges_that_were_planned_anew_thaw() {
        let both = [file("a", "1"), file("b", "1")];
        let mut judges = Frozen::default();
        assert!(judges.is_due());
        judges.plan(&both);
        judges.freeze(&both);
        judges.plan(&both);
        assert!(!judges.is_due(), "new limits alone change no judge");
        judges.plan(&[file("a", "1"), file("b", "2")]);
        assert!(judges.is_due());
        assert_eq!(judges.files(), [file("a", "1")]);
        judges.freeze(&[file("a", "1"), file("b", "2")]);
        assert!(!judges.is_due());
        judges.let_go(&["b".into()]);
        assert_eq!(judges.files(), [file("a", "1")]);
    }
}
