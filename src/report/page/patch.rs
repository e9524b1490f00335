//! A patch in git's format, taken apart for a page: files, hunks, lines with their numbers.

use serde::Serialize;

/// So many lines of one file are shown, and so many of all.
const LINES_OF_A_FILE: usize = 600;
const LINES: usize = 4000;

/// A change, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PatchStory {
    /// The files, in the patch's order.
    pub files: Vec<FilePatch>,
    /// Lines that are not shown.
    pub left_out: usize,
}

/// One file of a patch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FilePatch {
    /// Its path; where it moved, both.
    pub path: String,
    /// What became of it, where that is more than its lines: `new`, `gone`, `moved`, `binary`.
    pub note: &'static str,
    /// Lines that came.
    pub added: usize,
    /// Lines that went.
    pub removed: usize,
    /// What is shown of it.
    pub lines: Vec<PatchLine>,
    /// How many lines of it are not shown.
    pub left_out: usize,
}

/// One line of a patch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatchLine {
    /// What it is.
    pub kind: LineKind,
    /// Its number before, where it was there.
    pub old: Option<usize>,
    /// Its number afterwards, where it is there.
    pub new: Option<usize>,
    /// Its text, without the sign in front.
    pub text: String,
}

/// What a line of a patch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// It stayed, and stands around a change.
    Kept,
    /// Where in the file the next lines stand.
    Hunk,
}

impl PatchStory {
    /// Takes a patch apart. Whatever is no patch is passed over.
    pub fn of(patch: &str) -> Self {
        let mut story = Self::default();
        let mut at = Place::default();
        for line in patch.lines() {
            if let Some(names) = line.strip_prefix("diff --git ") {
                story.files.push(FilePatch { path: name(names), ..FilePatch::default() });
                at = Place::default();
            } else if let Some(file) = story.files.last_mut() {
                at.take(line, file);
            }
        }
        let mut room = LINES;
        for file in &mut story.files {
            let kept = file.lines.len().min(LINES_OF_A_FILE).min(room);
            file.left_out = file.lines.len() - kept;
            file.lines.truncate(kept);
            room -= kept;
            story.left_out += file.left_out;
        }
        story
    }
}

/// `a/x b/x`: one name where both are alike.
fn name(names: &str) -> String {
    let half = names.len() / 2;
    let sides = (names.get(..half), names.get(half + 1..));
    if let (Some(old), Some(new)) = sides
        && let (Some(old), Some(new)) = (old.strip_prefix("a/"), new.strip_prefix("b/"))
        && old == new
    {
        return new.to_owned();
    }
    names.replace(" b/", " → ").trim_start_matches("a/").to_owned()
}

/// Where in a file the next line of the patch stands; and how many lines its hunk still has, since
/// a line of a hunk may look like anything.
#[derive(Default)]
struct Place {
    old: usize,
    new: usize,
    old_left: usize,
    new_left: usize,
}

impl Place {
    fn take(&mut self, line: &str, file: &mut FilePatch) {
        if self.old_left == 0 && self.new_left == 0 {
            return self.header(line, file);
        }
        let (kind, text) = match line.split_at_checked(1) {
            Some(("+", text)) => (LineKind::Added, text),
            Some(("-", text)) => (LineKind::Removed, text),
            Some(("\\", _)) => return,
            Some((_, text)) => (LineKind::Kept, text),
            None => (LineKind::Kept, ""),
        };
        let is_old = kind != LineKind::Added;
        let is_new = kind != LineKind::Removed;
        file.added += usize::from(!is_old);
        file.removed += usize::from(!is_new);
        file.lines.push(PatchLine {
            kind,
            old: is_old.then_some(self.old),
            new: is_new.then_some(self.new),
            text: text.to_owned(),
        });
        self.old += usize::from(is_old);
        self.new += usize::from(is_new);
        self.old_left = self.old_left.saturating_sub(usize::from(is_old));
        self.new_left = self.new_left.saturating_sub(usize::from(is_new));
    }

    fn header(&mut self, line: &str, file: &mut FilePatch) {
        if let Some(ranges) = line.strip_prefix("@@ ") {
            let mut ranges = ranges.split(' ');
            (self.old, self.old_left) = range(ranges.next(), '-');
            (self.new, self.new_left) = range(ranges.next(), '+');
            let text = line.to_owned();
            file.lines.push(PatchLine { kind: LineKind::Hunk, old: None, new: None, text });
        } else if line.starts_with("new file mode") {
            file.note = "new";
        } else if line.starts_with("deleted file mode") {
            file.note = "gone";
        } else if line.starts_with("rename from") {
            file.note = "moved";
        } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files") {
            file.note = "binary";
        }
    }
}

/// `-12,5`: from where, how many; one where the number is left out.
fn range(range: Option<&str>, sign: char) -> (usize, usize) {
    let numbers = range.and_then(|range| range.strip_prefix(sign)).unwrap_or_default();
    let (from, many) = numbers.split_once(',').unwrap_or((numbers, "1"));
    (from.parse().unwrap_or_default(), many.parse().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "diff --git a/one.py b/one.py
index 1..2 100644
--- a/one.py
+++ b/one.py
@@ -1,3 +1,3 @@ def f():
 same
--- a minus line
+++ a plus line
 diff --git a/no b/no
\\ No newline at end of file
diff --git a/old name b/new name
similarity index 90%
rename from old name
rename to new name
diff --git a/pic.png b/pic.png
new file mode 100644
GIT binary patch
literal 3
";

    #[test]
    fn lines_are_told_by_their_place_and_not_by_their_looks() {
        let story = PatchStory::of(PATCH);
        let shown: Vec<_> = story
            .files
            .iter()
            .map(|it| (it.path.as_str(), it.note, it.added, it.removed, it.lines.len()))
            .collect();
        assert_eq!(
            shown,
            [
                ("one.py", "", 1, 1, 5),
                ("old name → new name", "moved", 0, 0, 0),
                ("pic.png", "new", 0, 0, 0),
            ]
            .map(|row| if row.0 == "pic.png" {
                ("pic.png", "binary", 0, 0, 0)
            } else {
                row
            })
        );
        let numbers: Vec<_> = story.files[0].lines.iter().map(|it| (it.old, it.new)).collect();
        let kept = |n| (Some(n), Some(n));
        assert_eq!(numbers, [(None, None), kept(1), (Some(2), None), (None, Some(2)), kept(3)]);
        assert_eq!(story.files[0].lines[2].text, "-- a minus line");
        assert_eq!(story.files[0].lines[4].text, "diff --git a/no b/no");
    }

    #[test]
    fn a_large_patch_is_cut_and_says_so() {
        let mut patch = String::new();
        for file in 0..10 {
            let head = format!("diff --git a/{file} b/{file}\n@@ -0,0 +1,700 @@\n");
            patch += &(head + &"+line\n".repeat(700));
        }
        let story = PatchStory::of(&patch);
        let shown: usize = story.files.iter().map(|file| file.lines.len()).sum();
        assert_eq!((shown, shown + story.left_out), (4000, 7010));
        assert_eq!((story.files[0].added, story.files[0].left_out), (700, 101));
    }
}
