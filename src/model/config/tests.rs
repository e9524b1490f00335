mod hooks;
mod limits;

use std::collections::BTreeMap;

use snapbox::{assert_data_eq, str};

use super::*;
use crate::model::{sourced::Sourced, yaml::plain::shown};

/// The layers of one run, as texts.
#[derive(Default)]
struct Given<'a> {
    user: &'a str,
    project: &'a str,
    contract: &'a str,
    env: &'a [(&'a str, &'a str)],
    flags: FlagValues,
}

impl Given<'_> {
    fn resolve(&self) -> Result<Settings> {
        let user = parse_user(Path::new("config.yaml"), self.user)?;
        let project = parse_project(Path::new(".claude/atlas.yaml"), self.project)?;
        let contract = contract::parse(Path::new("contract.yaml"), self.contract)?;
        let env: BTreeMap<String, String> = self
            .env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        resolve(&Layers {
            user: Some(&user),
            project: Some(&project),
            contract: Some(&contract),
            env: &env,
            flags: &self.flags,
            cores: 8,
        })
    }

    fn settings(&self) -> Settings {
        self.resolve().unwrap_or_else(|fault| panic!("{}", shown(&fault)))
    }

    fn fault(&self) -> String {
        shown(&self.resolve().unwrap_err())
    }
}

fn said<T: std::fmt::Debug>(sourced: &Sourced<T>) -> String {
    format!("{:?} ({})", sourced.value, sourced.source)
}

