//! Runs that pass.

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::result::tests::story;

#[test]
fn passed() {
    assert_data_eq!(
        transcript(&story::passed(), LOG),
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
✓ hook tests-pass · 1.4 s
! hook lint (advisory): 2 lines are too long · 1.4 s
passed · 6 of 7 checks · $0.06 · 41 s · …abcd
! hook lint (advisory): 2 lines are too long · 1.4 s
· hook ci skipped: the repository is not trusted
· changed 1 file, +1 -0
  M +1 -0 src/a.txt
-- stdout --
{
  "verdict": "ship it",
  "risks": [
    "none"
  ]
}

"#]]
        .raw()
    );
}

#[test]
fn passed_verbosely() {
    let view = View { verbosity: Verbosity::Verbose, ..LOG };
    assert_data_eq!(
        transcript(&story::passed(), view),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
✓ needs git
· hook clean runs
✓ hook clean · 1.4 s
· gather: asking sonnet
✓ gather: check claude
✓ gather · 12 s · $0.03
· judge: asking sonnet
! judge: a sub-agent of claude's own failed
✓ judge: check claude
✓ judge: check schema
· 1 file changed so far
· hook fmt runs
✓ judge: hook fmt · 1.4 s
✓ judge · 12 s · $0.03
✓ check schema
· hook tests-pass runs
✓ hook tests-pass · 1.4 s
· hook lint runs
! hook lint (advisory): 2 lines are too long · 1.4 s
passed · 6 of 7 checks · $0.06 · 41 s · …abcd
! hook lint (advisory): 2 lines are too long · 1.4 s
· hook ci skipped: the repository is not trusted
· changed 1 file, +1 -0
  M +1 -0 src/a.txt
· of the skill, in tokens: header ≈ 400, outline ≈ 100, sections ≈ 36k
-- stdout --
{
  "verdict": "ship it",
  "risks": [
    "none"
  ]
}

"#]]
        .raw()
    );
}

#[test]
fn passed_quietly() {
    let view = View { verbosity: Verbosity::Quiet, ..LOG };
    assert_data_eq!(
        transcript(&story::passed(), view),
        str![[r#"
-- stdout --
{
  "verdict": "ship it",
  "risks": [
    "none"
  ]
}

"#]]
        .raw()
    );
}

#[test]
fn passed_by_nobody() {
    assert_data_eq!(
        transcript(&story::passed_by_nobody(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
✓ whole · 12 s · $0.03
passed, checked by nobody · ≈ $0.03 at list price, inside your plan · 41 s · …abcd
hint: say what must hold: a post hook or a schema in /home/ann/.claude/skills/review-diff/contract.yaml
-- stdout --
The diff is fine.
Ship it.

"#]]
        .raw()
    );
}

#[test]
fn passed_by_nobody_on_a_narrow_terminal() {
    let view = LOG.wide(20);
    assert_data_eq!(
        transcript(&story::passed_by_nobody(), view),
        str![[r#"
review-diff ·
  sonnet ·
  ≈ 18k tokens ·
  usually $0.05 (12
  runs) · cap $2.00
· the repository is
  not trusted:
  nothing of its
  configuration
  applies
· whole: asking
  sonnet
✓ whole · 12 s ·
  $0.03
passed, checked by
  nobody ·
  ≈ $0.03 at list
  price, inside your
  plan · 41 s ·
  …abcd
hint: say what must
      hold: a post
      hook or a
      schema in
      /home/ann/.claude/skills/review-diff/contract.yaml
-- stdout --
The diff is fine.
Ship it.

"#]]
        .raw()
    );
}

#[test]
fn repaired() {
    assert_data_eq!(
        transcript(&story::repaired(), LOG),
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
✗ hook tests-pass: 2 tests failed · 1.4 s
↻ judge again: tests-pass: 2 tests failed
· judge: asking sonnet, attempt 2
! judge: a sub-agent of claude's own failed
✓ judge: check schema
✓ judge: hook fmt · 1.4 s
✓ judge · 24 s · $0.06
✓ check schema
✓ hook tests-pass · 1.4 s
✓ hook lint · 1.4 s
passed · 7 of 7 checks · $0.09 · 41 s · …abcd
· hook ci skipped: the repository is not trusted
· changed 1 file, +1 -0
  M +1 -0 src/a.txt
-- stdout --
{
  "verdict": "ship it",
  "risks": [
    "none"
  ]
}

"#]]
        .raw()
    );
}
