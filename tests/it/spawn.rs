//! `atlas spawn`: tasks side by side, through the real `claude`; what the service says, and money.

mod hygiene;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::model::{Failure, Gate, Quota, Request, rule};
use crate::support::world::World;

/// Each task says what its sub-agent answers.
fn parrot() -> World {
    let world = World::scripted([rule().when_user("Say (\\w+)").says("$1")]);
    world.repo().commit("first");
    world
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Each result as its id, status and output.
fn told(text: &str) -> Vec<(String, String, Value)> {
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let one =
        |line: &Value| (text_of(&line["id"]), text_of(&line["status"]), line["output"].clone());
    lines(text).iter().map(one).collect()
}

fn row(id: &str, status: &str, output: Value) -> (String, String, Value) {
    (id.to_owned(), status.to_owned(), output)
}

/// So many tasks that are named by their numbers.
fn tasks(n: usize) -> Vec<String> {
    (1..=n).map(|n| format!("Say t{n}")).collect()
}

#[test]
fn words_are_tasks_and_results_are_lines() {
    let world = parrot();
    let args = ["spawn", "--ordered", "Say one", "Say two", "Say three"];
    let output = world.atlas(args).run().expect_code(0);
    let passed = |id, word| row(id, "passed", json!(word));
    let expected = [passed("1", "one"), passed("2", "two"), passed("3", "three")];
    assert_eq!(told(&output.stdout), expected);
    let first = &lines(&output.stdout)[0];
    assert_eq!((&first["attempts"], &first["reason"]), (&json!(1), &json!(null)));
    assert!(first["spend"]["usd_known"].as_f64().unwrap() > 0.0, "{first:#}");
    world.expect_valid_journal();
    let said = world.atlas(["spawn", "Say one"]).run().expect_code(0).stderr;
    world.check(
        &said,
        str![[r#"
spawn, sonnet, about 123 tokens, cap $2.00
ok: 1, [TIME], $0.0014
passed, checked by nobody, 1 of 1 task, $0.0014, [TIME], ...[SHORT]

"#]],
    );
}

#[test]
fn a_sub_agent_knows_its_task_and_nothing_else() {
    let world = parrot();
    world.write("CLAUDE.md", "The secret word is xylophone.").write("notes.md", "n@me\n");
    world.write("sub/file.txt", "x").personal_skill("other", "---\nname: other\n---\nOther words.");
    world.write(
        "tasks.jsonl",
        "{\"task\": \"Say one\", \"files\": [\"notes.md\"], \"context\": {\"key\": \"value\"}}\n\
         {\"id\": \"second\", \"task\": \"Say two\", \"cwd\": \"sub\", \"tools\": [\"Read\"]}\n",
    );
    let output = world.atlas(["spawn", "-f", "tasks.jsonl", "--ordered"]).run().expect_code(0);
    let passed = |id, word| row(id, "passed", json!(word));
    assert_eq!(told(&output.stdout), [passed("1", "one"), passed("second", "two")]);

    let requests = world.model().requests();
    let of = |word: &str| requests.iter().find(|request| request.user().contains(word)).unwrap();
    let (one, two) = (of("Say one"), of("Say two"));
    let tools = |request: &Request| -> Vec<String> {
        // claude's own way to find tools that it did not offer.
        let own = |tool: &&&str| **tool != "DeferredToolPlaceholder";
        request.tools().iter().filter(own).map(|tool| (*tool).to_owned()).collect()
    };
    assert_eq!((tools(one), tools(two)), (vec![], vec!["Read".to_owned()]));
    for request in [one, two] {
        let all = request.body.to_string();
        assert!(!all.contains("xylophone") && !all.contains("Other words"), "{all}");
    }
    assert!(one.user().contains("n\\@me") && one.user().contains("\"key\": \"value\""));
    assert!(!two.prompt().contains("n\\\\@me"), "each has its own context");
    assert!(two.prompt().contains("/sub"), "it works in its folder");
    let own = world.home().join(".cache/atlas/tasks");
    assert_eq!(std::fs::read_dir(own).unwrap().count(), 0, "folders of their own are gone");
    let conversations = world.home().join(".claude/projects");
    let kept = crate::support::world::files_below(&conversations);
    assert!(
        kept.iter().all(|file| Path::new(file).extension().is_none_or(|end| end != "jsonl")),
        "nobody goes on: {kept:?}"
    );
}

#[test]
fn an_answer_has_the_form_that_its_task_asks_for() {
    let world = World::scripted([
        rule().when_user("Name it").before_tool_result().returns(json!({ "name": "Oslo" })),
        rule().when_user("Refuse").before_tool_result().returns(json!({ "name": 7 })),
        rule().says("Done."),
    ]);
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    let task = |words: &str| json!({ "task": words, "schema": schema }).to_string();
    world.write("tasks.jsonl", format!("{}\n{}\n", task("Name it"), task("Refuse")));
    let args = ["spawn", "-f", "tasks.jsonl", "--format=json"];
    let result = world.atlas(args).run();
    let result = result.clone().expect_code(result.code.unwrap()).json();
    assert_ne!(result["exit_code"], 0, "one of them has no answer: {result:#}");
    let outputs = result["output"].as_array().unwrap();
    assert_eq!(
        (&outputs[0]["status"], &outputs[0]["output"]),
        (&json!("passed"), &json!({ "name": "Oslo" }))
    );
    assert_ne!(outputs[1]["status"], "passed", "{result:#}");
}

#[test]
fn everything_wrong_with_tasks_is_told_before_anything_starts() {
    let world = parrot();
    world.write(
        "tasks.jsonl",
        "{\"task\": \"Say one\", \"file\": [\"a\"]}\n{\"id\": \"x\"}\n{\"task\": \"Say two\"}\n",
    );
    let output = world.atlas(["spawn", "-f", "tasks.jsonl"]).run().expect_code(8);
    world.check(
        &output.stderr,
        str![[r#"
error: the tasks of tasks.jsonl are faulty
 --> tasks.jsonl:1:21
  |
1 | {"task": "Say one", "file": ["a"]}
  |                     ^^^^^^ unknown key `file`
2 | {"id": "x"}
  |
  = help: did you mean `files`?
 --> tasks.jsonl:2:1
  |
1 | {"task": "Say one", "file": ["a"]}
2 | {"id": "x"}
  | ^^^^^^^^^^^ `task` is missing: what shall be done
3 | {"task": "Say two"}
  |

"#]],
    );
    world.write(
        "tasks.jsonl",
        "{\"task\": \"x\", \"files\": [\"gone.md\"], \"cwd\": \"nowhere\"}\n",
    );
    let output = world.atlas(["spawn", "-f", "tasks.jsonl"]).run().expect_code(8);
    world.check(&output.stderr, str![[r#"
error: tasks name what cannot be used
 --> tasks.jsonl:1:25
  |
1 | {"task": "x", "files": ["gone.md"], "cwd": "nowhere"}
  |                         ^^^^^^^^^ cannot read `[ROOT]/repo/gone.md`: No such file or directory (os error 2)
 --> tasks.jsonl:1:44
  |
1 | {"task": "x", "files": ["gone.md"], "cwd": "nowhere"}
  |                                            ^^^^^^^^^ No such file or directory (os error 2)

"#]]);
    assert_eq!(world.model().requests().len(), 0);
    world.atlas(["spawn"]).run().expect_code(2);
}

#[test]
fn a_task_that_fails_stops_no_other_and_the_worst_one_decides() {
    let world = World::scripted([
        rule().when_user("Say blank").says(" "),
        rule().when_user("Say (\\w+)").says("$1"),
    ]);
    world.user_config("retry: 0");
    let args = ["spawn", "--ordered", "Say one", "Say blank", "Say two"];
    let output = world.atlas(args).run().expect_code(1);
    let expected = [
        row("1", "passed", json!("one")),
        row("2", "failed", json!(" ")),
        row("3", "passed", json!("two")),
    ];
    assert_eq!(told(&output.stdout), expected);
    assert!(output.stderr.contains("2 of 3 tasks"), "{output}");
    assert!(lines(&output.stdout)[1]["reason"].as_str().unwrap().contains("blank"));
}

/// Each answer costs four cents of the ten.
#[test]
fn sixteen_at_once_never_spend_more_than_one_answer_each_too_much() {
    let world = World::scripted([rule().says("dear").usage(20_000, 10)]);
    let args = ["spawn", "--max-usd=0.10", "--jobs=16", "--format=json"].map(str::to_owned);
    let output = world.atlas(args.into_iter().chain(tasks(16))).run().expect_code(6);
    let result = output.json();
    let charged = result["spend"]["usd_charged"].as_f64().unwrap();
    assert!(charged <= 0.10 + 0.0401, "{charged}");
    let results = result["output"].as_array().unwrap();
    let not_started = |one: &&Value| one["status"] == "cancelled" && one["reason"] == "not started";
    assert_eq!(results.iter().filter(|one| one["status"] == "passed").count(), 2, "{output}");
    assert_eq!(results.iter().filter(not_started).count(), 14, "{output}");
    assert!(output.stderr.contains("not started: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 4 more"));
    assert!(output.stderr.contains("--max-usd"), "{output}");
}

#[test]
fn a_task_has_a_cap_of_its_own() {
    let world = World::scripted([
        rule()
            .when_user("dear")
            .before_tool_result()
            .calls("Read", json!({"file_path": "a.txt"}))
            .usage(20_000, 10),
        rule().when_user("cheap").says("cheap"),
        rule().says("went on"),
    ]);
    world.write("a.txt", "a").write(
        "tasks.jsonl",
        "{\"task\": \"dear\", \"usd\": 0.01, \"tools\": [\"Read\"], \"cwd\": \".\"}\n{\"task\": \"cheap\"}\n",
    );
    let output = world.atlas(["spawn", "-f", "tasks.jsonl", "--ordered"]).run().expect_code(6);
    let results = told(&output.stdout);
    assert_eq!(results[0].1, "limit", "{output}");
    assert_eq!(results[1], row("2", "passed", json!("cheap")));
}

#[test]
fn a_killed_spawn_goes_on_and_what_was_killed_stays_charged() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().when_user("Say quick").says("quick"),
        rule().when_user("Say slow").times(1).says("slow").held_after(3, &gate),
        rule().when_user("Say slow").says("slow"),
    ]);
    world.repo().commit("first");
    let running = world.atlas(["spawn", "Say quick", "Say slow"]).spawn();
    running.wait_for_stdout("\"quick\"");
    gate.wait_until_reached();
    running.signal(rustix::process::Signal::KILL);
    running.wait();

    let output = world.atlas(["resume", "--wait", "--format=json"]).run().expect_code(0);

    let result = output.json();
    let spend = &result["spend"];
    assert_eq!((&spend["calls"], &spend["calls_unknown"]), (&json!(3), &json!(1)), "{spend:#}");
    let more = spend["usd_charged"].as_f64().unwrap() - spend["usd_known"].as_f64().unwrap();
    assert!(more >= 0.05 - 1e-9, "the reservation of the killed call: {spend:#}");
    let outputs: Vec<&Value> =
        result["output"].as_array().unwrap().iter().map(|one| &one["output"]).collect();
    assert_eq!(outputs, ["quick", "slow"]);
    let quick = |request: &&std::sync::Arc<Request>| request.user().contains("quick");
    assert_eq!(world.model().requests().iter().filter(quick).count(), 1, "paid once");
    let again = world.atlas(["resume", "--last"]).run().expect_code(0);
    assert_eq!(told(&again.stdout).len(), 2, "told again, as lines");
}

/// One is answered, so that three may ask at once; two of them wait for an answer that never comes
/// when the third one is refused.
#[test]
fn a_refused_login_ends_all_at_once() {
    let (never, late) = (Gate::shut(), Gate::shut());
    let world = World::scripted([
        rule().when_user("Say t1\\b").says("t1"),
        rule().when_user("Say t[23]\\b").says("late").held_by(&never),
        rule().fails(Failure::unauthorized()).held_by(&late),
    ]);
    let args = ["spawn", "--jobs=16", "--no-stagger"].map(str::to_owned);
    let running = world.atlas(args.into_iter().chain(tasks(16))).spawn();
    world.model().wait_for_requests(4);
    late.open();
    let since = Instant::now();
    let output = running.wait().expect_code(7);
    // Three programs have to end, on a machine that may be busy; what is held would never end.
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    assert!(world.model().requests().len() <= 5, "the refused one asks twice at most");
    let told = told(&output.stdout);
    assert_eq!(told.len(), 16, "each is listed");
    assert_eq!(told.iter().filter(|(_, status, _)| status == "passed").count(), 1, "{output}");
    assert!(output.stderr.contains("login was refused"), "{output}");
}

#[test]
fn a_used_up_quota_starts_nothing_more() {
    let world = World::scripted([rule().quota(&Quota::rejected("five_hour", 4_000_000_000))]);
    let args = ["spawn", "--jobs=16", "--format=json"].map(str::to_owned);
    let output = world
        .atlas(args.into_iter().chain(tasks(16)))
        .without_env("ANTHROPIC_API_KEY")
        .env("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        .run()
        .expect_code(7);
    assert_eq!(world.model().requests().len(), 2, "the two that had begun");
    assert_eq!(output.json()["unavailable"]["window"], "five_hour");
}

/// Two are answered, so that four may ask at once; from then on the service takes two at a time,
/// and refuses whoever comes beside them.
#[test]
fn tasks_find_out_how_many_the_service_takes() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().when_user("Say (\\w+)").times(2).says("$1"),
        rule()
            .when_user("Say (\\w+)")
            .says("$1")
            .held_by(&gate)
            .takes(Duration::from_millis(100))
            .refuses_above(2),
    ]);
    world.user_config("retry: { times: 1, backoff: 10ms }");
    let args = ["spawn", "--jobs=6", "--no-stagger"].map(str::to_owned);
    let running = world.atlas(args.into_iter().chain(tasks(8))).spawn();
    world.model().wait_for_requests(6);
    gate.open();
    let output = running.wait().expect_code(0);
    let mut ids: Vec<String> = told(&output.stdout).into_iter().map(|(id, ..)| id).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    let (answered, refused) =
        (world.events("call_answered").len(), world.events("call_refused").len());
    assert_eq!(answered, 8);
    assert!((1..=8).contains(&refused), "most are let in when there is room: {refused}");
}

#[test]
fn of_four_that_begin_alike_one_goes_ahead() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().times(1).says("first").held_by(&gate),
        rule().when_user("Say (\\w+)").says("$1"),
    ]);
    let context = "c".repeat(5_000);
    let line = |n: usize| json!({ "task": format!("Say t{n}"), "context": context }).to_string();
    world.write("tasks.jsonl", (1..=4).map(line).collect::<Vec<_>>().join("\n"));
    let running = world.atlas(["spawn", "-f", "tasks.jsonl", "--jobs=4"]).spawn();
    gate.wait_until_reached();
    assert_eq!(world.events("step_started").len(), 1, "the others wait for its first answer");
    gate.open();
    running.wait().expect_code(0);
    let types = world.event_types();
    let answered = types.iter().position(|kind| kind == "call_answered").unwrap();
    let second = types.iter().enumerate().filter(|(_, kind)| *kind == "step_started").nth(1);
    assert!(second.unwrap().0 > answered);
}

