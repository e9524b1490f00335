use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::{
    call::{CallSpec, Talk, argv},
    result::tests::{plans, story},
};

fn commands(plan: &Plan) -> Vec<Vec<String>> {
    let command = |step: &StepPlan| {
        let spec = CallSpec {
            agent: &step.agent,
            system_file: "/home/ann/shop/.claude/sessions/s/runs/1/system.md",
            claude_session: "00000000-0000-4000-8000-000000000001",
            talk: Talk::Begins,
            schema: step.output.as_ref(),
            max_turns: plan.limits.turns,
            max_usd: plan.limits.usd,
            read_rules: &[],
            folders: &[],
            denied: &[],
            settings_file: None,
            hook_events: false,
        };
        std::iter::once("claude".to_owned()).chain(argv(&spec)).collect()
    };
    plan.steps.iter().map(command).collect()
}

fn shown(plan: &Plan, look: Look) -> String {
    let commands = commands(plan);
    let environment = ["HOME".to_owned(), "PATH".to_owned(), "ANTHROPIC_API_KEY".to_owned()];
    let notices = ["the repository is not trusted: the run is isolated".to_owned()];
    let (environment, notices) = (&environment, &notices);
    DryRun { plan, commands: &commands, environment, notices, keys: &BTreeMap::new() }.text(look)
}

#[test]
fn a_checked_plan() {
    assert_data_eq!(shown(&plans::checked_plan(), Look::PLAIN), str![[r#"
review-diff · sonnet · ≈ 36k tokens · cap $2.00
· the repository is not trusted: the run is isolated

skill
  review-diff from ~/.claude/skills
  /home/ann/.claude/skills/review-diff
  steps run in /home/ann/shop/web
  hooks run in /home/ann/shop
  the work happens in this tree
  input base: main

checks
  needs the command git
  pre hook clean (contract.yaml:7, at most 5m): atlas __hook clean-tree
  mid hook fmt (contract.yaml:7, after judge, at most 5m): cargo fmt --check
  post hook tests-pass (contract.yaml:7, at most 5m): cargo test
  post hook lint (contract.yaml:7, advisory, at most 5m): sh -c 'lint '\''all'\'''
  skipped ci: the repository is not trusted
  the run's output must satisfy its schema
  a pass needs a blocking check that was content
  refused work goes back to judge, 1 time over

step gather
  system prompt ≈ 18k tokens
  prompt ≈ 500 tokens, by stdin
  reserves $0.05
  claude --print --output-format stream-json --verbose --include-partial-messages --model sonnet --session-id 00000000-0000-4000-8000-000000000001 --append-system-prompt-file /home/ann/shop/.claude/sessions/s/runs/1/system.md --tools Read,Grep --allowedTools 'Bash(cargo test *)' --permission-mode default --max-turns 50 --max-budget-usd 2

step judge
  system prompt ≈ 18k tokens
  prompt ≈ 500 tokens, by stdin
  reserves $0.05
  its output must satisfy its schema
  claude --print --output-format stream-json --verbose --include-partial-messages --model sonnet --session-id 00000000-0000-4000-8000-000000000001 --append-system-prompt-file /home/ann/shop/.claude/sessions/s/runs/1/system.md --tools Read,Grep --allowedTools 'Bash(cargo test *)' --permission-mode default --max-turns 50 --max-budget-usd 2 --json-schema '{"type":"object"}'

environment
  HOME PATH ANTHROPIC_API_KEY

limits
  limit         value
  usd           $2.00
  usd-per-day   $20.00
  tokens        400k
  turns         50
  time          30m
  idle          5m
  start         1m
  after-result  30s
  grace         3s
  context       50%
  quota         80%

settings
  key         value   source
  model       sonnet  default
  limits.usd  $2.00   contract.yaml:12
  require     none    default

nothing was started, and nothing was spent

"#]].raw());
}

#[test]
fn a_bare_plan_on_a_narrow_terminal() {
    let look = Look { width: Some(20), ..Look::PLAIN };
    assert_data_eq!(shown(&plans::bare_plan(), look), str![[r#"
review-diff ·
  sonnet ·
  ≈ 18k tokens ·
  cap $2.00
· the repository is
  not trusted: the
  run is isolated

skill
  review-diff from ~/.claude/skills
  /home/ann/.claude/skills/review-diff
  steps run in /home/ann/shop/web
  hooks run in /home/ann/shop
  the work happens in this tree
  input base: main

checks
  nobody checks the work
  a pass needs nothing but an agent that finished
  refused work goes back to whole, 1 time over

step whole
  system prompt ≈ 18k tokens
  prompt ≈ 500 tokens, by stdin
  reserves $0.05
  claude --print --output-format stream-json --verbose --include-partial-messages --model sonnet --session-id 00000000-0000-4000-8000-000000000001 --append-system-prompt-file /home/ann/shop/.claude/sessions/s/runs/1/system.md --tools Read,Grep --allowedTools 'Bash(cargo test *)' --permission-mode default --max-turns 50 --max-budget-usd 2

environment
  HOME PATH ANTHROPIC_API_KEY

limits
  usd
    value: $2.00
  usd-per-day
    value: $20.00
  tokens
    value: 400k
  turns
    value: 50
  time
    value: 30m
  idle
    value: 5m
  start
    value: 1m
  after-result
    value: 30s
  grace
    value: 3s
  context
    value: 50%
  quota
    value: 80%

settings
  key         value   source
  model       sonnet  default
  limits.usd  $2.00   contract.yaml:12
  require     none    default

nothing was started, and nothing was spent

"#]].raw());
}

#[test]
fn a_hostile_plan_stays_inert() {
    let page = shown(&story::hostile().plan, Look::PLAIN);
    assert!(!page.chars().any(|c| c != '\n' && text::is_hidden(c)), "{page:?}");
    assert!(page.contains(r"cargo $'test\U0000001b[2J'"), "{page}");
}

#[test]
fn a_plan_as_json_is_the_plan() {
    let plan = plans::checked_plan();
    let commands = commands(&plan);
    let keys = BTreeMap::new();
    let (environment, notices) = (&[], &[]);
    let dry = DryRun { plan: &plan, commands: &commands, environment, notices, keys: &keys };
    let json = dry.json();
    assert_eq!(serde_json::from_value::<Plan>(json["plan"].clone()).unwrap(), plan);
    assert_eq!(json["calls"][1]["command"][0], "claude");
    assert_eq!(json["calls"][0]["system_tokens"], 17_500);
}

#[test]
fn words_are_quoted_as_a_shell_takes_them() {
    let rows = [
        ("plain/path-1.txt", "plain/path-1.txt"),
        ("", "''"),
        ("two words", "'two words'"),
        ("it's", r"'it'\''s'"),
        ("$HOME `x` \"y\"", "'$HOME `x` \"y\"'"),
        ("a\nb\\", r"$'a\nb\\'"),
        ("\u{1b}[2J'", r"$'\U0000001b[2J\''"),
        ("rtl\u{202e}", r"$'rtl\U0000202e'"),
        ("größe", "'größe'"),
    ];
    for (given, expected) in rows {
        assert_eq!(shell_word(given), expected);
    }
}
