//! `no-conflict-markers`: no file that the run changed holds what git leaves where a merge was not
//! finished.

use super::{Answer, work::Work};

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let mut faults = Vec::new();
    for change in work.changes()? {
        let Some(bytes) = work.content(&change)? else { continue };
        if let Some(line) = marker(&bytes) {
            let path = &change.path;
            faults.push(format!("`{path}`, line {line}: a merge was not finished here; finish it"));
        }
    }
    Ok(Answer::of(faults))
}

/// The first line of an unfinished merge: a beginning alone may be an underline or a quotation.
fn marker(bytes: &[u8]) -> Option<usize> {
    let mut begun = None;
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.starts_with(b"<<<<<<< ") {
            begun = Some(number);
        } else if line.starts_with(b">>>>>>> ") && begun.is_some() {
            return begun;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::marker;

    #[test]
    fn a_merge_is_unfinished_between_two_markers() {
        let rows: [(&str, Option<usize>); 5] = [
            ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", Some(2)),
            ("Title\n=======\n", None),
            ("<<<<<<< HEAD\n", None),
            (">>>>>>> other\n<<<<<<< HEAD\n", None),
            ("  <<<<<<< x\n  >>>>>>> y\n", None),
        ];
        for (text, expected) in rows {
            assert_eq!(marker(text.as_bytes()), expected, "{text}");
        }
    }
}