#[test]
fn with_nothing_said_the_defaults_hold() {
    let env = BTreeMap::new();
    let flags = FlagValues::default();
    let none =
        Layers { user: None, project: None, contract: None, env: &env, flags: &flags, cores: 2 };
    let settings = resolve(&none).unwrap();
    assert_data_eq!(
        rows(&settings),
        str![[r#"
limits.usd = 2.0 (built-in)
limits.usd-per-day = 20.0 (built-in)
limits.tokens = null (built-in)
limits.turns = 50 (built-in)
limits.time = "30m" (built-in)
limits.idle = "5m" (built-in)
limits.start = "1m" (built-in)
limits.after-result = "30s" (built-in)
limits.grace = "3s" (built-in)
limits.hook-timeout = "5m" (built-in)
limits.context = "50%" (built-in)
limits.quota = "80%" (built-in)
verify = null (built-in)
retry = {"times":1,"on":["failed","rejected","unavailable"],"backoff":"1s"} (built-in)
jobs = 2 (built-in)
require = "none" (built-in)
isolation = null (built-in)
load = "auto" (built-in)
agent.model = "sonnet" (built-in)
agent.reviewer-model = "haiku" (built-in)
agent.edit = null (built-in)
agent.tools = null (built-in)
agent.permission-mode = null (built-in)
agent.system = "default" (built-in)
agent.mcp = [] (built-in)
agent.subagents = "may-fail" (built-in)
env = [] (built-in)
sessions = "repository" (built-in)
context-window = 1000000 (built-in)
inputs = {} (built-in)
requires = {"files":[],"commands":[],"env":[],"given":[]} (built-in)
given = [] (built-in)
steps = [] (built-in)
repair = null (built-in)
output = null (built-in)
"#]]
    );
}

#[test]
fn every_value_is_shown_with_its_source() {
    let given = Given {
        user: "hooks: { a: { timing: pre, command: [x] } }\naliases: { r: review }",
        contract: "limits: { usd: 3, turns: 7 }",
        flags: FlagValues { allow: vec!["Read".to_owned()], ..FlagValues::default() },
        ..Given::default()
    };
    let rows = rows(&given.settings());
    let said: Vec<&str> = rows.lines().filter(|row| !row.ends_with("(built-in)")).collect();
    assert_data_eq!(
        said.join("\n"),
        str![[r#"
limits.turns = 7 (contract.yaml:1)
agent.allow.0 = "Read" (flag --allow)
hooks.a = {"timing":"pre","command":["x"],"blocking":true,"on":null,"needs":[],"skills":[],"steps":[],"repos":[],"env":[],"may-change":[],"replace":false} (config.yaml:1)
aliases.r = "review" (config.yaml:2)
inputs = {} (contract.yaml:1)
requires = {"files":[],"commands":[],"env":[],"given":[]} (contract.yaml:1)
steps = [] (contract.yaml:1)
"#]]
    );
}

fn rows(settings: &Settings) -> String {
    let row = |row: Row| format!("{} = {} ({})", row.key, row.value, row.source);
    settings.rows().into_iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documented_configuration_is_read() {
    let text = r#"hooks:
  prereq-check:            { timing: pre,  command: [python, scripts/check_prereqs.py] }
  intermediate-validation: { timing: mid,  command: [python, qc/validate_step.py], blocking: false, on: step }
  qc-runner:               { timing: post, command: [python, qc/run.py], skills: ["review-*"], timeout: 5m }
  clean:                   { timing: pre,  use: clean-tree }
aliases: { r: review-diff }
agent: { model: sonnet }
limits: { usd: 1.00 }
jobs: 4
"#;
    let settings = Given { project: text, ..Given::default() }.settings();
    let hooks: Vec<String> =
        settings.hooks.iter().map(|hook| format!("{} ({})", hook.name, hook.source)).collect();
    assert_data_eq!(
        hooks.join("\n"),
        str![[r#"
prereq-check (.claude/atlas.yaml:2)
intermediate-validation (.claude/atlas.yaml:3)
qc-runner (.claude/atlas.yaml:4)
clean (.claude/atlas.yaml:5)
"#]]
    );
    assert_eq!(said(&settings.aliases["r"]), "\"review-diff\" (.claude/atlas.yaml:6)");
    assert_eq!(said(&settings.agent.model), "\"sonnet\" (.claude/atlas.yaml:7)");
    assert_eq!(said(&settings.jobs), "4 (built-in)");
}

#[test]
fn a_higher_layer_wins_and_is_named() {
    let mut given = Given::default();
    let model = |given: &Given<'_>| said(&given.settings().agent.model);
    assert_eq!(model(&given), r#""sonnet" (built-in)"#);
    given.user = "agent: { model: a }";
    assert_eq!(model(&given), r#""a" (config.yaml:1)"#);
    given.project = "\nagent:\n  model: b";
    assert_eq!(model(&given), r#""b" (.claude/atlas.yaml:3)"#);
    given.contract = "agent: { model: c }";
    assert_eq!(model(&given), r#""c" (contract.yaml:1)"#);
    given.env = &[("ATLAS_MODEL", "d")];
    assert_eq!(model(&given), r#""d" (environment ATLAS_MODEL)"#);
    given.flags.model = Some("e".to_owned());
    assert_eq!(model(&given), r#""e" (flag --model)"#);
}

#[test]
fn maps_merge_and_lists_replace() {
    let given = Given {
        user: "aliases: { a: one, b: two }\nagent: { tools: [Read], edit: true }\nenv: [A]",
        project: "aliases: { b: three, c: four }\nagent: { tools: [Grep, Glob] }",
        contract: "agent: { allow: ['Bash(ls)'] }\nenv: [B, C]",
        flags: FlagValues { allow: vec!["Bash(git *)".to_owned()], ..FlagValues::default() },
        ..Given::default()
    };
    let settings = given.settings();
    let aliases: Vec<String> =
        settings.aliases.iter().map(|(name, skill)| format!("{name} {}", said(skill))).collect();
    assert_data_eq!(
        aliases.join("\n"),
        str![[r#"
a "one" (config.yaml:1)
b "two" (config.yaml:1)
c "four" (.claude/atlas.yaml:1)
"#]]
    );
    let agent = &settings.agent;
    assert_eq!(said(agent.tools.as_ref().unwrap()), r#"["Grep", "Glob"] (.claude/atlas.yaml:2)"#);
    assert_eq!(said(agent.edit.as_ref().unwrap()), "true (config.yaml:2)");
    assert_eq!(said(&settings.env), r#"["B", "C"] (contract.yaml:2)"#);
    let allow: Vec<String> = agent.allow.iter().map(said).collect();
    assert_data_eq!(
        allow.join("\n"),
        str![[r#"
"Bash(ls)" (contract.yaml:1)
"Bash(git *)" (flag --allow)
"#]]
    );
}

#[test]
fn variables_that_are_no_values() {
    for (name, value) in [
        ("ATLAS_MAX_USD", "lots"),
        ("ATLAS_MAX_TURNS", "0"),
        ("ATLAS_TIMEOUT", "-1"),
        ("ATLAS_JOBS", "many"),
        ("ATLAS_REQUIRE", "check"),
    ] {
        let fault = Given { env: &[(name, value)], ..Given::default() }.fault();
        assert!(
            fault.starts_with(&format!("the environment variable {name} is faulty (invalid)\n")),
            "{fault}"
        );
        assert!(VARIABLES.iter().any(|it| it.name == name && fault.contains(it.flag)), "{fault}");
    }
    let fine = [("ATLAS_MAX_USD", ""), ("ATLAS_SESSION", "x"), ("ATLAS_UNKNOWN", "y")];
    Given { env: &fine, ..Given::default() }.settings();
    let fault = Given { env: &[("ATLAS_REQUIRE", "check")], ..Given::default() }.fault();
    assert_data_eq!(
        fault,
        str![[r#"
the environment variable ATLAS_REQUIRE is faulty (invalid)
  because `check` is none of `none`, `checks`, `panel`; did you mean `checks`?
hint: unset it, or give it what `--require` takes

"#]]
    );
}

#[test]
fn continuous_integration_needs_checks_unless_somebody_says_otherwise() {
    let require = |given: Given<'_>| said(&given.settings().require);
    let ci: &[(&str, &str)] = &[("CI", "true")];
    assert_eq!(require(Given { env: ci, ..Given::default() }), "Checks (environment CI)");
    assert_eq!(require(Given { env: &[("CI", "false")], ..Given::default() }), "None (built-in)");
    let user = "require: none";
    assert_eq!(require(Given { env: ci, user, ..Given::default() }), "None (config.yaml:1)");
    let env: &[(&str, &str)] = &[("CI", "1"), ("ATLAS_REQUIRE", "panel")];
    assert_eq!(
        require(Given { user, env, ..Given::default() }),
        "Panel (environment ATLAS_REQUIRE)"
    );
}

#[test]
fn keys_that_only_the_user_may_set() {
    let text = "trust: { always: ['~/src/**'] }\nusd-per-day: 5\nsessions: state\ncontext-window: 200k\nhooks: { a: { timing: pre, command: [x], repos: ['~/src/*'] } }\n";
    let settings = Given { user: text, ..Given::default() }.settings();
    assert_eq!(said(&settings.limits.usd_per_day), "Usd(5000000000) (config.yaml:2)");
    assert_eq!(said(&settings.sessions), "State (config.yaml:3)");
    assert_eq!(said(&settings.context_window), "Tokens(200000) (config.yaml:4)");
    let claims =
        format!("{text}claude: ./claude\nbase-url: http://evil\napi-key-helper: x\ntelemetry: y\n");
    assert_data_eq!(
        Given { project: &claims, ..Given::default() }.fault(),
        str![[r#"
the configuration .claude/atlas.yaml is faulty (invalid)
.claude/atlas.yaml:1:1: only the user may set this, no file of a repository [trust] | `atlas config` names the user's own file
.claude/atlas.yaml:2:1: only the user may set this, no file of a repository [usd-per-day] | `atlas config` names the user's own file
.claude/atlas.yaml:3:1: only the user may set this, no file of a repository [sessions] | `atlas config` names the user's own file
.claude/atlas.yaml:4:1: only the user may set this, no file of a repository [context-window] | `atlas config` names the user's own file
.claude/atlas.yaml:5:42: only the user may set this, no file of a repository [repos] | `atlas config` names the user's own file
.claude/atlas.yaml:6:1: only the user may set this, no file of a repository [claude] | `atlas config` names the user's own file
.claude/atlas.yaml:7:1: only the user may set this, no file of a repository [base-url] | `atlas config` names the user's own file
.claude/atlas.yaml:8:1: only the user may set this, no file of a repository [api-key-helper] | `atlas config` names the user's own file
.claude/atlas.yaml:9:1: only the user may set this, no file of a repository [telemetry] | `atlas config` names the user's own file

"#]]
    );
}

#[test]
fn settings_are_stored_and_read_back() {
    let given = Given {
        user: "hooks: { a: { timing: mid, command: [x], on: edit } }\nretry: { times: 3, on: [failed], backoff: 1500ms }",
        contract: "steps: [{ run: [a] }, { section: B }]\ninputs: { a: { default: x } }\noutput: { type: object }\nlimits: { usd: 9, context: 12.5% }\nverify: {}",
        flags: FlagValues { load: Some(Load::Staged), ..FlagValues::default() },
        ..Given::default()
    };
    let settings = given.settings();
    let stored = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&stored).unwrap(), settings);
}

#[test]
fn the_schema_knows_every_key() {
    let schema = schema();
    let keys: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_data_eq!(
        keys.join(" "),
        str![
            "hooks aliases agent limits jobs require retry isolation load env usd-per-day trust sessions context-window"
        ]
    );
}
