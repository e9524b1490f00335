//! How a step can end, and what that does to the steps around it.

use serde_json::Value;

use super::{inner, rows_of_the_page};
use crate::run_workflows::{flow, offline, run, steps};
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::{Failure, rule};
use crate::support::world::World;

/// How a step ends, and what becomes of others.
struct Ending {
    /// Its row of the page.
    row: &'static str,
    /// What the contract says besides.
    top: &'static str,
    /// The step, in braces.
    step: &'static str,
    /// What becomes of `other`: after it in a list, beside it and not begun, and after it in a
    /// `fallback`.
    other: [&'static str; 3],
    /// The exit codes of the same three.
    codes: [i32; 3],
    /// Where it runs.
    world: fn() -> World,
}

const STOPS: [&str; 3] = ["cancelled"; 3];
const MADE_UP_FOR: [&str; 3] = ["cancelled", "cancelled", "passed"];

const OFFLINE: fn() -> World = World::new;

/// A claude that says hello.
const GREETS: fn() -> World = || World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));

const ENDINGS: [Ending; 13] = [
    Ending {
        row: "passed",
        top: "",
        step: "run: ['true']",
        other: ["passed", "passed", "cancelled"],
        codes: [0, 0, 0],
        world: OFFLINE,
    },
    Ending {
        row: "is skipped",
        top: "",
        step: "when: 'false', run: ['false']",
        other: ["passed"; 3],
        codes: [0, 0, 0],
        world: OFFLINE,
    },
    Ending {
        row: "failed, its retries used up",
        top: "",
        step: "run: ['false'], retry: { times: 1, backoff: 1ms }",
        other: MADE_UP_FOR,
        codes: [1, 1, 0],
        world: OFFLINE,
    },
    Ending {
        row: "was rejected by a mid hook or its schema",
        top: "hooks: { no: { timing: mid, command: ['false'] } }\nretry: 0\n",
        step: "prompt: Do it.",
        other: MADE_UP_FOR,
        codes: [4, 4, 0],
        world: GREETS,
    },
    Ending {
        row: "is a skill whose schema or post hooks refused, its repairs used up",
        top: "",
        step: "skill: inner",
        other: MADE_UP_FOR,
        codes: [4, 4, 0],
        world: || {
            let world = World::new();
            let hook = "hooks: { no: { timing: post, command: ['false'] } }\n";
            inner(&world, &format!("steps: [{{ id: do, run: ['true'] }}]\n{hook}"));
            world
        },
    },
    Ending {
        row: "is a skill whose post hook could not run",
        top: "",
        step: "skill: inner",
        other: STOPS,
        codes: [5, 5, 5],
        world: || {
            let world = World::new();
            let hook = "hooks: { no: { timing: post, command: [/nowhere/at-all] } }\n";
            inner(&world, &format!("steps: [{{ id: do, run: ['true'] }}]\n{hook}"));
            world
        },
    },
    Ending {
        row: "reached a limit of its own",
        top: "",
        step: "run: [sleep, '600'], limits: { time: 50ms }",
        other: MADE_UP_FOR,
        codes: [6, 6, 0],
        world: OFFLINE,
    },
    Ending {
        row: "wrote a report that objects to something",
        top: "",
        step: "run: [echo, '<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>'], \
               parse: junit",
        other: MADE_UP_FOR,
        codes: [4, 4, 0],
        world: OFFLINE,
    },
    Ending {
        row: "had a value that could not be had",
        top: "",
        step: "run: [echo, '{{ [][3] }}']",
        other: MADE_UP_FOR,
        codes: [1, 1, 0],
        world: OFFLINE,
    },
    Ending {
        row: "could not be judged: a mid hook that could not run",
        top: "hooks: { no: { timing: mid, command: [/nowhere/at-all] } }\n",
        step: "prompt: Do it.",
        other: STOPS,
        codes: [5, 5, 5],
        world: GREETS,
    },
    Ending {
        row: "changed what judges it",
        top: "hooks: { qc: { timing: post, command: [sh, qc.sh] } }\n",
        step: "prompt: Do it.",
        other: STOPS,
        codes: [4, 4, 4],
        world: || {
            let change = Step::Write { path: "qc.sh".to_owned(), text: "exit 0\n".to_owned() };
            let script = [Step::Init, change, Step::Success("Hello.".to_owned())];
            let world = World::faked(&Script::plays(script));
            world.user_config("isolation: none");
            world.write("qc.sh", "exit 1\n").repo().commit("first");
            world
        },
    },
    Ending {
        row: "found nobody to ask",
        top: "retry: 0\n",
        step: "prompt: Do it.",
        other: STOPS,
        codes: [7, 7, 7],
        world: || World::scripted([rule().fails(Failure::unauthorized())]),
    },
    Ending {
        row: "reached a limit of the run",
        top: "limits: { time: 200ms }\n",
        step: "run: [sleep, '600']",
        other: STOPS,
        codes: [6, 6, 6],
        world: OFFLINE,
    },
];

