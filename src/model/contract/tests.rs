use snapbox::{assert_data_eq, str};

use super::*;
use crate::model::yaml::plain::shown;

fn check(text: &str, expected: impl snapbox::IntoData) {
    let shown = match parse(Path::new("contract.yaml"), text) {
        Ok(_) => "fine\n".to_owned(),
        Err(fault) => shown(&fault),
    };
    assert_data_eq!(shown, expected.raw());
}

/// A contract with every key, and one of the names where it lists all.
const DOCUMENTED: &str = r#"inputs:
  base: { type: string, default: main, required: false, description: branch to compare with }
requires: { files: [Cargo.toml], commands: [git], env: [GH_TOKEN] }
given: [diff, staged, status, hooks]
steps:
  - { id: gather, section: Gather }
  - { id: judge, section: Judge, output: judge.schema.json }
repair: judge
output: output.schema.json
hooks:
  tests-pass: { timing: post, command: [cargo, test], timeout: 10m }
verify:
  reviewers: [{ persona: junior analyst at McKinsey }, { persona: security engineer, model: haiku, lens: security }]
  quorum: 2
  criteria: [factual accuracy, logical consistency, missing information, potential errors]
  evidence: { commands: { tests: [cargo, test] } }
  escalate: false
  canary: false
limits: { usd: 0.50, tokens: 400k, turns: 30, time: 15m, idle: 3m, context: 50%, quota: 80% }
require: checks
retry: { times: 2, on: [failed, rejected], backoff: 1s }
agent: { model: sonnet, edit: true, tools: [Read, Grep, Edit], allow: ["Bash(cargo test *)"], permission-mode: acceptEdits, system: default, mcp: [], subagents: may-fail }
isolation: worktree
load: auto
env: [DATABASE_URL]
"#;

