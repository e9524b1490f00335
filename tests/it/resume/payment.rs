//! What a resume pays for: only what was not finished.

use rustix::process::Signal;
use serde_json::json;

use super::chain::{asked, held_in_the_second, kill, resume, start, world};
use crate::support::fake::{Script, Step};
use crate::support::files::read;
use crate::support::meeting::Meeting;
use crate::support::model::{Gate, rule};
use crate::support::world::World;

#[test]
pub(crate) fn a_killed_run_goes_on_and_pays_for_nothing_twice() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    kill(start(&world, &gate, &[]));
    assert_eq!(world.model().requests().len(), 2);

    let output = resume(&world, &["--format=json"]).expect_code(0);

    assert_eq!(asked(&world, "Gather the facts"), 1, "the finished step is not asked again");
    assert_eq!(world.model().requests().len(), 3);
    let result = output.json();
    assert_eq!((&result["status"], &result["output"]), (&json!("passed"), &json!("they hold")));
    let spend = &result["spend"];
    assert_eq!((&spend["calls"], &spend["calls_unknown"]), (&json!(3), &json!(1)), "{spend:#}");
    assert!(spend["usd_charged"].as_f64() > spend["usd_known"].as_f64(), "{spend:#}");
    let second = world.model().requests()[2].body["messages"].to_string();
    assert!(second.contains("You were interrupted"), "the conversation goes on: {second}");
    world.expect_valid_journal();
}

#[test]
fn what_the_stream_of_a_killed_call_shows_counts() {
    let gate = Gate::shut();
    let world = world([
        rule().when_prompt("Gather the facts").says("three facts"),
        rule().times(1).says("they h").usage(7_000, 11).held_after(3, &gate),
        rule().says("they hold"),
    ]);
    let running = start(&world, &gate, &[]);
    // The model has sent it; atlas may not have heard it yet.
    let stream = world.session().join("runs/1/steps/judge/1/stream.jsonl");
    while !read(&stream).contains("message_start") {
        std::thread::yield_now();
    }
    kill(running);

    resume(&world, &[]).expect_code(0);

    let closed = &world.events("run_resumed")[0]["closed"][0];
    assert_eq!(closed["step"], "judge", "{closed:#}");
    assert_eq!(closed["spend"]["usd"], json!(null), "nobody told a price: {closed:#}");
    assert_eq!(closed["spend"]["tokens"]["input"], 7_000, "{closed:#}");
}

#[test]
fn a_kill_in_a_check_pays_the_finished_call_once() {
    let meeting = Meeting::new();
    let world = World::scripted([rule().says("Hello.")]);
    // The hook waits when it runs first; later it is content.
    let script = format!(
        "if [ -e met ]; then exit 0; fi; touch met; exec 3<>/dev/tcp/{}; read -r word <&3",
        meeting.address().replace(':', "/")
    );
    let hook = format!("command: [bash, -c, '{script}']");
    world.user_config(&format!("hooks: {{ slow: {{ timing: post, {hook} }} }}")).greet();
    let running = world.atlas(["run", "greet"]).spawn();
    let _guest = meeting.wait_for_guest();
    kill(running);
    assert_eq!(world.model().requests().len(), 1);

    let output = resume(&world, &[]).expect_code(0);

    assert_eq!(output.stdout, "Hello.\n");
    assert_eq!(world.model().requests().len(), 1, "nothing is asked again");
    assert_eq!(world.events("call_started").len(), 1);
}

#[test]
fn an_interrupt_in_a_check_pays_the_finished_call_once() {
    let meeting = Meeting::new();
    let world = World::scripted([rule().says("Hello.")]);
    let script = format!(
        "if [ -e met ]; then exit 0; fi; touch met; exec 3<>/dev/tcp/{}; read -r word <&3",
        meeting.address().replace(':', "/")
    );
    let hook = format!("command: [bash, -c, '{script}']");
    world.user_config(&format!("hooks: {{ slow: {{ timing: mid, {hook} }} }}")).greet();
    let running = world.atlas(["run", "greet"]).spawn();
    let _guest = meeting.wait_for_guest();
    running.signal(Signal::TERM);
    running.wait().expect_code(143);

    let output = resume(&world, &[]).expect_code(0);

    assert_eq!(output.stdout, "Hello.\n");
    assert_eq!(world.model().requests().len(), 1, "nothing is asked again");
}

