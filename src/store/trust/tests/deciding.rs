//! What a verdict means for a run.

use snapbox::{assert_data_eq, str};

use super::*;
use crate::model::{
    config::parse_project,
    contract::{config_asks, contract_asks, contract_without_asks, parse},
    yaml::plain::shown,
};

fn asks() -> Vec<Ask> {
    let config = parse_project(
        Path::new(".claude/atlas.yaml"),
        "hooks:\n  tests: { timing: post, command: [make, test], env: [TOKEN] }\n  clean: { timing: pre, use: clean-tree }\nagent: { edit: false, permission-mode: plan, model: x }\nlimits: { usd: 1 }\n",
    );
    let contract = parse(
        Path::new("contract.yaml"),
        "steps:\n  - { id: gather, run: [sh, -c, 'echo hi'] }\n  - run: [x]\n  - section: A\nverify: { evidence: { commands: { e: [cargo, test] } } }\nagent: { edit: true, tools: [Read, Bash], allow: ['Bash(*)'], permission-mode: bypassPermissions, mcp: [db] }\nenv: [A, B]\n",
    );
    let mut asks = config_asks(&config.unwrap());
    asks.extend(contract_asks(&contract.unwrap()));
    asks
}

#[test]
fn a_run_that_needs_trust_says_for_what() {
    let world = furnished();
    world.trust(Scope::Content);
    world.write("qc/a.py", "evil");
    world.write("skills/new/SKILL.md", "evil");
    let subject = Subject { digest: "0123abcd".to_owned(), ..world.subject() };
    let verdict = world.judge();
    let fault = decide(&subject, &verdict, &asks(), &TrustRequest::Stored).unwrap_err();
    assert_data_eq!(
        world.plain(&shown(&fault)),
        str![[r#"
REPO is not what was trusted (invalid)
  because new since: skills/new/SKILL.md
  because changed since: qc/a.py
  because hook tests would run `make test` (.claude/atlas.yaml:2)
  because env of hook tests would pass on the environment variables TOKEN (.claude/atlas.yaml:2)
  because hook clean would run atlas's own hook `clean-tree` (.claude/atlas.yaml:3)
  because step gather would run `sh -c "echo hi"` (contract.yaml:2)
  because step 2 would run `x` (contract.yaml:3)
  because evidence e would run `cargo test` (contract.yaml:5)
  because agent.edit would let the agent change files (contract.yaml:6)
  because agent.tools would give the agent Read, Bash (contract.yaml:6)
  because agent.allow would give the agent Bash(*) (contract.yaml:6)
  because agent.mcp would give the agent db (contract.yaml:6)
  because agent.permission-mode would set the permission mode bypassPermissions (contract.yaml:6)
  because env would pass on the environment variables A, B (contract.yaml:7)
hint: `atlas trust` shows what can execute here, and stores your answer
hint: `--trust=0123abcd` trusts exactly this content, for this run
hint: `--untrusted` runs without it, and shows each as a skipped check

"#]]
    );
    let without = decide(&subject, &verdict, &asks(), &TrustRequest::Without).unwrap();
    assert_data_eq!(
        format!("{without:#?}"),
        str![[r#"
Without {
    skipped: [
        "hook tests",
        "env of hook tests",
        "hook clean",
        "step gather",
        "step 2",
        "evidence e",
        "agent.edit",
        "agent.tools",
        "agent.allow",
        "agent.mcp",
        "agent.permission-mode",
        "env",
    ],
}
"#]]
    );
    let trusted = Verdict::Trusted(How::ThisRun);
    let decision = decide(&subject, &trusted, &asks(), &TrustRequest::ThisRun).unwrap();
    assert_eq!(decision, Decision::Trusted(How::ThisRun));
}

#[test]
fn a_run_that_asks_for_nothing_is_isolated() {
    let world = World::new();
    world.write("CLAUDE.md", "");
    world.write(".claude/settings.json", "{}");
    let decision = decide(&world.subject(), &world.judge(), &[], &TrustRequest::Stored).unwrap();
    assert_data_eq!(
        format!("{decision:#?}"),
        str![[r#"
Isolated {
    notice: Some(
        "runs isolated from .claude/settings.json, CLAUDE.md, which nobody trusted; see `atlas trust`",
    ),
}
"#]]
    );
    let world = World::new();
    let decision = decide(&world.subject(), &world.judge(), &[], &TrustRequest::Stored).unwrap();
    assert_eq!(decision, Decision::Isolated { notice: None });
}

#[test]
fn what_was_left_out_asks_for_nothing() {
    let text = "hooks: { a: { timing: pre, command: [x] } }\nagent: { edit: true, tools: [Bash], allow: [x], mcp: [y], permission-mode: acceptEdits, model: m }\nenv: [A]\nlimits: { usd: 1 }\nrequire: none\nisolation: none\n";
    let config = parse_project(Path::new("a"), text).unwrap();
    assert_eq!(config_asks(&config).len(), 9);
    let steps =
        "steps: [{ run: [x] }, { section: A }]\nverify: { evidence: { commands: { e: [x] } } }\n";
    let mut contract = parse(Path::new("a"), &format!("{text}{steps}")).unwrap();
    assert_eq!(contract_asks(&contract).len(), 11);
    contract.value = contract_without_asks(&contract.value).unwrap();
    assert_eq!(contract_asks(&contract), []);
    assert_eq!(contract.value.steps.len(), 1);
    let commands = parse(Path::new("a"), "steps: [{ run: [x] }]").unwrap();
    assert_eq!(contract_without_asks(&commands.value), None);
    let reading = parse(Path::new("a"), "agent: { tools: [Read, Grep] }").unwrap();
    assert_eq!(contract_asks(&reading), []);
    assert_eq!(contract_without_asks(&reading.value), Some(reading.value));
}

#[test]
fn a_repository_that_cannot_be_looked_at_is_not_trusted() {
    let world = World::new();
    symlink(world.folder.path(), world.root().join("skills")).unwrap();
    let settle = |asks: &[Ask], request: &TrustRequest| {
        let asking = Asking { request, always: &[], home: None };
        let root = world.root();
        let party = Party::look(Whose::Repository { root: &root, cwd: &root });
        settle(&party, asks, &world.store(), &asking)
    };
    for request in [TrustRequest::Stored, TrustRequest::ThisRun, TrustRequest::Without] {
        let decision = settle(&[], &request).unwrap();
        assert!(matches!(decision, Decision::Isolated { notice: Some(_) }), "{decision:?}");
    }
    assert!(settle(&asks(), &TrustRequest::ThisRun).is_err());
    let without = settle(&asks(), &TrustRequest::Without).unwrap();
    assert!(matches!(without, Decision::Without { .. }), "{without:?}");
}

#[test]
fn what_is_settled_is_what_was_judged() {
    let world = furnished();
    let asking = Asking { request: &TrustRequest::Stored, always: &[], home: None };
    let root = world.root();
    let settle = |asks: &[Ask]| {
        let party = Party::look(Whose::Repository { root: &root, cwd: &root });
        settle(&party, asks, &world.store(), &asking)
    };
    assert!(settle(&asks()).is_err());
    assert!(matches!(settle(&[]).unwrap(), Decision::Isolated { notice: Some(_) }));
    world.trust(Scope::Content);
    assert_eq!(settle(&asks()).unwrap(), Decision::Trusted(How::Content));
}
