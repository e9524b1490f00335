//! What a person sees of a run, from the first line to the last.

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::{call::LimitKind, result::tests::story};

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
hint: say what must hold: `atlas new contract --for review-diff`
hint: or let reviewers look: `atlas run review-diff --verify`
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
      hold:
      `atlas new contract --for review-diff`
hint: or let
      reviewers
      look:
      `atlas run review-diff --verify`
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
    assert_data_eq!(
        transcript(&story::rejected(), LOG.wide(20)),
        str![[r#"
review-diff ·
  sonnet ·
  ≈ 36k tokens ·
  usually $0.05 (12
  runs) · cap $2.00
· the repository is
  not trusted:
  nothing of its
  configuration
  applies
✓ hook clean · 1.4 s
· gather: asking
  sonnet
✓ gather · 12 s ·
  $0.03
· judge: asking
  sonnet
! judge: a sub-agent
  of claude's own
  failed
✓ judge: check
  schema
✓ judge: hook fmt ·
  1.4 s
✓ judge · 12 s ·
  $0.03
✓ check schema
✓ hook lint · 1.4 s
✗ hook tests-pass: 2
  tests failed:
  cart::totals,
  cart::taxes · 1.4
  s
↻ judge again:
  tests-pass: 2
  tests failed:
  cart::totals,
  cart::taxes
· judge: asking
  sonnet, attempt 2
! judge: a sub-agent
  of claude's own
  failed
✓ judge: check
  schema
✓ judge: hook fmt ·
  1.4 s
✓ judge · 24 s ·
  $0.06
✓ check schema
✓ hook lint · 1.4 s
✗ hook tests-pass: 2
  tests failed:
  cart::totals,
  cart::taxes · 1.4
  s
rejected ·
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
fn stopped_at_a_limit() {
    assert_data_eq!(
        transcript(&story::limit(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $0.06
· the repository is not trusted: nothing of its configuration applies
· gather: asking sonnet
✓ gather · 12 s · $0.03
limit · $0.03 · 41 s · …abcd
! usd: $0.03 of $0.06 is spent, and `judge` reserves $0.05; raise it with `--max-usd`
hint: go on with `atlas resume abcd --max-usd 0.12`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn each_limit_names_its_way_on() {
    let rows = [
        (LimitKind::Usd, "hint: go on with `atlas resume abcd --max-usd 4.00`"),
        (LimitKind::Turns, "hint: go on with `atlas resume abcd --max-turns 100`"),
        (LimitKind::Time, "hint: go on with `atlas resume abcd --timeout 1h`"),
        (LimitKind::Idle, "hint: raise `limits.idle`, then go on with `atlas resume abcd`"),
        (LimitKind::Context, "hint: raise `limits.context`, then go on with `atlas resume abcd`"),
    ];
    for (kind, hint) in rows {
        let shown = transcript(&story::limit_of(kind), LOG);
        assert!(shown.lines().any(|line| line == hint), "{shown}");
    }
}

#[test]
fn no_quota_is_left() {
    assert_data_eq!(
        transcript(&story::quota(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
✗ whole failed · 12 s
unavailable · at most $0.05 · 41 s · …abcd
! the plan's quota is used up
hint: the quota starts anew at 2026-11-20 13:20 UTC
hint: then go on with `atlas resume abcd`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn no_quota_is_left_and_that_is_waived() {
    assert_data_eq!(
        transcript(&story::waived(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
✗ whole failed · 12 s
NOT CHECKED: the plan's quota is used up
unavailable · at most $0.05 · 41 s · …abcd
hint: the quota starts anew at 2026-11-20 13:20 UTC
hint: then go on with `atlas resume abcd`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn no_login() {
    assert_data_eq!(
        transcript(&story::login(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
✗ whole failed · 12 s
unavailable · at most $0.05 · 41 s · …abcd
! claude's login was refused
hint: log in with `claude auth login`, or set ANTHROPIC_API_KEY
hint: then go on with `atlas resume abcd`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn overloaded() {
    assert_data_eq!(
        transcript(&story::overloaded(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
↻ whole: the service answered 529; asking again in 1.0 s
· whole: asking sonnet
↻ whole: the service answered 529; asking again in 2.0 s
· whole: asking sonnet
↻ whole: the service answered 529; asking again in 4.0 s
· whole: asking sonnet
↻ whole: the service answered 529; asking again in 8.0 s
· whole: asking sonnet
✗ whole failed · 1 min 1 s
unavailable · at most $0.25 · 41 s · …abcd
! the service answered 529
hint: go on later with `atlas resume abcd`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn interrupted() {
    assert_data_eq!(
        transcript(&story::interrupted(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 36k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
✓ hook clean · 1.4 s
· gather: asking sonnet
! signal 15: ending what runs
! gather interrupted · 12 s
interrupted · 2 of 2 checks · at most $0.05 · 41 s · …abcd
! interrupted by SIGTERM
· hook ci skipped: the repository is not trusted
hint: go on with `atlas resume abcd`
-- stdout --

"#]]
        .raw()
    );
}

#[test]
fn broken_off() {
    assert_data_eq!(
        transcript(&story::broken_off(), LOG),
        str![[r#"
review-diff · sonnet · ≈ 18k tokens · usually $0.05 (12 runs) · cap $2.00
· the repository is not trusted: nothing of its configuration applies
· whole: asking sonnet
interrupted · at most $0.05 · 41 s · …abcd
! the run was broken off before it ended
hint: go on with `atlas resume abcd`
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
