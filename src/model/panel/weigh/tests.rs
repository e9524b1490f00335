use super::*;
use crate::model::call::{Failure, LimitKind, Unavailability};

fn issue(severity: Severity, kind: FindingKind, claim: &str) -> Issue {
    Issue {
        severity,
        kind,
        claim: claim.to_owned(),
        file: Some("cart.py".to_owned()),
        line: Some(4),
        quote: Some("items.sort()".to_owned()),
        command: None,
        expect: None,
    }
}

fn wrong(severity: Severity) -> Issue {
    issue(severity, FindingKind::Wrong, "sorting changes the caller's list")
}

fn missing(claim: &str) -> Issue {
    issue(Severity::Major, FindingKind::Missing, claim)
}

fn proven_by(command: &str, severity: Severity) -> Issue {
    Issue { command: Some(command.to_owned()), expect: Some(Expect::Fails), ..wrong(severity) }
}

fn answer(passed: bool, issues: Vec<Issue>) -> Said {
    Said::Answer { review: Review { passed, issues } }
}

fn ask(said: impl IntoIterator<Item = Said>) -> Vec<Asked> {
    let named = |(number, said)| Asked { reviewer: format!("r{number}"), said };
    (1..).zip(said).map(named).collect()
}

/// Every quote of every reviewer stands, or none does.
fn quotes(asked: &[Asked], stand: bool) -> Evidence {
    let of = |asked: &Asked| match &asked.said {
        Said::Answer { review } => vec![stand; review.issues.len()],
        Said::Nothing { .. } | Said::Died { .. } => Vec::new(),
    };
    let quotes = asked.iter().map(|asked| (asked.reviewer.clone(), of(asked))).collect();
    Evidence { quotes, commands: BTreeMap::from([("tests".to_owned(), Expect::Fails)]) }
}

#[test]
fn a_vote_is_derived_from_evidence_and_not_from_what_the_reviewer_says() {
    use Severity::{Blocker, Major, Minor, Note};
    use Vote::{Abstained, Confirmed, Error, Refuted};
    let nothing = Said::Nothing { reason: "too late".to_owned() };
    let died = Said::Died { reason: "killed".to_owned() };
    // The answer; its vote where the quotes stand, and where none does.
    let rows = [
        (answer(true, vec![]), Confirmed, Confirmed),
        (answer(true, vec![wrong(Minor), wrong(Note)]), Confirmed, Confirmed),
        (answer(true, vec![wrong(Major)]), Refuted, Confirmed),
        (answer(true, vec![wrong(Blocker)]), Refuted, Confirmed),
        (answer(false, vec![]), Abstained, Abstained),
        (answer(false, vec![wrong(Minor)]), Abstained, Abstained),
        (answer(false, vec![wrong(Major)]), Refuted, Abstained),
        (answer(false, vec![wrong(Note), wrong(Blocker)]), Refuted, Abstained),
        (answer(false, vec![missing("no test")]), Abstained, Abstained),
        (answer(false, vec![proven_by("tests", Major)]), Refuted, Refuted),
        (answer(true, vec![proven_by("tests", Minor)]), Confirmed, Confirmed),
        (answer(false, vec![proven_by("lint", Major)]), Refuted, Abstained),
        (nothing, Abstained, Abstained),
        (died, Error, Error),
    ];
    for (said, where_they_stand, where_none_does) in rows {
        let asked = ask([said]);
        for (stand, expected) in [(true, where_they_stand), (false, where_none_does)] {
            let concluded = conclude(&asked, &quotes(&asked, stand), 1);
            assert_eq!(concluded.votes[0].vote, expected, "{asked:?}, quotes stand: {stand}");
            let plain = expected == Confirmed;
            assert_eq!(concluded.votes[0].reason.is_none(), plain, "{:?}", concluded.votes);
        }
    }
}

#[test]
fn a_command_proves_only_what_was_expected_of_it() {
    for (expect, supported) in [(Expect::Fails, true), (Expect::Passes, false)] {
        let claim = Issue { expect: Some(expect), ..proven_by("tests", Severity::Minor) };
        let asked = ask([answer(true, vec![claim])]);
        let concluded = conclude(&asked, &quotes(&asked, false), 1);
        let status = concluded.verdict.findings[0].status;
        assert_eq!(status == FindingStatus::Supported, supported, "{expect:?}");
    }
}

#[test]
fn an_omission_needs_two_reviewers() {
    let claims = ["There is no test of an empty cart", "An empty cart has no test", "No changelog"];
    let rows: [(&[&str], &[Vote], VerdictStatus); 4] = [
        (&claims[..1], &[Vote::Abstained], VerdictStatus::Inconclusive),
        (&claims[..2], &[Vote::Refuted, Vote::Refuted], VerdictStatus::Rejected),
        (&[claims[0], claims[2]], &[Vote::Abstained, Vote::Abstained], VerdictStatus::Inconclusive),
        (&claims, &[Vote::Refuted, Vote::Refuted, Vote::Abstained], VerdictStatus::Rejected),
    ];
    for (said, votes, status) in rows {
        let asked = ask(said.iter().map(|claim| answer(false, vec![missing(claim)])));
        // That words stand nearby proves nothing about what is not there.
        let quorum = if said.len() == 1 { 1 } else { 2 };
        let concluded = conclude(&asked, &quotes(&asked, true), quorum);
        let cast: Vec<Vote> = concluded.votes.iter().map(|cast| cast.vote).collect();
        assert_eq!((cast.as_slice(), concluded.verdict.status), (votes, status), "{said:?}");
    }
    let twice = vec![missing(claims[0]), missing(claims[1])];
    let asked = ask([answer(false, twice)]);
    let concluded = conclude(&asked, &quotes(&asked, true), 1);
    assert_eq!(concluded.votes[0].vote, Vote::Abstained, "one reviewer twice is one reviewer");
}

