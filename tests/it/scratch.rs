//! Scratch pads: notes that agents, hooks and people leave in a session, through the program
//! itself.

use regex::Regex;
use serde_json::json;
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::rule;
use crate::support::world::{GREET, World};

/// A world with one session, in which the skill `greet` passed.
fn with_a_session() -> World {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    world.skill("greet", GREET).repo().commit("first");
    world.atlas(["run", "greet"]).run().expect_code(0);
    world
}

fn shown(world: &World, args: &[&str]) -> String {
    let output = world.atlas(args).run();
    let code = output.code.expect("atlas ends by itself");
    let args = args.join(" ");
    let shown = format!("$ atlas {args}\n{}{}--- exit {code}\n", output.stdout, output.stderr);
    let moment = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    moment.replace_all(&shown, "[MOMENT]").into_owned()
}

/// Three notes under two keys, one of them from another step.
fn add_notes(world: &World) -> String {
    let commands: [&[&str]; 7] = [
        &["scratch", "list"],
        &["scratch", "add", "branch", "main"],
        &["scratch", "add", "count", "3", "--text"],
        &["scratch", "add", "failing", r#"["a::b", {"c": null}]"#, "--step", "judge"],
        &["scratch", "add", "branch", r#""a\nb""#],
        &["scratch", "add", "broken", "{\"a\":"],
        &["scratch", "add", "", "1"],
    ];
    commands.iter().map(|args| shown(world, args)).collect()
}

#[test]
fn notes_are_added() {
    let world = with_a_session();
    world.check(
        &add_notes(&world),
        str![[r#"
$ atlas scratch list
no notes here yet; `atlas scratch add KEY VALUE` makes one
--- exit 0
$ atlas scratch add branch main
--- exit 0
$ atlas scratch add count 3 --text
--- exit 0
$ atlas scratch add failing ["a::b", {"c": null}] --step judge
--- exit 0
$ atlas scratch add branch "a/nb"
--- exit 0
$ atlas scratch add broken {"a":
error: the value begins like JSON and is none
caused by: EOF while parsing a value at line 1 column 5
hint: `--text` takes it as a text
--- exit 2
$ atlas scratch add  1
error: this is no key for a scratch pad
caused by: it is empty
--- exit 2

"#]],
    );
}

#[test]
fn notes_are_read_back() {
    let world = with_a_session();
    add_notes(&world);
    let commands: [&[&str]; 7] = [
        &["scratch", "get", "branch"],
        &["scratch", "get", "failing", "--step", "gather"],
        &["scratch", "get", "failing", "--format", "json"],
        &["scratch", "get", "nothing"],
        &["scratch", "list", "--step", "judge"],
        &["scratch", "summary"],
        &["scratch", "summary", "--session", "zzzz"],
    ];
    let shown: String = commands.iter().map(|args| shown(&world, args)).collect();
    world.check(
        &shown,
        str![[r#"
$ atlas scratch get branch
a
b
--- exit 0
$ atlas scratch get failing --step gather
error: there is no note on `failing`
hint: `atlas scratch list` shows all that there are
--- exit 1
$ atlas scratch get failing --format json
{
  "schema_version": 1,
  "key": "failing",
  "value": [
    "a::b",
    {
      "c": null
    }
  ],
  "at": "[MOMENT]",
  "run": null,
  "step": "judge",
  "unit": null,
  "standing": "confirmed"
}
--- exit 0
$ atlas scratch get nothing
error: there is no note on `nothing`
hint: `atlas scratch list` shows all that there are
--- exit 1
$ atlas scratch list --step judge
at                    from   key      value
[MOMENT]  judge  failing  ["a::b",{"c":null}]
--- exit 0
$ atlas scratch summary
{"key":"branch","value":"a/nb"}
{"key":"failing","value":["a::b",{"c":null}],"step":"judge"}
{"key":"count","value":"3"}
--- exit 0
$ atlas scratch summary --session zzzz
error: no session answers to `zzzz`
hint: `atlas session list` shows them all
--- exit 2

"#]],
    );
}

#[test]
fn a_value_may_come_from_stdin() {
    let world = with_a_session();
    world.atlas(["scratch", "add", "k", "-"]).stdin("{\"a\": [1, 2]}\n").run().expect_code(0);
    world.atlas(["scratch", "add", "t", "-"]).stdin("two\nlines\n").run().expect_code(0);
    assert_eq!(world.atlas(["scratch", "get", "k"]).run().stdout, "{\"a\":[1,2]}\n");
    assert_eq!(world.atlas(["scratch", "get", "t"]).run().stdout, "two\nlines\n");
}

/// What is found in a pad moves no cursor and recolors nothing.
#[test]
fn a_poisoned_value_stays_data() {
    let world = with_a_session();
    let poison = "\u{1b}[2J\u{202e}PASSED\rdone";
    world.atlas(["scratch", "add", "k", poison]).run().expect_code(0);
    for args in [&["scratch", "list"][..], &["scratch", "summary"]] {
        let output = world.atlas(args).run().expect_code(0).stdout;
        assert!(output.contains("PASSED"), "{output}");
        assert!(!output.contains(['\u{1b}', '\u{202e}', '\r']), "{output:?}");
    }
    // A program gets what was written.
    assert_eq!(world.atlas(["scratch", "get", "k"]).run().stdout, format!("{poison}\n"));
    let planted = world.root().join("20261120-120000-abcd");
    files::write(&planted.join("other"), "");
    let refused = world.atlas(["scratch", "add", "k", "1"]).env("ATLAS_SESSION", &planted).run();
    assert!(refused.expect_code(2).stderr.contains("it has no journal"));
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let world = with_a_session();
    let long = "x".repeat(20_000);
    let writers: Vec<_> = (0..32)
        .map(|n| world.atlas(["scratch", "add", &format!("key-{n}"), &long]).spawn())
        .collect();
    for writer in writers {
        writer.wait().expect_code(0);
    }
    let list = world.atlas(["scratch", "list", "--format=json"]).run().expect_code(0).json();
    assert_eq!(list["notes"].as_array().unwrap().len(), 32);
    assert_eq!(list["unreadable"], 0);
}

const CHAIN: &str = "---\nname: chain\ndescription: Two sections\nallowed-tools: Read\n---\n# Chain\n\n\
                     ## Gather\n\nGather the facts.\n\n## Judge\n\nJudge what was gathered.\n";

/// An agent that was allowed nothing can note something; a hook reads it and notes more; both are
/// confirmed by the step that ended after them.
#[test]
fn agents_and_hooks_reach_the_pad_of_their_session() {
    let world = World::scripted([
        rule()
            .when_prompt("Gather the facts")
            .before_tool_result()
            .calls("Bash", json!({"command": "atlas scratch add found '{\"files\": 3}'"})),
        rule().when_prompt("Gather the facts").after_tool_result().says("three"),
        rule()
            .when_prompt("Judge what was gathered")
            .before_tool_result()
            .calls("Bash", json!({"command": "atlas scratch summary"})),
        rule().when_prompt("Judge what was gathered").after_tool_result().says("they hold"),
    ]);
    world.skill("chain", CHAIN);
    world.write(
        ".claude/skills/chain/contract.yaml",
        "steps:\n  - { id: gather, section: Gather }\n  - { id: judge, section: Judge }\n\
         agent: { tools: [Read, Bash] }\n\
         hooks:\n  note: { timing: mid, steps: [gather], command: [atlas, scratch, add, seen, 'true'] }\n",
    );
    world.repo().commit("first");
    let run = world.atlas(["run", "chain", "--trust", "--format=json"]).run().expect_code(0);
    assert_eq!(run.json()["output"], "they hold", "{run}");

    let asked = world.model().requests().last().unwrap().body["messages"].to_string();
    assert!(asked.contains(r#"```json\n{\"key\":\"seen\""#), "the step is told by itself: {asked}");
    assert!(asked.contains(r#"{\"key\":\"seen\",\"value\":true"#), "{asked}");
    let list = world.atlas(["scratch", "list", "--format=json"]).run().expect_code(0).json();
    let notes = list["notes"].as_array().unwrap();
    let from: Vec<_> = notes.iter().map(|it| (&it["key"], &it["unit"], &it["run"])).collect();
    assert_eq!(
        from,
        [
            (&json!("found"), &json!("gather/1"), &json!(1)),
            (&json!("seen"), &json!("hook/note/gather/1"), &json!(1)),
        ]
    );
    let pad = files::read(&world.session().join("scratch.jsonl"));
    let ended = world.journal().into_iter().find(|line| line["type"] == "step_ended").unwrap();
    assert_eq!(ended["scratch"]["bytes"], pad.len());
}

/// After a crash nobody knows whether what a half-done step noted is all that it had to say.
#[test]
fn notes_of_a_step_that_never_ended_show_as_unconfirmed() {
    let world = with_a_session();
    world.atlas(["scratch", "add", "by", "a person"]).run().expect_code(0);
    let session = world.session();
    let journal = session.join("journal.jsonl");
    let lines = files::read(&journal);
    // As if atlas had been killed before its first step had ended.
    let until = lines.split_inclusive('\n').take_while(|line| !line.contains("step_ended"));
    files::write(&journal, until.collect::<String>());
    world
        .atlas(["scratch", "add", "half", "done"])
        .env("ATLAS_SESSION", &session)
        .env("ATLAS_RUN", "1")
        .env("ATLAS_UNIT", "s/1/n/skill/1")
        .run()
        .expect_code(0);
    let list = world.atlas(["scratch", "list", "--format=json"]).run().expect_code(0).json();
    let standings: Vec<_> =
        list["notes"].as_array().unwrap().iter().map(|it| it["standing"].as_str()).collect();
    assert_eq!(standings, [Some("confirmed"), Some("unconfirmed")]);
    let text = world.atlas(["scratch", "list"]).run().expect_code(0).stdout;
    assert!(text.contains("skill/1 (unconfirmed)"), "{text}");
}