/// The two steps, in a list, as branches, or in a `fallback`.
fn around(ending: &Ending, place: usize) -> String {
    let Ending { top, step, .. } = ending;
    let both = format!("[{{ id: one, {step} }}, {{ id: other, run: ['true'] }}]");
    match place {
        0 => format!("{top}steps: {both}\n"),
        1 => format!("{top}steps: [{{ id: all, max: 1, parallel: {both} }}]\n"),
        _ => format!("{top}steps: [{{ id: all, fallback: {both} }}]\n"),
    }
}

fn status_of_other(result: &Value) -> &str {
    let steps = result["steps"].as_array().unwrap().iter();
    let mut others = steps.filter(|step| {
        step["id"].as_str().is_some_and(|id| id.rsplit('/').next() == Some("other"))
    });
    others.next().and_then(|other| other["status"].as_str()).unwrap_or_default()
}

fn try_ending(ending: &Ending) {
    for place in 0..3 {
        let world = (ending.world)();
        let contract = around(ending, place);
        flow(&world, &contract);
        let args: &[&str] =
            if contract.contains("qc") { &["--edit", "--trust"] } else { &["--trust"] };
        let output = run(&world, &[args, &["--format", "json"]].concat());
        let result = output.json();
        let came = (output.code, status_of_other(&result));
        let expected = (Some(ending.codes[place]), ending.other[place]);
        assert_eq!(came, expected, "{}\n{contract}\n{result:#}\n{output}", ending.row);
    }
}

#[test]
fn what_an_ending_does() {
    let mut rows: Vec<&str> = ENDINGS.iter().map(|ending| ending.row).collect();
    rows.push("was interrupted");
    assert_eq!(rows_of_the_page("What an ending does"), rows);
    std::thread::scope(|scope| {
        for part in ENDINGS.chunks(ENDINGS.len().div_ceil(2)) {
            scope.spawn(|| part.iter().for_each(try_ending));
        }
    });
}

#[test]
fn an_interrupt_ends_all_of_it() {
    let ending = Ending {
        row: "was interrupted",
        top: "",
        step: "run: [sh, -c, 'echo > ../begun; exec sleep 600']",
        other: STOPS,
        codes: [130; 3],
        world: OFFLINE,
    };
    for place in 0..3 {
        let world = (ending.world)();
        let begun = world.root().join("begun");
        world.program("mkfifo".as_ref(), [&begun]).run().expect_code(0);
        flow(&world, &around(&ending, place));
        let running = world.atlas(["run", "flow", "--format", "json"]).spawn();
        files::read(&begun);
        running.signal(rustix::process::Signal::INT);
        let output = running.wait().expect_code(ending.codes[place]);
        assert_eq!(status_of_other(&output.json()), ending.other[place], "{place}\n{output}");
    }
}

/// What is under way beside a branch that failed is paid for: it comes to its end.
#[test]
fn what_runs_beside_a_failure_comes_to_its_end() {
    let world = offline(
        "steps: [{ id: all, max: 2, parallel: [\
         { id: one, run: [sh, -c, 'read begun < ../begun; exit 1'] }, \
         { id: other, run: [sh, -c, 'echo > ../here; echo > ../begun; read go < ../go'] }, \
         { id: third, run: ['true'] }] }]\n",
    );
    for pipe in ["here", "begun", "go"] {
        world.program("mkfifo".as_ref(), [world.root().join(pipe)]).run().expect_code(0);
    }
    let running = world.atlas(["run", "flow", "-j4", "--format", "json"]).spawn();
    files::read(&world.root().join("here"));
    // It fails, and only then the other one can go on.
    while !world.event_types().iter().any(|kind| kind == "step_ended") {
        std::thread::yield_now();
    }
    files::write(&world.root().join("go"), "\n");
    let result = running.wait().expect_code(1).json();
    assert_eq!(steps(&result), "all/one failed\nall/other passed\nall/third cancelled");
}
