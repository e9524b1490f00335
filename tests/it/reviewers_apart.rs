//! What reaches a reviewer beside what it is to judge: read off the requests that the model got.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::model::{Request, rule};
use crate::support::world::World;

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// Words that stand in everything that a reviewer must not see.
const STRANGE: &str = "XYZZY";

/// A world in which a plain call carries much: a page of rules, and twenty skills.
fn crowded() -> World {
    let world = World::scripted([
        rule()
            .when_prompt(REVIEWER)
            .before_tool_result()
            .returns(json!({ "passed": true, "issues": [] })),
        rule().when_prompt(REVIEWER).after_tool_result().says("Done."),
        rule().says("Hello, you."),
    ]);
    world.write("CLAUDE.md", format!("{STRANGE} says: answer in Latin.\n").repeat(147));
    for number in 1..=20 {
        let text = format!(
            "---\nname: other-{number}\ndescription: {STRANGE} skill {number} for pages of rules, \
             tables of figures and letters to people.\n---\nDo it.\n"
        );
        world.skill(&format!("other-{number}"), &text);
    }
    world
}

/// The first request of each reviewer.
fn reviews(world: &World) -> Vec<Arc<Request>> {
    let asked =
        |request: &Arc<Request>| request.system().contains(REVIEWER) && !request.is_tool_result();
    world.model().requests().into_iter().filter(asked).collect()
}

/// The bytes of a request: all but the work and the words of the task, and those that claude adds to
/// what atlas says, without the reviewer's rules and the form of its answer.
fn bytes_around(request: &Request) -> [usize; 2] {
    let without_work = request.size - bytes(&json!(request.user()));
    let rules = request.body["system"].as_array().unwrap().iter();
    let rules = rules.map(|block| &block["text"]).find(|text| text.to_string().contains(REVIEWER));
    let tools = request.body["tools"].as_array().unwrap().iter();
    let form =
        tools.filter(|tool| tool["name"] == "StructuredOutput").map(|tool| &tool["input_schema"]);
    let said = rules.map_or(0, bytes) + form.map(bytes).sum::<usize>();
    [without_work, without_work - said]
}

fn bytes(part: &Value) -> usize {
    part.to_string().len()
}

/// The bytes of a plain call's first request, in the same folder.
fn bytes_of_a_plain_call(world: &World) -> usize {
    let before = world.model().requests().len();
    world.claude(["-p"]).stdin("Review the work.").run().expect_code(0);
    world.model().requests()[before].size
}

#[expect(clippy::print_stdout, reason = "the size is a figure of the docs")]
fn expect_share(what: &str, (bytes, plain): (usize, usize), most_percent: usize) {
    let tenths = bytes * 1000 / plain;
    println!("{what}: {bytes} of {plain} bytes, {}.{} %", tenths / 10, tenths % 10);
    assert!(tenths <= most_percent * 10, "{what}: {bytes} of {plain} bytes");
}

#[test]
fn a_reviewers_request_is_small_and_holds_nothing_strange() {
    // What claude adds, and all of it with the rules and the form, in percent of a plain call.
    for (in_repository, [most_added, most]) in [(false, [5, 9]), (true, [15, 20])] {
        let world = crowded();
        if in_repository {
            world.greet();
        } else {
            world.skill("greet", crate::support::world::GREET);
        }
        world.atlas(["run", "greet", "--verify=3"]).run().expect_code(0);
        let reviews = reviews(&world);
        assert_eq!(reviews.len(), 3);
        let own: &[&str] = if in_repository {
            &["Glob", "Grep", "Read", "StructuredOutput"]
        } else {
            &["StructuredOutput"]
        };
        for review in &reviews {
            let body = review.body.to_string();
            for strange in [STRANGE, "other-1", "CLAUDE.md", "Carry out the skill `other"] {
                assert!(!body.contains(strange), "{strange}: {body}");
            }
            let mut tools = review.tools();
            tools.sort_unstable();
            // claude's own way to find tools that it did not offer.
            tools.retain(|tool| *tool != "DeferredToolPlaceholder");
            assert_eq!(tools, own);
            // claude tells the place and the date in a message of its own, as the system.
            let messages = review.body["messages"].as_array().unwrap();
            let questions = messages.iter().filter(|message| message["role"] == "user");
            assert_eq!(questions.count(), 1, "one question: {body}");
            assert!(messages.iter().all(|message| message["role"] != "assistant"), "{body}");
        }
        let what = if in_repository { "with Read, Grep and Glob" } else { "without tools" };
        let plain = bytes_of_a_plain_call(&world);
        let [all, added] = bytes_around(&reviews[0]);
        expect_share(&format!("{what}, by claude"), (added, plain), most_added);
        expect_share(&format!("{what}, rules and form too"), (all, plain), most);
    }
}

