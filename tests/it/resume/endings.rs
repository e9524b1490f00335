//! How a run ended decides how it goes on, and every ending says so itself.

use rustix::process::Signal;
use snapbox::str;

use super::chain::{asked, held_in_the_second, resume, start};
use crate::support::model::{Failure, Gate, rule};
use crate::support::programs::Output;
use crate::support::world::World;

/// The command that the last words of a run name, as a person would type it again.
fn command(output: &Output) -> Vec<String> {
    let from = output.stderr.rfind("`atlas resume").unwrap_or_else(|| panic!("{output}"));
    let command = output.stderr[from + 1..].split('`').next().unwrap();
    command.split(' ').skip(1).map(str::to_owned).collect()
}

#[test]
fn an_interrupted_run_says_how_it_goes_on() {
    for (signal, code) in
        [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)]
    {
        let gate = Gate::shut();
        let world = held_in_the_second(&gate);
        let running = start(&world, &gate, &[]);
        running.signal(signal);
        let output = running.wait().expect_code(code);

        let output = world.atlas(command(&output)).run().expect_code(0);

        assert_eq!(output.stdout, "they hold\n");
        assert_eq!(asked(&world, "Gather the facts"), 1);
    }
}

#[test]
fn a_run_out_of_money_names_the_flag_to_raise() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let output = world.atlas(["run", "greet", "--max-usd=0.01"]).run().expect_code(6);
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $0.01
limit, nothing spent, [TIME], ...[SHORT]
warning: usd: $0.00 of $0.01 is spent, and `skill` reserves $0.05; raise it with `--max-usd`
hint: go on with `atlas resume [SHORT] --max-usd 0.05`

"#]],
    );
    resume(&world, &[]).expect_code(6);
    assert_eq!(world.model().requests().len(), 0, "the old limit still counts");

    let output = world.atlas(command(&output)).run().expect_code(0);

    assert_eq!(output.stdout, "Hello.\n");
    assert_eq!(world.model().requests().len(), 1);
}

#[test]
fn a_raised_limit_counts_for_later_resumes_too() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().times(1).says("almost").held_after(3, &gate),
        rule().says("Hello."),
    ]);
    world.greet();
    world.atlas(["run", "greet", "--max-usd=0.01"]).run().expect_code(6);
    let running = world.atlas(["resume", "--last", "--max-usd=1"]).spawn();
    gate.wait_until_reached();
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    resume(&world, &[]).expect_code(0);
}

#[test]
fn time_is_counted_without_the_pause() {
    let world = World::scripted([rule().says("Hello.")]);
    let slow = "command: [sh, -c, '[ -e fast ] || exec sleep 1000']";
    world.user_config(&format!("hooks: {{ slow: {{ timing: pre, {slow} }} }}")).greet();
    world.atlas(["run", "greet", "--timeout=1s"]).run().expect_code(6);
    world.write("fast", "");
    resume(&world, &[]).expect_code(6);
    assert_eq!(world.model().requests().len(), 0, "the second is used up");

    let result = resume(&world, &["--timeout=1h", "--format=json"]).expect_code(0).json();

    assert!(result["duration_ms"].as_u64() >= Some(1000), "with what it took before: {result:#}");
}

#[test]
fn a_service_that_is_back_is_asked_again() {
    let world =
        World::scripted([rule().times(1).fails(Failure::unauthorized()), rule().says("Hello.")]);
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(7);
    let output = world.atlas(command(&output)).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}

#[test]
fn a_run_that_has_ended_is_told_again_and_costs_nothing() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let first = world.atlas(["run", "greet"]).run().expect_code(0);

    let again = resume(&world, &[]).expect_code(0);

    assert_eq!((again.stdout.as_str(), world.model().requests().len()), ("Hello.\n", 1));
    assert_eq!(first.stdout, again.stdout);
    world.check(
        &again.stderr,
        str![[r#"
note: this run has ended: there is nothing to go on with
passed, checked by nobody, $0.0046, [TIME], ...[SHORT]
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
    let nothing = world.atlas(["resume"]).run().expect_code(2);
    assert!(nothing.stderr.contains("no run here is unfinished"), "{nothing}");
}

#[test]
fn a_rejected_run_keeps_its_exit_code() {
    let world = World::scripted([rule().says("Hello.")]);
    world.user_config("retry: 0\nhooks: { no: { timing: post, command: ['false'] } }").greet();
    world.atlas(["run", "greet"]).run().expect_code(4);
    resume(&world, &[]).expect_code(4);
    assert_eq!(world.model().requests().len(), 1);
}

#[test]
fn a_check_that_could_not_run_is_run_again_and_nothing_else() {
    let world = World::scripted([rule().says("Hello.")]);
    world.user_config("hooks: { later: { timing: post, command: [./later] } }").greet();
    world.atlas(["run", "greet"]).run().expect_code(5);
    world.write("later", "#!/bin/sh\nexit 0\n");
    world.program("chmod".as_ref(), ["+x", "later"]).run().expect_code(0);

    let output = resume(&world, &["--accept-changes"]).expect_code(0);

    assert_eq!(output.stdout, "Hello.\n");
    assert_eq!(world.model().requests().len(), 1, "the work is paid for already");
}

#[test]
fn the_next_run_names_what_is_not_finished() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    let running = start(&world, &gate, &[]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    let show = world.atlas(["session", "show"]).run().expect_code(0);
    assert!(show.stdout.contains("go on with `atlas resume "), "{show}");

    let output = world.atlas(["run", "chain"]).run().expect_code(0);

    let line = output.stderr.lines().find(|line| line.contains("not finished")).unwrap();
    world.check(
        line,
        str!["note: not finished: chain, interrupted; go on with `atlas resume [SHORT]`"],
    );
}
