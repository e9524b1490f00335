//! A sub-agent that picks which skill runs.

use serde_json::json;

use super::{run, steps, world};
use crate::support::files;
use crate::support::model::rule;

#[test]
pub(super) fn a_sub_agent_picks_one_of_several_skills() {
    let world = world(
        [
            rule()
                .when_user("(?s)Mends what is broken.*Who takes this.*a bug")
                .returns(json!({ "skill": "mend" })),
            rule().when_user("Who takes this").returns(json!({ "skill": "nobody" })),
        ],
        "inputs: { what: { required: true } }\n\
         retry: 0\n\
         steps: [{ id: who, delegate: { among: [mend, write], ask: 'Who takes this: {{ inputs.what }}' } }]\n",
    );
    for (name, description) in [("mend", "Mends what is broken"), ("write", "Writes it up")] {
        world.personal_skill(
            name,
            &format!("---\nname: {name}\ndescription: {description}\n---\n# {name}\n\nWords\n"),
        );
        files::write(
            &world.home().join(format!(".claude/skills/{name}/contract.yaml")),
            format!("steps: [{{ id: do, run: [echo, {name}] }}]\n"),
        );
    }
    let shown = run(&world, &["a bug", "--dry-run"]).expect_code(0);
    assert!(shown.stdout.contains("one of mend, write, by steps.pick.output.skill"), "{shown}");
    let done = run(&world, &["a bug", "--format", "json"]).expect_code(0).json();
    assert_eq!(done["output"], "mend\n");
    assert_eq!(
        steps(&done),
        "who/pick passed\nwho/to/skill-1/do passed\nwho/to/skill-2/do cancelled"
    );
    let asked = world.model().requests()[0].prompt();
    assert!(!asked.contains("What all steps know"), "{asked}");
    // A pick that is none is an error, and nobody runs instead.
    let wrong = run(&world, &["else", "--format", "json"]).json();
    assert_ne!(wrong["status"], "passed");
    assert_eq!(wrong["steps"][1]["status"], "cancelled");
    assert_eq!(wrong["steps"][2]["status"], "cancelled");
}