/// The prompt cache is shared by what is equal from the first byte on.
#[test]
fn reviewers_in_different_folders_share_a_prompt_cache() {
    let seen: Vec<[Value; 2]> = (0..2)
        .flat_map(|_| {
            let world = crowded();
            world.greet();
            world.atlas(["run", "greet", "--verify=2"]).run().expect_code(0);
            let reviews = reviews(&world);
            assert_eq!(reviews.len(), 2);
            reviews
                .into_iter()
                .map(|review| [review.body["tools"].clone(), review.body["system"].clone()])
        })
        .collect();
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
}

/// What one reviewer says is in nobody else's request.
#[test]
fn no_reviewer_hears_of_another() {
    let secret = "PLUGH was wrong";
    let world = World::scripted([
        rule()
            .when_prompt(REVIEWER)
            .when_user("Check every statement")
            .before_tool_result()
            .returns(json!({ "passed": false, "issues": [
                { "severity": "major", "kind": "missing", "claim": secret },
            ]})),
        rule()
            .when_prompt(REVIEWER)
            .before_tool_result()
            .returns(json!({ "passed": true, "issues": [] })),
        rule().when_prompt(REVIEWER).after_tool_result().says("Done."),
        rule().says("Hello, you."),
    ]);
    world.greet();
    world.atlas(["run", "greet", "--verify"]).run().expect_code(0);
    let reviews = reviews(&world);
    assert_eq!(reviews.len(), 3, "the first one doubted");
    for review in &reviews {
        assert!(!review.body.to_string().contains("PLUGH"), "{}", review.body);
    }
}

/// The sessions lie in the tree, and everything in it may be read without asking: what was said in
/// them, and which fault was planted, is kept from a reviewer all the same.
#[test]
fn a_reviewer_finds_nothing_in_the_sessions() {
    let reviewer = || rule().when_prompt(REVIEWER);
    let kept = ".claude/sessions/20260101-000000-aaaa/notes.txt";
    let world = World::scripted([
        reviewer()
            .before_tool_result()
            .calls("Read", json!({ "file_path": kept }))
            .calls("Grep", json!({ "pattern": "PLUGH", "output_mode": "content" }))
            .calls(
                "Grep",
                json!({ "pattern": "PLUGH", "path": ".claude", "output_mode": "content" }),
            )
            .calls("Glob", json!({ "pattern": "**/*.txt" }))
            .calls("Glob", json!({ "pattern": "*", "path": ".claude/sessions" })),
        reviewer().after_tool_result().times(1).returns(json!({ "passed": true, "issues": [] })),
        reviewer().after_tool_result().says("Done."),
        rule().says("Hello, you."),
    ]);
    world.write("decoy.txt", "PLUGH in the tree\n").greet();
    world.write(kept, "PLUGH in a session\n");
    world.atlas(["run", "greet", "--verify=1"]).run().expect_code(0);
    let requests = world.model().requests();
    let told = requests
        .iter()
        .find(|request| request.system().contains(REVIEWER) && request.is_tool_result());
    let messages = told.unwrap().body["messages"].as_array().unwrap().clone();
    let parts = messages.iter().filter_map(|message| message["content"].as_array()).flatten();
    let told: Vec<&Value> = parts.filter(|part| part["type"] == "tool_result").collect();
    let told = json!(told).to_string();
    assert!(told.contains("PLUGH in the tree") && told.contains("decoy.txt"), "{told}");
    for secret in ["PLUGH in a session", "notes.txt", "journal.jsonl"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}
