//! Runs that something from outside ended.

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::{call::LimitKind, result::tests::story};

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
        (
            LimitKind::Idle,
            "hint: raise `limits.idle`, then go on with `atlas resume abcd --accept-changes`",
        ),
        (
            LimitKind::Context,
            "hint: raise `limits.context`, then go on with `atlas resume abcd --accept-changes`",
        ),
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
hint: the quota starts anew at 2026-11-20 13:20 UTC; then go on with `atlas resume abcd`
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
hint: the quota starts anew at 2026-11-20 13:20 UTC; then go on with `atlas resume abcd`
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
hint: log in with `claude auth login`, or set ANTHROPIC_API_KEY; then go on with `atlas resume abcd`
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
