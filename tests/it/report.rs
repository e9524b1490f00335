//! `atlas report`: pages about sessions of every kind. What a browser makes of them is looked at
//! by `tests/browser`.

use serde_json::json;

use crate::support::fake::{Script, Step};
use crate::support::model::{Failure, rule};
use crate::support::world::World;

fn report(world: &World, more: &[&str]) -> String {
    let args = [&["report"], more].concat();
    world.atlas(args).run().expect_code(0).stdout
}

#[test]
fn a_session_of_many_runs_is_told_from_the_last_to_the_first() {
    let world = World::scripted([
        rule().when_user("was not accepted").says("Hello, Ada."),
        rule().times(1).calls("Write", json!({"file_path": "new.txt", "content": "<b>one</b>\n"})),
        rule().says("Hello."),
    ]);
    world.user_config(
        "isolation: none\nhooks: { polite: { timing: post, command: [sh, -c, \
         'grep -q Ada \"$ATLAS_OUTPUT_FILE\" || { echo name her >&2; exit 1; }'] } }",
    );
    world.greet();
    let run = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0).json();
    let session = run["session"].as_str().unwrap();
    world.atlas(["run", "greet", "--session", session]).run().expect_code(0);

    let page = report(&world, &[]);
    let second = page.find("id=\"run-2\"").expect("the last run is there");
    let first = page.find("id=\"run-1\"").expect("so is the first");
    assert!(second < first, "the last one first");
    for part in [
        "name her",
        "&lt;b&gt;one&lt;&#x2f;b&gt;",
        "<svg class=\"timeline\"",
        "hook polite",
        "the agent uses <code>Write</code>",
        "Earlier runs of this session",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<b>one"), "text stays text");
    let name = &session[session.len() - 4..];
    assert_eq!(report(&world, &[name]), page, "by its name, and the same every time");

    let markdown = report(&world, &["--format=markdown", "--last"]);
    assert!(markdown.starts_with("# greet: Passed\n"), "{markdown}");
    assert!(markdown.contains("## Run 1, greet"), "{markdown}");
    let json = world.atlas(["report", "--format=json"]).run().expect_code(0).json();
    assert_eq!(json["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn runs_that_came_to_nothing_have_a_page_too() {
    let world = World::scripted([rule().fails(Failure::overloaded())]);
    world.greet();
    world.user_config("retry: { times: 1, backoff: 10ms }");
    let ended = world.atlas(["run", "greet"]).run();
    assert_eq!(ended.code, Some(7), "{ended}");
    let page = report(&world, &[]);
    assert!(page.contains("greet: Nobody to ask</h1>"), "{page}");

    let world = World::faked(&Script::plays([Step::Init, Step::Result("Hello.".to_owned())]));
    world.greet();
    world.user_config("hooks: { no: { timing: pre, command: ['false'] } }");
    world.atlas(["run", "greet"]).run().expect_code(3);
    assert!(report(&world, &[]).contains("greet: Blocked before anything was spent</h1>"));

    let none = World::new();
    let refused = none.atlas(["report"]).run().expect_code(2);
    assert!(refused.stderr.contains("there is no session here yet"), "{refused}");
}

#[test]
fn a_run_that_was_resumed_is_one_run_with_a_pause() {
    let world = World::new();
    world.greet_by("steps: [{ id: a, run: ['true'] }, { id: b, run: [test, -e, go] }]\n");
    world.atlas(["run", "greet", "--trust"]).run().expect_code(1);
    world.write("go", "");
    world.atlas(["resume", "--last"]).run().expect_code(0);
    let page = report(&world, &[]);
    assert!(page.contains("greet: Passed"), "{page}");
    assert!(page.contains("It was broken off and resumed"), "{page}");
    assert!(page.contains("id=\"run-1\"") && !page.contains("id=\"run-2\""), "{page}");
}

#[test]
fn a_page_goes_to_a_file_or_a_pipe_and_never_to_a_terminal() {
    let world = World::faked(&Script::plays([Step::Init, Step::Result("Hello.".to_owned())]));
    world.greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.atlas(["report", "-o", "out.html"]).run().expect_code(0);
    assert_eq!(world.read("out.html"), report(&world, &[]));
    let missing = world.atlas(["report", "-o", "no/such/folder.html"]).run().expect_code(2);
    assert!(missing.stderr.contains("its folder does not exist"), "{missing}");
    let terminal = world.atlas(["report"]).on_a_terminal().run();
    assert_eq!(terminal.code, Some(2), "{terminal}");
}