#[test]
fn the_documented_contract_is_read() {
    let contract = parse(Path::new("contract.yaml"), DOCUMENTED).unwrap().value;
    let stored = serde_json::to_value(&contract).unwrap();
    let rows = stored.as_object().unwrap().iter().map(|(key, value)| format!("{key}: {value}"));
    let rows = rows.collect::<Vec<_>>().join("\n").replace("null", "~");
    assert_data_eq!(
        rows,
        str![[r#"
inputs: {"base":{"type":"string","default":"main","required":false,"description":"branch to compare with","values":~}}
requires: {"files":["Cargo.toml"],"commands":["git"],"env":["GH_TOKEN"],"given":[]}
given: ["diff","staged","status","hooks"]
steps: [{"id":"gather","section":"Gather","skill":~,"prompt":~,"run":~,"parse":~,"when":~,"retry":~,"limits":{"usd":~,"tokens":~,"turns":~,"time":~,"idle":~,"start":~,"after-result":~,"grace":~,"hook-timeout":~,"context":~,"quota":~},"output":~,"conversation":"fresh"},{"id":"judge","section":"Judge","skill":~,"prompt":~,"run":~,"parse":~,"when":~,"retry":~,"limits":{"usd":~,"tokens":~,"turns":~,"time":~,"idle":~,"start":~,"after-result":~,"grace":~,"hook-timeout":~,"context":~,"quota":~},"output":"judge.schema.json","conversation":"fresh"}]
repair: "judge"
output: "output.schema.json"
hooks: {"tests-pass":{"timing":"post","command":["cargo","test"],"blocking":true,"timeout":"10m","on":~,"needs":[],"skills":[],"steps":[],"repos":[],"env":[],"may-change":[],"replace":false}}
verify: {"reviewers":[{"persona":"junior analyst at McKinsey","lens":~,"model":~},{"persona":"security engineer","lens":"security","model":"haiku"}],"quorum":2,"criteria":["factual accuracy","logical consistency","missing information","potential errors"],"evidence":{"commands":{"tests":["cargo","test"]}},"escalate":false,"canary":false}
limits: {"usd":0.5,"tokens":400000,"turns":30,"time":"15m","idle":"3m","start":~,"after-result":~,"grace":~,"hook-timeout":~,"context":"50%","quota":"80%"}
require: "checks"
retry: {"times":2,"on":["failed","rejected"],"backoff":"1s"}
agent: {"model":"sonnet","edit":true,"tools":["Read","Grep","Edit"],"allow":["Bash(cargo test *)"],"permission-mode":"acceptEdits","system":"default","mcp":[],"subagents":"may-fail"}
isolation: "worktree"
load: "auto"
env: ["DATABASE_URL"]
"#]]
    );
}

#[test]
fn a_stored_contract_reads_back_as_itself() {
    let contract = parse(Path::new("contract.yaml"), DOCUMENTED).unwrap().value;
    let stored = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<Contract>(&stored).unwrap(), contract);
}

#[test]
fn steps() {
    check(
        "steps:\n  - id: a\n    run: [cargo, test]\n    parse: junit\n  - prompt: Say what.\n  - prompt: Say why.\n    when: steps.a.output\n    conversation: continue\n  - skill: other\n    retry: 0\n",
        str![[r#"
fine

"#]],
    );
}

#[test]
fn what_no_step_can_be() {
    check(
        "steps:\n  - skill: other\n    limits: {usd: 0.1}\n  - { skill: other, cache: {} }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:5: what a skill gives and may spend stands in its own contract [skill: other\n    limits: {usd: 0.1}]
contract.yaml:4:5: `cache` keeps the result of one call or command, and a skill may be many [{ skill: other, cache: {} }]

"#]],
    );
    check(
        "steps: [{ id: panel, prompt: x }]\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:15: reviewers are called `panel` and `canary`, so no step can be [panel]

"#]],
    );
}

#[test]
fn steps_that_say_too_much_or_too_little() {
    check(
        "steps:\n  - id: a\n  - { section: A, prompt: B }\n  - { id: ok, section: [x] }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:5: a step has one of `section`, `skill`, `prompt`, `run`, `steps`, `parallel`, `each`, `route`, `fallback`, `delegate` [id: a]
contract.yaml:3:5: a step has one of `section`, `skill`, `prompt`, `run`, `steps`, `parallel`, `each`, `route`, `fallback`, `delegate` [{ section: A, prompt: B }]
contract.yaml:4:24: expected text, found a list [[x]]

"#]],
    );
    check(
        "steps: [{ run: cargo test }, { run: [] }, { run: [''] }, { section: A, parse: json }]\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:16: no shell reads a command, write a list such as [cargo, test] [cargo test]
contract.yaml:1:37: the program to run is missing [[]]
contract.yaml:1:50: the program to run is missing [['']]
contract.yaml:1:58: `parse` reads the output of `run` [{ section: A, parse: json }]

"#]],
    );
    check(
        "steps: [{ run: [a], conversation: fresh }]\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:9: a command has no conversation [{ run: [a], conversation: fresh }]

"#]],
    );
    check(
        "steps:\n  - parallel:\n      - { section: A }\n  - { each: { in: x, as: y, do: [] } }\n  - { section: A, cache: { key: k } }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:4:19: there is no `x` here, only `inputs`, `steps`, `scratch` [x]
contract.yaml:4:33: there is nothing to do in it [[]]

"#]],
    );
    check(
        "steps: [{ id: a, section: A }, { id: a, section: B }, { id: 'A b', section: C }, { id: '', section: D}]\nrepair: c\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:38: two steps have the id `a` [a]
contract.yaml:1:61: the id of a step is lower-case letters, digits, `-` and `_` ['A b']
contract.yaml:1:88: the id of a step is lower-case letters, digits, `-` and `_` ['']
contract.yaml:2:9: no step has the id `c` [c]

"#]],
    );
    check(
        "steps: [{ id: a, run: [x] }]\nrepair: a\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:9: `a` is a command, only an agent step can repair [a]

"#]],
    );
}

#[test]
fn hooks() {
    check(
        "hooks:\n  a: { timing: pre, command: cargo test }\n  b: { timing: post }\n  c: { timing: post, use: clean-tree, command: [y] }\n  d: { command: [y] }\n  e: { timing: later, command: [y] }\n  f: { timing: pre, command: [x], on: edit }\n  g: { timing: pre, command: [x], repos: [a] }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:30: no shell reads a command, write a list such as [cargo, test] [cargo test]
contract.yaml:3:3: a hook needs `command` or `use` [b]
contract.yaml:4:3: a hook has `command` or `use`, not both [c]
contract.yaml:5:3: the key `timing` is missing [d]
contract.yaml:6:16: `later` is none of `pre`, `mid`, `post` [later]
contract.yaml:7:3: only a mid hook says what it runs `on` [f]
contract.yaml:8:35: only the user's own configuration chooses hooks by repository [repos]

"#]],
    );
    check(
        "hooks:\n  a: { timing: pre, command: [x], steps: [s], needs: [a], env: [GIT_DIR, 'A B'] }\nenv: [LD_PRELOAD, A=B, CLAUDECODE, OK]\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:43: only a mid hook runs after steps, so only it can choose them [s]
contract.yaml:2:55: a hook cannot need itself [a]
contract.yaml:2:65: `GIT_DIR` changes what programs run, it is never passed on [GIT_DIR]
contract.yaml:2:74: `A B` is no name of a variable ['A B']
contract.yaml:3:7: `LD_PRELOAD` changes what programs run, it is never passed on [LD_PRELOAD]
contract.yaml:3:19: `A=B` is no name of a variable [A=B]
contract.yaml:3:24: `CLAUDECODE` changes what programs run, it is never passed on [CLAUDECODE]

"#]],
    );
    check(
        "hooks:\n  a: { timing: mid, command: [x], on: edit, blocking: false, timeout: 5, may-change: [x], env: [A], replace: true, skills: ['*'], steps: [a] }\n",
        str![[r#"
fine

"#]],
    );
}

#[test]
fn inputs() {
    check(
        "inputs:\n  1a: {}\n  b: { type: enum }\n  c: { type: enum, values: [] }\n  d: { values: [x] }\n  e: { type: enum, values: [x, 1], default: 2 }\n  f: { type: number, default: many }\n  g: { type: boolean, default: yes }\n  h: { default: x, required: true }\n  i: { type: nubmer }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:10:14: `nubmer` is none of `string`, `number`, `boolean`, `path`, `enum` [nubmer] | did you mean `number`?

"#]],
    );
    check(
        "inputs:\n  1a: {}\n  b: { type: enum }\n  c: { type: enum, values: [] }\n  d: { values: [x] }\n  e: { type: enum, values: [x, 1], default: 2 }\n  f: { type: number, default: many }\n  g: { type: boolean, default: yes }\n  h: { default: x, required: true }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:2:3: the name of an input is letters, digits, `-` and `_`, a letter first [1a]
contract.yaml:3:3: an enum needs `values` [b]
contract.yaml:4:28: an enum needs at least one value [[]]
contract.yaml:5:16: only an enum has `values` [[x]]
contract.yaml:6:45: `2` is none of `x`, `1` [2]
contract.yaml:7:31: `many` is no number [many]
contract.yaml:8:32: `yes` is neither `true` nor `false` [yes]
contract.yaml:9:30: what must be given needs no default [true]

"#]],
    );
    check(
        "inputs:\n  a: { type: number, default: 1.10 }\n  b: { type: enum, values: [1, x], default: 1 }\n  c: { type: path, required: true }\n  d: { type: boolean, default: true }\n  e:\n",
        str![[r#"
fine

"#]],
    );
}

#[test]
fn other_keys() {
    check(
        "verify: { reviewers: [{ model: haiku }, { lens: logic }], quorum: 3 }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:67: a quorum of 2 reviewers is 1 to 2 [3]

"#]],
    );
    check(
        "verify: { quorum: 0 }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:19: a quorum of 3 reviewers is 1 to 3 [0]

"#]],
    );
    check(
        "verify: { quorum: 3, canary: true }\n",
        str![[r#"
fine

"#]],
    );
    check(
        "retry: 1000\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:8: expected a number up to 255 or {times, on, backoff}, found `1000` [1000]

"#]],
    );
    check(
        "retry: often\nrequire: check\nload: lazy\nisolation: true\ngiven: [dif]\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:8: expected a number up to 255 or {times, on, backoff}, found the text `often` [often]
contract.yaml:2:10: `check` is none of `none`, `checks`, `panel` [check] | did you mean `checks`?
contract.yaml:3:7: `lazy` is none of `auto`, `whole`, `staged` [lazy]
contract.yaml:4:12: `true` is none of `none`, `worktree` [true]
contract.yaml:5:9: `dif` is none of `diff`, `staged`, `status`, `commits`, `hooks` [dif] | did you mean `diff`?

"#]],
    );
    check(
        "retry: { on: [failure], tries: 3 }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:15: `failure` is none of `failed`, `rejected`, `unavailable` [failure]
contract.yaml:1:25: unknown key `tries` [tries] | known keys: `times`, `on`, `backoff`

"#]],
    );
}

#[test]
fn outputs_agents_and_limits() {
    check(
        "output: ../x.json\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:9: a schema file lies in the skill's own folder [../x.json]

"#]],
    );
    check(
        "output: 3\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:9: expected the path of a JSON Schema in the skill's folder, or the schema itself, found `3` [3]

"#]],
    );
    check(
        "agent: { permission-mode: yolo, models: x, subagents: may }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:27: `yolo` is none of `plan`, `default`, `dontAsk`, `acceptEdits`, `bypassPermissions` [yolo]
contract.yaml:1:33: unknown key `models` [models] | did you mean `model`?
contract.yaml:1:55: `may` is none of `may-fail`, `must-succeed` [may] | did you mean `may-fail`?

"#]],
    );
    check(
        "limits: { usd: lots, time: long, context: 200%, tokens: -1, turn: 3 }\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:16: `lots` is no amount of dollars, write 0.50 [lots]
contract.yaml:1:28: `long` is no length of time, write 90s, 10m or 1h 30m [long]
contract.yaml:1:43: `200%` is no share, write 50% or 0.5 [200%]
contract.yaml:1:57: `-1` is no number of tokens, write 400000 or 400k [-1]
contract.yaml:1:61: unknown key `turn` [turn] | did you mean `turns`?

"#]],
    );
    check(
        "requires: { file: [x] }\nstep: []\n",
        str![[r#"
the contract contract.yaml is faulty (invalid)
contract.yaml:1:13: unknown key `file` [file] | did you mean `files`?
contract.yaml:2:1: unknown key `step` [step] | did you mean `steps`?

"#]],
    );
}

#[test]
fn the_schema_knows_every_key_and_describes_it() {
    let schema = schema();
    let keys: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_data_eq!(
        keys.join(" "),
        str![
            "inputs requires given steps repair output hooks verify limits require retry agent isolation load env"
        ]
    );
    for (key, property) in schema["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "{key} has no description: {property}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
