//! The recordings of the bundled skills: they play, and how they were made.
//!
//! `SNAPSHOTS=overwrite cargo test bundled_recordings` makes them anew, by the real claude and a
//! scripted model; what the model says is written below. Afterwards `touch
//! src/store/skills/bundled.rs`, so that the next build embeds them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::model::{Rule, rule};
use crate::support::world::World;

const BEFORE: &str = "\
def total(items, discount=0):
    \"\"\"The price of all items, less the discount in percent.\"\"\"
    price = sum(item[\"price\"] * item[\"count\"] for item in items)
    return price - price * discount / 100


def average(items):
    return total(items) / len(items)
";

const AFTER: &str = "\
def total(items, discount=0):
    \"\"\"The price of all items, less the discount in percent.\"\"\"
    price = sum(item[\"price\"] * item[\"count\"] for item in items)
    discount = min(discount, 100)
    return price - price * discount / 100


def average(items):
    \"\"\"The mean price of a piece.\"\"\"
    pieces = sum(item[\"count\"] for item in items)
    return total(items) / pieces


def cheapest(items):
    \"\"\"The item with the lowest price.\"\"\"
    items.sort(key=lambda item: item[\"price\"])
    return items[0]
";

const TESTS: &str = "\
from cart import total


def test_total():
    assert total([{\"price\": 2, \"count\": 3}], discount=50) == 3
";

fn finding(severity: &str, line: u32, quote: &str, claim: &str) -> Value {
    json!({"severity": severity, "file": "cart.py", "line": line, "quote": quote, "claim": claim})
}

/// The review; its second quote is what the model makes of the line.
fn review(second_quote: &str) -> Value {
    json!({
        "summary": "Caps the discount, counts pieces in the average, and adds `cheapest`. Two faults should be mended before it goes in; the tests cover none of the new behavior.",
        "findings": [
            finding("major", 16, "    items.sort(key=lambda item: item[\"price\"])",
                "`cheapest` sorts the list that it was given, so asking for the cheapest item reorders the caller's cart. Use `min(items, key=…)`, which changes nothing."),
            finding("major", 11, second_quote,
                "For an empty cart, or one whose counts are all 0, `pieces` is 0 and the division fails with ZeroDivisionError. The docstring promises a mean for any cart."),
            finding("minor", 4, "    discount = min(discount, 100)",
                "A negative discount still raises the price; the cap guards one end only."),
        ],
    })
}

/// What the model does: it reads, reports with a quote that does not stand, and mends that.
fn reviewer() -> Vec<Rule> {
    vec![
        rule()
            .when_user("was not accepted")
            .times(1)
            .returns(review("    return total(items) / pieces")),
        rule().before_tool_result().times(1).calls("Read", json!({"file_path": "cart.py"})),
        rule()
            .after_tool_result()
            .times(1)
            .returns(review("    return total(items) / sum(pieces)")),
        rule().says("Done."),
    ]
}

const MESSAGE: &str = "\
Cap the discount of a cart at 100 percent

A discount above 100 made the price negative, and the payment
service refuses such a request. The total is 0 from there on.
";

fn reviewed() -> World {
    let world = World::scripted(reviewer());
    world.write("cart.py", BEFORE).write("test_cart.py", TESTS).repo().commit("Add the cart");
    world.write("cart.py", AFTER);
    world
}

fn staged() -> World {
    let world = World::scripted([rule().says(MESSAGE)]);
    let repo = world.repo();
    for subject in ["Add the cart", "Round prices to cents", "Show the total in the header"] {
        repo.commit(subject);
    }
    world.write("cart.py", BEFORE).repo().commit("Count items of a kind");
    world.write(
        "cart.py",
        BEFORE
            .replace(
                "return price - price * discount / 100",
                "return price - price * min(discount, 100) / 100",
            )
            .as_str(),
    );
    world.repo().git(["add", "."]);
    world
}

fn case(skill: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("skills").join(skill).join("recordings/first")
}

#[expect(clippy::disallowed_methods, reason = "snapbox's own switch")]
fn shall_record() -> bool {
    std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite")
}

fn record(world: &World, skill: &str) {
    let case = case(skill);
    if case.exists() {
        fs::remove_dir_all(&case).unwrap();
    }
    fs::create_dir_all(case.parent().unwrap()).unwrap();
    let flag = format!("--record={}", case.display());
    world.atlas(["run", skill, &flag]).run().expect_code(0);
}

#[track_caller]
fn check(skill: &str, made_in: fn() -> World) {
    if shall_record() {
        record(&made_in(), skill);
    }
    let world = World::new();
    let case = format!("--replay={}", case(skill).display());
    let played = world.atlas(["run", skill, &case, "--format=json"]).run().expect_code(0).json();
    assert_eq!(played["status"], "passed");
    assert!(played["proof"]["commands"].as_u64() > Some(0), "a hook looked at it: {played:#}");
}

#[test]
fn a_review_with_a_quote_that_had_to_be_mended() {
    check("review-diff", reviewed);
}

#[test]
fn a_message_in_the_manner_of_the_log() {
    check("commit-message", staged);
}

/// No configuration has a say in a replay, so what nobody trusted is not asked about either.
#[test]
fn a_replay_asks_nobody_to_trust_the_repository_around_it() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "hooks: { x: { timing: pre, command: [touch, ../ran] } }");
    world.repo().commit("first");
    world.atlas(["run", "review-diff", "--replay"]).run().expect_code(0);
    assert!(!world.root().join("ran").exists());
    world.atlas(["run", "review-diff"]).run().expect_code(8);
}