#[test]
fn a_proven_blocker_needs_no_majority() {
    let fine = || answer(true, vec![]);
    let blocker = |claim| ask([fine(), fine(), answer(false, vec![claim])]);
    let by_command = blocker(proven_by("tests", Severity::Blocker));
    let concluded = conclude(&by_command, &quotes(&by_command, false), 2);
    assert_eq!(concluded.verdict.status, VerdictStatus::Rejected);
    let by_quote = blocker(wrong(Severity::Blocker));
    let concluded = conclude(&by_quote, &quotes(&by_quote, true), 2);
    assert_eq!(concluded.verdict.status, VerdictStatus::Passed, "two of three confirmed");
    assert_eq!(concluded.votes[2].vote, Vote::Refuted);
}

#[test]
fn findings_are_merged_numbered_and_sorted_by_weight() {
    let asked = ask([
        answer(true, vec![issue(Severity::Note, FindingKind::Wrong, "the name is misleading")]),
        answer(false, vec![wrong(Severity::Major)]),
        answer(false, vec![wrong(Severity::Blocker)]),
    ]);
    let mut evidence = quotes(&asked, true);
    evidence.quotes.insert("r3".to_owned(), vec![false]);
    let found = conclude(&asked, &evidence, 2).verdict.findings;
    let told: Vec<_> = found
        .iter()
        .map(|finding| {
            (finding.id.as_str(), finding.severity, finding.status, finding.by.join(","))
        })
        .collect();
    let supported = FindingStatus::Supported;
    assert_eq!(
        told,
        [
            ("f1", Severity::Major, supported, "r2,r3".to_owned()),
            ("f2", Severity::Note, supported, "r1".to_owned()),
        ],
        "what was claimed without evidence does not lend its weight to what has some"
    );
}

#[test]
fn the_first_reviewer_settles_it_only_where_nothing_is_left_to_ask() {
    let rows = [
        (answer(true, vec![]), true),
        (answer(true, vec![wrong(Severity::Minor)]), true),
        (answer(true, vec![wrong(Severity::Major)]), false),
        (answer(false, vec![]), false),
        (Said::Died { reason: "killed".to_owned() }, false),
        (Said::Nothing { reason: "late".to_owned() }, false),
    ];
    for (said, clear) in rows {
        let asked = ask([said]);
        for stand in [true, false] {
            let concluded = conclude(&asked, &quotes(&asked, stand), 1);
            assert_eq!(is_clear(&concluded), clear, "{asked:?}, quotes stand: {stand}");
        }
    }
}

#[test]
fn evidence_that_is_missing_supports_nothing() {
    let asked =
        ask([answer(true, vec![wrong(Severity::Blocker), proven_by("tests", Severity::Major)])]);
    let concluded = conclude(&asked, &Evidence::default(), 1);
    assert_eq!(concluded.votes[0].vote, Vote::Confirmed);
    let unsupported = |finding: &Finding| finding.status == FindingStatus::Unsupported;
    assert!(concluded.verdict.findings.iter().all(unsupported));
}

/// A reviewer that says nothing in time has not voted; one whose process broke has died.
#[test]
fn how_a_call_ended_decides_whether_there_is_a_vote() {
    let reason = || "so it was".to_owned();
    let limit = |limit| CallOutcome::Limit { limit, reason: reason() };
    let failed = |failure| CallOutcome::Failed { failure, reason: reason() };
    let review = Review { passed: true, issues: Vec::new() };
    let answer = || Ok(review.clone());
    let malformed = || Err("no form".to_owned());
    assert_eq!(Said::of(&CallOutcome::Succeeded, answer), Said::Answer { review: review.clone() });
    let nothing = |reason: &str| Said::Nothing { reason: reason.to_owned() };
    let died = |reason: &str| Said::Died { reason: reason.to_owned() };
    assert_eq!(Said::of(&CallOutcome::Succeeded, malformed), nothing("no form"));
    let rows = [
        (limit(LimitKind::Usd), nothing("so it was")),
        (limit(LimitKind::Idle), nothing("so it was")),
        (limit(LimitKind::Turns), nothing("so it was")),
        (limit(LimitKind::Context), nothing("so it was")),
        (failed(Failure::Structured), nothing("so it was")),
        (failed(Failure::NoResult), died("so it was")),
        (failed(Failure::NotStarted), died("so it was")),
        (
            CallOutcome::Unavailable { why: Unavailability::Network, reason: reason() },
            died("so it was"),
        ),
        (CallOutcome::Interrupted, died("interrupted")),
    ];
    for (outcome, expected) in rows {
        // What such a call left is never read, whatever it says.
        assert_eq!(Said::of(&outcome, answer), expected, "{outcome:?}");
    }
}

/// Of what one reviewer raises twice, only one counts as who raised it.
#[test]
fn merged_findings_name_everybody_once() {
    let twice = vec![wrong(Severity::Major), wrong(Severity::Minor)];
    let asked = ask([answer(false, twice), answer(false, vec![wrong(Severity::Minor)])]);
    let found = conclude(&asked, &quotes(&asked, true), 1).verdict.findings;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].by, ["r1", "r2"]);
}