#[test]
fn turns_that_a_resume_raises_are_those_of_each_task() {
    let out_of_turns = json!({
        "type": "result", "subtype": "error_max_turns", "is_error": true, "session_id": "$SESSION",
        "num_turns": 3, "total_cost_usd": 0.01, "permission_denials": [],
    });
    let script = Script::plays([Step::Init, Step::Event(out_of_turns.clone())])
        .then([Step::Init, Step::Event(out_of_turns)])
        .then([Step::Success("done".to_owned())]);
    let world = World::faked(&script);
    world.repo().commit("first");
    let args = ["spawn", "Say a", "Say b", "--max-turns=3", "-j1"];
    world.atlas(args).run().expect_code(6);
    world.atlas(["resume", "--last", "--max-turns=5"]).run().expect_code(0);
    let turns: Vec<Value> = world.fake().starts().iter().filter_map(turns).collect();
    assert_eq!(turns, ["3", "3", "5", "5"]);
}

/// The turns that a call was given, where it was one.
fn turns(start: &Value) -> Option<Value> {
    let args = start["args"].as_array()?;
    let flag = args.iter().position(|arg| arg == "--max-turns")?;
    args.get(flag + 1).cloned()
}

/// What each call uses is below the limit; what all of them use together is not, and those that are
/// under way go on no further.
#[test]
fn tokens_of_calls_side_by_side_are_counted_together() {
    let world = World::scripted([
        rule().before_tool_result().calls("Read", json!({"file_path": "a.txt"})).usage(1_000, 10),
        rule().says("went on").usage(1_000, 10),
    ]);
    world.write("a.txt", "a").user_config("limits: { tokens: 2500 }").repo().commit("first");
    let task = |n| format!("{{\"task\": \"Say t{n}\", \"tools\": [\"Read\"], \"cwd\": \".\"}}\n");
    world.write("tasks.jsonl", (1..=4).map(task).collect::<String>());
    let output = world.atlas(["spawn", "-f", "tasks.jsonl", "-j4", "--no-stagger"]).run();
    let output = output.expect_code(6);
    assert!(output.stderr.contains("tokens"), "{output}");
}
