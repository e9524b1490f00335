//! Limits of several layers.

use proptest::prelude::*;
use snapbox::{assert_data_eq, str};

use super::*;

#[test]
fn a_file_of_a_repository_cannot_raise_a_limit() {
    let given = Given {
        user: "limits: { usd: 1, idle: 1m }\njobs: 2",
        project: "limits: { usd: 5, turns: 10, time: 2h }\njobs: 30",
        contract: "limits: { usd: 0.5, turns: 40, tokens: 400k, idle: 90s }",
        ..Given::default()
    };
    let settings = given.settings();
    let limits = &settings.limits;
    assert_eq!(said(&limits.usd), "Usd(500000000) (contract.yaml:1)");
    assert_eq!(said(&limits.turns), "10 (.claude/atlas.yaml:1)");
    assert_eq!(said(&limits.time), "Span(1800s) (built-in)");
    assert_eq!(said(&limits.idle), "Span(60s) (config.yaml:1)");
    assert_eq!(said(limits.tokens.as_ref().unwrap()), "Tokens(400000) (contract.yaml:1)");
    assert_eq!(said(&settings.jobs), "2 (config.yaml:2)");
    let capped: Vec<String> = settings
        .capped
        .iter()
        .map(|it| format!("{}: {} held to {}", it.limit, said(&it.asked), said(&it.held)))
        .collect();
    assert_data_eq!(
        capped.join("\n"),
        str![[r#"
usd: "$5.00" (.claude/atlas.yaml:1) held to "$0.50" (contract.yaml:1)
turns: "40" (contract.yaml:1) held to "10" (.claude/atlas.yaml:1)
time: "2h" (.claude/atlas.yaml:1) held to "30m" (built-in)
idle: "1m 30s" (contract.yaml:1) held to "1m" (config.yaml:1)
"#]]
    );
}

#[test]
fn environment_and_flags_go_over_the_files() {
    let mut given = Given {
        contract: "limits: { usd: 0.5, turns: 3, time: 1m }",
        env: &[
            ("ATLAS_MAX_USD", "7"),
            ("ATLAS_MAX_TURNS", "70"),
            ("ATLAS_TIMEOUT", "1h"),
            ("ATLAS_JOBS", "9"),
        ],
        ..Given::default()
    };
    let shown = |given: &Given<'_>| {
        let Settings { limits, jobs, .. } = given.settings();
        [said(&limits.usd), said(&limits.turns), said(&limits.time), said(&jobs)].join("\n")
    };
    assert_data_eq!(
        shown(&given),
        str![[r#"
Usd(7000000000) (environment ATLAS_MAX_USD)
70 (environment ATLAS_MAX_TURNS)
Span(3600s) (environment ATLAS_TIMEOUT)
9 (environment ATLAS_JOBS)
"#]]
    );
    given.flags = FlagValues {
        max_usd: Some(Usd::from_micros(1)),
        max_turns: Some(1),
        timeout: Some("1s".parse().unwrap()),
        jobs: Some(0),
        ..FlagValues::default()
    };
    assert_data_eq!(
        shown(&given),
        str![[r#"
Usd(1000) (flag --max-usd)
1 (flag --max-turns)
Span(1s) (flag --timeout)
1 (flag --jobs)
"#]]
    );
}

fn usd(cents: Option<u64>) -> String {
    cents
        .map(|cents| format!("limits: {{ usd: {}.{:02} }}", cents / 100, cents % 100))
        .unwrap_or_default()
}

proptest! {
    /// Without environment and flags, money is the least of what the files say, and never above
    /// the user's word or else the built-in one.
    #[test]
    fn files_only_lower_a_limit(
        user in prop::option::of(0u64..1000),
        project in prop::option::of(0u64..1000),
        contract in prop::option::of(0u64..1000),
        flag in prop::option::of(0u64..1000),
    ) {
        let cents = |cents: u64| Usd::from_micros(cents * 10_000);
        let settings = Given {
            user: &usd(user),
            project: &usd(project),
            contract: &usd(contract),
            flags: FlagValues { max_usd: flag.map(cents), ..FlagValues::default() },
            ..Given::default()
        }
        .settings();
        let base = user.map_or(defaults::USD, cents);
        let least = [project, contract].into_iter().flatten().map(cents).fold(base, Usd::min);
        prop_assert_eq!(settings.limits.usd.value, flag.map_or(least, cents));
        let above = [project, contract].into_iter().flatten().filter(|asked| cents(*asked) > least);
        if flag.is_none() {
            prop_assert!(settings.capped.len() <= above.count());
        }
    }
}
