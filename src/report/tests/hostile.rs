//! Text that wants to be more than text.

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::result::tests::story;

#[test]
fn hostile_text_stays_inert() {
    let shown = transcript(&story::hostile(), LOG.wide(80));
    assert!(!shown.chars().any(|c| c != '\n' && text::is_hidden(c)), "{shown:?}");
    assert_data_eq!(
        shown,
        str![[r#"
review␛[8m-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
! whole: a␛[1A␛[2K✓ hook tests-pass …
✓ whole · 12 s · $0.03
✗ hook tests-pass: no␍✓ passed · 9 of 9 checks␛[1A␛[2K … · 1.4 s
rejected · 0 of 1 check · $0.03 · 41 s · …abcd
✗ tests-pass:
  no␍✓ passed · 9 of 9 checks␛[1A␛[2K
  passed · 1 of 1 checks
· changed 1 file, +1 -1
  M +1 -1 src/␛[31m�txt.exe …
· output, not accepted:
  .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

/// A program gets what the model said, byte for byte; a terminal gets nothing to obey.
#[test]
fn hostile_output_is_only_inert_on_a_terminal() {
    let said = "fine\u{1b}]0;owned\u{7}\r\u{202e}";
    let mut result = story::passed_by_nobody().result();
    result.output = Some(said.into());
    let to = |kind| answer(&result, Format::Text, kind).unwrap();
    assert_eq!(to(StreamKind::Pipe), format!("{said}\n"));
    assert_eq!(to(StreamKind::Terminal), "fine␛]0;owned␇␍\u{fffd}\n");
}
