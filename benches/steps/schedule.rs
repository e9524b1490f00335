//! What the scheduler takes for a step: the pure function and the fold, with commands that end at
//! once.

use std::time::Instant;

use serde_json::json;

use atlas::model::{
    call::CallOutcome,
    run::{
        Effect, Event, Plan, State,
        event::{CommandEnded, Decision},
        next,
        plan::{CommandPlan, Does, Items, Node},
    },
};

/// How many steps.
const SIZES: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// Prints what a step takes, by size.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
pub(crate) fn measure() {
    println!("the scheduler alone, microseconds a step");
    for (name, plan) in [("chain", chain as fn(u32) -> Plan), ("fan-out", fan_out)] {
        for size in SIZES {
            // The best of a few: everything else on the machine only adds.
            let runs = (0..5).map(|_| {
                let plan = plan(size);
                let started = Instant::now();
                let steps = run(&plan, size);
                assert_eq!(steps, size);
                started.elapsed().as_secs_f64() * 1e6 / f64::from(size)
            });
            println!("  {name:8} {size:7} {:8.2}", runs.fold(f64::INFINITY, f64::min));
        }
    }
}

fn command(id: String) -> CommandPlan {
    let (parse, output, timeout, env) = Default::default();
    CommandPlan { id, argv: vec!["true".to_owned()], parse, output, timeout, env }
}

fn bare() -> Plan {
    let plan = json!({
        "skill": { "name": "s", "dir": "/s", "source": "bench", "digest": "" },
        "root": null, "cwd": "/", "isolation": "none", "apply": false, "inputs": {},
        "requires": { "files": [], "commands": [], "env": [] },
        "hooks": [], "skipped": [], "steps": [], "output": null, "repair": "",
        "retry": { "times": 0, "on": [], "backoff": "1s" },
        "limits": {
            "usd": null, "usd_per_day": null, "tokens": null, "turns": 50, "time": "30m",
            "idle": "5m", "start": "60s", "after_result": "30s", "grace": "3s",
            "context": "50%", "quota": "80%",
        },
        "require": "none", "settings": [],
    });
    serde_json::from_value(plan).expect("the plan is one")
}

fn chain(size: u32) -> Plan {
    let ids = (0..size).map(|step| format!("s{step}"));
    Plan {
        tree: ids.clone().map(|id| Node::plain(id, Does::Run)).collect(),
        commands: ids.map(command).collect(),
        ..bare()
    }
}

fn fan_out(_: u32) -> Plan {
    let each = Does::Each {
        items: Items::Expression("x".to_owned()),
        name: "x".to_owned(),
        max: None,
        steps: vec![Node::plain("s", Does::Run)],
    };
    Plan {
        tree: vec![Node::plain("all", each)],
        commands: vec![command("all/s".to_owned())],
        ..bare()
    }
}

/// Runs it to its end, and says how many commands ran.
fn run(plan: &Plan, size: u32) -> u32 {
    let mut state = State::default();
    state.apply(&Event::Plan { hash: String::new(), plan: Box::new(plan.clone()) });
    let mut ran = 0;
    while state.end.is_none() {
        for effect in next(plan, &state) {
            match effect {
                Effect::Record(event) => state.apply(&event),
                Effect::Decide { step } => {
                    let things = Some((0..size).map(serde_json::Value::from).collect());
                    let decision = Decision { runs: true, things, case: None };
                    state.apply(&Event::Decided { step, decision });
                }
                Effect::Run { step, attempt, .. } => {
                    ran += 1;
                    let argv = vec!["true".to_owned()];
                    state.apply(&Event::CommandStarted { step: step.clone(), attempt, argv });
                    state.apply(&Event::CommandEnded(Box::new(CommandEnded {
                        step,
                        attempt,
                        outcome: CallOutcome::Succeeded,
                        output: None,
                        checks: Vec::new(),
                        findings: Vec::new(),
                        ms: 1,
                    })));
                }
                other => panic!("nobody asked for {other:?}"),
            }
        }
    }
    ran
}
