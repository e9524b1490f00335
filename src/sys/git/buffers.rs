//! The difference of two texts that are in no repository.

use git2::{DiffOptions, Patch};

use super::GitError;

/// How many lines of what did not change are shown around what did.
const CONTEXT: u32 = 3;

/// What leads from one text to the other, as hunks of a unified diff: bytes, because a text can be
/// in any encoding. Nothing where they are equal, or where one of them is no text.
pub fn unified(before: &[u8], after: &[u8]) -> Result<Option<Vec<u8>>, GitError> {
    let doing = "cannot compare two texts";
    let mut options = DiffOptions::new();
    options.context_lines(CONTEXT);
    let mut patch = Patch::from_buffers(before, None, after, None, Some(&mut options))
        .map_err(GitError::git(doing))?;
    if patch.num_hunks() == 0 {
        return Ok(None);
    }
    let whole = patch.to_buf().map_err(GitError::git(doing))?.to_vec();
    // The lines above the first hunk name files, of which there are none.
    let hunks = whole.windows(3).position(|window| window == b"@@ ").unwrap_or(0);
    Ok(Some(whole[hunks..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_in_hunks() {
        let shown = |before: &str, after: &str| {
            let hunks = unified(before.as_bytes(), after.as_bytes()).unwrap();
            hunks.map(|hunks| String::from_utf8(hunks).unwrap())
        };
        assert_eq!(shown("a\n", "a\n"), None);
        assert_eq!(shown("a\0", "b\0"), None, "no text");
        assert_eq!(shown("", "a\n").unwrap(), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(shown("@@ x\nb\n", "@@ x\nc\n").unwrap(), "@@ -1,2 +1,2 @@\n @@ x\n-b\n+c\n");
        assert_eq!(
            shown("a", "b").unwrap(),
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
        );
    }
}