#[test]
fn a_resume_that_is_killed_can_be_resumed() {
    let gates = [Gate::shut(), Gate::shut(), Gate::shut()];
    let [first, second, third] = &gates;
    let world = world([
        rule().when_prompt("Gather the facts").says("three facts"),
        rule().times(1).says("one").held_after(3, first),
        rule().times(1).says("two").held_after(3, second),
        rule().times(1).says("three").held_after(3, third),
        rule().says("they hold"),
    ]);
    kill(start(&world, first, &[]));
    for gate in [second, third] {
        let running = world.atlas(["resume", "--last", "--wait"]).spawn();
        gate.wait_until_reached();
        kill(running);
    }

    let output = resume(&world, &["--format=json"]).expect_code(0);

    assert_eq!(asked(&world, "Gather the facts"), 1);
    assert_eq!(world.model().requests().len(), 5, "at most one more for every crash");
    assert_eq!(output.json()["spend"]["calls_unknown"], 3);
    world.expect_valid_journal();
}

#[test]
fn what_a_resumed_conversation_costs_is_a_difference() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().times(1).says("Hm.").usage(100_000, 1_000),
        rule().times(1).says("almost").usage(1_000, 10).held_after(3, &gate),
        rule().says("Hello.").usage(1_000, 10),
    ]);
    let refuses_once = "command: [sh, -c, '[ -e met ] || { touch met; exit 1; }']";
    world.user_config(&format!("hooks: {{ h: {{ timing: post, {refuses_once} }} }}")).greet();
    let running = world.atlas(["run", "greet"]).spawn();
    gate.wait_until_reached();
    running.signal(Signal::TERM);
    running.wait().expect_code(143);

    resume(&world, &[]).expect_code(0);

    let ended = world.events("call_ended");
    let usd = |n: usize| ended[n]["spend"]["usd"].as_f64();
    assert!(usd(0) > Some(0.20), "{ended:#?}");
    assert!(usd(2) < Some(0.05), "the conversation's total without what it was: {ended:#?}");
}

/// What the day's ledger was told last of each call.
fn day(world: &World) -> Vec<(String, serde_json::Value)> {
    let mut told = std::collections::BTreeMap::new();
    for line in read(&world.state_folder().join("ledger.jsonl")).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = line["id"].as_str().unwrap().to_owned();
        told.insert(id, (line["kind"].as_str().unwrap().to_owned(), line["usd"].clone()));
    }
    told.into_values().collect()
}

/// A price that was told before the kill, and one that nobody told and that is charged as reserved.
#[test]
fn a_resume_tells_the_day_what_a_killed_call_is_charged() {
    for (told, charged) in [(true, 0.002_65), (false, 0.05)] {
        let meeting = Meeting::new();
        let first = if told { Step::Success("Hello.".to_owned()) } else { Step::Init };
        let script = Script::plays([first, Step::Meet(meeting.address()), Step::Hang])
            .then([Step::Success("Hello.".to_owned())]);
        let world = World::faked(&script);
        world.greet();
        let running = world.atlas(["run", "greet"]).spawn();
        let _guest = meeting.wait_for_guest();
        kill(running);
        assert_eq!(day(&world), [("reserve".to_owned(), json!(0.05))]);

        resume(&world, &[]).expect_code(0);

        let day = day(&world);
        assert!(day.iter().all(|(kind, _)| kind == "settle"), "{day:?}");
        assert!(day.iter().any(|(_, usd)| *usd == json!(charged)), "{charged}: {day:?}");
    }
}
