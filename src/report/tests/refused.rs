//! Runs whose work was refused or broke.

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::result::tests::story;

#[test]
fn rejected() {
    assert_data_eq!(
        transcript(&story::rejected(), LOG.wide(80)),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
✓ hook clean · 1.4 s
· gather: asking sonnet
✓ gather · 12 s · $0.03
· judge: asking sonnet
! judge: a sub-agent of claude's own failed
✓ judge: check schema
✓ judge: hook fmt · 1.4 s
✓ judge · 12 s · $0.03
✓ check schema
✓ hook lint · 1.4 s
✗ hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
↻ judge again: tests-pass: 2 tests failed: cart::totals, cart::taxes
· judge: asking sonnet, attempt 2
! judge: a sub-agent of claude's own failed
✓ judge: check schema
✓ judge: hook fmt · 1.4 s
✓ judge · 24 s · $0.06
✓ check schema
✓ hook lint · 1.4 s
✗ hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
rejected · 6 of 7 checks · $0.09 · 41 s · …abcd
✗ hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
· hook ci skipped: the repository is not trusted
· changed 1 file, +1 -0
  M +1 -0 src/a.txt
· output, not accepted:
  .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn rejected_on_a_narrow_terminal() {
    let shown = transcript(&story::rejected(), LOG.wide(20));
    let (_, end) = shown.split_once("\nrejected").unwrap();
    assert_data_eq!(
        end,
        str![[r#"
 ·
  6 of 7 checks ·
  $0.09 · 41 s ·
  …abcd
✗ hook tests-pass: 2
  tests failed:
  cart::totals,
  cart::taxes · 1.4
  s
· hook ci skipped:
  the repository is
  not trusted
· changed 1 file, +1
  -0
  M +1 -0 src/a.txt
· output, not
  accepted:
  .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn rejected_in_words() {
    assert_data_eq!(
        transcript(&story::rejected(), LOG.in_words()),
        str![[r#"
review-diff, sonnet, about 36k tokens, usually $0.05 (12 runs), cap $2.00
note: the repository is not trusted: nothing of its configuration applies
ok: hook clean, 1.4 s
note: gather: asking sonnet
ok: gather, 12 s, $0.03
note: judge: asking sonnet
warning: judge: a sub-agent of claude's own failed
ok: judge: check schema
ok: judge: hook fmt, 1.4 s
ok: judge, 12 s, $0.03
ok: check schema
ok: hook lint, 1.4 s
failed: hook tests-pass: 2 tests failed: cart::totals, cart::taxes, 1.4 s
again: judge again: tests-pass: 2 tests failed: cart::totals, cart::taxes
note: judge: asking sonnet, attempt 2
warning: judge: a sub-agent of claude's own failed
ok: judge: check schema
ok: judge: hook fmt, 1.4 s
ok: judge, 24 s, $0.06
ok: check schema
ok: hook lint, 1.4 s
failed: hook tests-pass: 2 tests failed: cart::totals, cart::taxes, 1.4 s
rejected, 6 of 7 checks, $0.09, 41 s, ...abcd
failed: hook tests-pass: 2 tests failed: cart::totals, cart::taxes, 1.4 s
note: hook ci skipped: the repository is not trusted
note: changed 1 file, +1 -0
  M +1 -0 src/a.txt
note: output, not accepted: .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn rejected_in_colors() {
    let shown = transcript(&story::rejected(), LOG.wide(80).colored());
    let plain = transcript(&story::rejected(), LOG.wide(80));
    assert_eq!(anstream::adapter::strip_str(&shown).to_string(), plain, "colors say nothing new");
    assert_data_eq!(
        shown.replace('\x1b', "ESC"),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $2.00
ESC[2m·ESC[0m the repository is not trusted: nothing of its configuration applies
ESC[1mESC[32m✓ESC[0m hook clean · 1.4 s
ESC[2m·ESC[0m gather: asking sonnet
ESC[1mESC[32m✓ESC[0m gather · 12 s · $0.03
ESC[2m·ESC[0m judge: asking sonnet
ESC[1mESC[33m!ESC[0m judge: a sub-agent of claude's own failed
ESC[1mESC[32m✓ESC[0m judge: check schema
ESC[1mESC[32m✓ESC[0m judge: hook fmt · 1.4 s
ESC[1mESC[32m✓ESC[0m judge · 12 s · $0.03
ESC[1mESC[32m✓ESC[0m check schema
ESC[1mESC[32m✓ESC[0m hook lint · 1.4 s
ESC[1mESC[31m✗ESC[0m hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
ESC[1mESC[33m↻ESC[0m judge again: tests-pass: 2 tests failed: cart::totals, cart::taxes
ESC[2m·ESC[0m judge: asking sonnet, attempt 2
ESC[1mESC[33m!ESC[0m judge: a sub-agent of claude's own failed
ESC[1mESC[32m✓ESC[0m judge: check schema
ESC[1mESC[32m✓ESC[0m judge: hook fmt · 1.4 s
ESC[1mESC[32m✓ESC[0m judge · 24 s · $0.06
ESC[1mESC[32m✓ESC[0m check schema
ESC[1mESC[32m✓ESC[0m hook lint · 1.4 s
ESC[1mESC[31m✗ESC[0m hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
ESC[1mESC[31mrejectedESC[0m · 6 of 7 checks · $0.09 · 41 s · …abcd
ESC[1mESC[31m✗ESC[0m hook tests-pass: 2 tests failed: cart::totals, cart::taxes · 1.4 s
ESC[2m·ESC[0m hook ci skipped: the repository is not trusted
ESC[2m·ESC[0m changed 1 file, +1 -0
  M +1 -0 src/a.txt
ESC[2m·ESC[0m output, not accepted:
  .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn blocked() {
    assert_data_eq!(
        transcript(&story::blocked(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
✗ needs git: the command `git` is not on the path
blocked · 0 of 1 check · nothing spent · 41 s · …abcd
✗ needs git: the command `git` is not on the path
· hook ci skipped: the repository is not trusted
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn a_denied_tool() {
    assert_data_eq!(
        transcript(&story::denied(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
✗ whole failed · 12 s · $0.03
failed · $0.03 · 41 s · …abcd
✗ the agent was denied Edit; allow edits with `--edit`
· output, not accepted: .claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn only_a_pass_reaches_stdout_as_text_and_everything_does_as_json() {
    for story in [story::rejected(), story::limit(), story::denied(), story::blocked()] {
        let result = story.result();
        assert_eq!(answer(&result, Format::Text, StreamKind::Pipe), None);
        let document = answer(&result, Format::Json, StreamKind::Pipe).unwrap();
        let read: crate::model::result::RunResult = serde_json::from_str(&document).unwrap();
        assert_eq!(read, result);
    }
}
