//! What a recording may ask of claude, when that is asked anew.

use super::alone;
use crate::support::model::rule;
use crate::support::world::World;

/// A recording in the repository is no person's word: whoever writes there would have the agent do
/// what nobody has trusted its skill with.
#[test]
fn a_recording_of_the_repository_gives_an_agent_no_more_than_its_skill() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let case = world.dir().join(".claude/skills/greet/recordings/first");
    let record = format!("--record={}", case.display());
    world.atlas(["run", "greet", "--allow=Bash(ls *)", &record]).run().expect_code(0);
    let asked = world.model().requests().len();

    alone(&world, ["test", "greet"]).run().expect_code(0);
    for args in [["test", "greet", "--update"], ["test", "greet", "--live"]] {
        let output = world.atlas(args).run().expect_code(8);
        assert!(output.stdout.contains("asks for more than its skill does"), "{output}");
        assert!(output.stdout.contains("atlas test --trust"), "{output}");
    }
    assert_eq!(world.model().requests().len(), asked, "nobody was asked");
    world.atlas(["test", "greet", "--update", "--trust"]).run().expect_code(0);
    assert!(world.model().requests().len() > asked);
}

/// Also what git holds: a recording is made to be shared.
#[test]
fn a_file_named_like_a_secret_stays_out_of_a_recording() {
    let world = World::scripted([rule().says("Hello.")]);
    world.write(".env", "TOKEN=of-no-known-shape\n").write("a.txt", "a\n").greet();
    let case = world.root().join("case");
    let record = format!("--record={}", case.display());
    world.atlas(["run", "greet", &record]).run().expect_code(0);
    assert!(case.join("repo/a.txt").exists() && !case.join("repo/.env").exists());
    let text = crate::support::files::read(&case.join("case.yaml"));
    assert!(text.contains("left_out") && text.contains(".env"), "{text}");
    assert!(!text.contains("of-no-known-shape"), "{text}");
}
