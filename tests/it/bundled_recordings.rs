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

const DRAFT: &str = "\
Carts can be exported, and large discounts no longer make prices negative.

## New

- `cart export` writes a cart as CSV, with the columns in the order of the cart.
- The internals of the export are faster.

## Mended

- A discount above 100 percent makes the total 0, where it made it negative.
";

const NOTES: &str = "\
Carts can be exported, and large discounts no longer make prices negative.

## Breaking

- `average` gives the mean price of a piece, where it gave that of a kind. Divide by the number of kinds to get the old figure.

## New

- `cart export` writes a cart as CSV, with the columns in the order of the cart.

## Mended

- A discount above 100 percent makes the total 0, where it made it negative.
";

/// A release, and what was committed since: of some consequence to users, and of none.
fn released() -> World {
    let world = World::scripted([rule().times(1).says(DRAFT), rule().says(NOTES)]);
    world.write("cart.py", BEFORE).repo().commit("Add the cart");
    world.repo().git(["tag", "v1.0"]);
    for message in [
        "Export a cart as CSV\n\n`cart export` keeps the order of the columns.",
        "Cap the discount of a cart at 100 percent",
        "tests: cover the export",
        "average counts pieces, not kinds\n\nBREAKING: divide by the number of kinds for the old figure.",
    ] {
        world.repo().commit(message);
    }
    world
}

const PACKAGE: &str = "\
{
  \"name\": \"shop\",
  \"dependencies\": {
    \"left-pad\": \"*\",
    \"cart\": \"git+https://git.example/cart.git#main\"
  }
}
";

const REQUIREMENTS: &str = "requests==2.32.3\npytest\n";

fn audited() -> World {
    let found = |file: &str, severity: &str, line: u32, quote: &str, claim: &str| json!({"severity": severity, "file": file, "line": line, "quote": quote, "claim": claim});
    let branch = found(
        "package.json",
        "blocker",
        5,
        "    \"cart\": \"git+https://git.example/cart.git#main\"",
        "`cart` comes from a branch: whoever can push to it decides what the next installation runs.",
    );
    let floats = found(
        "package.json",
        "major",
        4,
        "    \"left-pad\": \"*\",",
        "Any version will do and no lock file holds one, so two installations can differ.",
    );
    let tests = found(
        "requirements.txt",
        "minor",
        2,
        "pytest",
        "`pytest` has no version and is only for tests, yet it stands among what is shipped.",
    );
    let report =
        |summary: &str, findings: &[&Value]| json!({"summary": summary, "findings": findings});
    let one = |manifest: &str, answer: Value| {
        let asked = format!("`manifest`\n\n```\n{manifest}\n");
        rule().when_user(&asked).before_tool_result().returns(answer)
    };
    let world = World::scripted([
        one(
            "package.json",
            report("package.json: one branch, one open version.", &[&branch, &floats]),
        ),
        one("requirements.txt", report("requirements.txt: one open version.", &[&tests])),
        rule().before_tool_result().returns(report(
            "Two manifests; pin `cart` to a commit first.",
            &[&branch, &floats, &tests],
        )),
        rule().says("Done."),
    ]);
    world.write("package.json", PACKAGE).write("requirements.txt", REQUIREMENTS);
    world.repo().commit("Add the shop");
    world
}

const TOTAL: &str = "\
# Adds up the prices in a file, one on each line.
total=0
while read -r price; do
  total=$((total - price))
done <\"$1\"
echo \"$total\"
";

const TEST_OF_TOTAL: &str = "\
printf '3\\n4\\n' >prices.tmp
said=$(sh total.sh prices.tmp)
rm prices.tmp
[ \"$said\" = 7 ] || { echo \"two prices of 3 and 4: expected 7, got $said\" >&2; exit 1; }
echo ok
";

fn failing() -> World {
    let confirms = json!({ "passed": true, "issues": [] });
    let reviewer = || rule().when_prompt("You review work that somebody else has done");
    let edit = json!({
        "file_path": "total.sh",
        "old_string": "total=$((total - price))",
        "new_string": "total=$((total + price))",
    });
    let world = World::scripted([
        reviewer().before_tool_result().returns(confirms),
        reviewer().says("Done."),
        rule().when_prompt("Find the cause; change nothing").says(
            "`total.sh:4` takes each price away where it has to add it, so 3 and 4 give -7. \
             Adding mends it; nothing else reads the file.",
        ),
        rule().before_tool_result().times(1).calls("Read", json!({"file_path": "total.sh"})),
        rule().times(1).calls("Edit", edit),
        rule()
            .says("`total.sh` adds the prices now. The sign was the cause: the test got -7 for 7."),
    ]);
    world.write("total.sh", TOTAL).write("test.sh", TEST_OF_TOTAL).repo().commit("Add up prices");
    world
}

fn triaged() -> World {
    let kind = json!({
        "kind": "failing", "why": "A test fails and shall pass.", "test": "sh test.sh",
    });
    let world = World::scripted([rule().before_tool_result().returns(kind), rule().says("Done.")]);
    world.write("total.sh", TOTAL).write("test.sh", TEST_OF_TOTAL).repo().commit("Add up prices");
    world
}

fn case(skill: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("skills").join(skill).join("recordings/first")
}

#[expect(clippy::disallowed_methods, reason = "snapbox's own switch")]
fn shall_record() -> bool {
    std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite")
}

fn record(world: &World, skill: &str, args: &[&str]) {
    let case = case(skill);
    if case.exists() {
        fs::remove_dir_all(&case).unwrap();
    }
    fs::create_dir_all(case.parent().unwrap()).unwrap();
    let flag = format!("--record={}", case.display());
    world.atlas(["run", skill, &flag].iter().chain(args)).run().expect_code(0);
}

/// Plays the recording; gives the result.
#[track_caller]
fn check(skill: &str, made_in: fn() -> World, args: &[&str]) -> Value {
    if shall_record() {
        record(&made_in(), skill, args);
    }
    let world = World::new();
    let case = format!("--replay={}", case(skill).display());
    let played = world.atlas(["run", skill, &case, "--format=json"]).run().expect_code(0).json();
    assert_eq!(played["status"], "passed");
    played
}

#[track_caller]
fn a_hook_looked_at(played: &Value) {
    assert!(played["proof"]["commands"].as_u64() > Some(0), "{played:#}");
}

#[test]
fn a_review_with_a_quote_that_had_to_be_mended() {
    a_hook_looked_at(&check("review-diff", reviewed, &[]));
}

#[test]
fn a_message_in_the_manner_of_the_log() {
    a_hook_looked_at(&check("commit-message", staged, &[]));
}

#[test]
fn notes_whose_draft_left_out_what_breaks() {
    let played = check("release-notes", released, &[]);
    assert_eq!(played["output"], NOTES);
    assert_eq!(played["proof"]["schema"], 1);
}

#[test]
fn an_audit_of_two_manifests_merged() {
    let played = check("audit-dependencies", audited, &[]);
    a_hook_looked_at(&played);
    assert_eq!(played["steps"].as_array().unwrap().len(), 3, "{played:#}");
    assert_eq!(played["output"]["findings"].as_array().unwrap().len(), 3);
}

#[test]
fn a_test_that_is_mended_in_a_copy_and_reviewed() {
    let played = check("fix-failing-test", failing, &["sh test.sh"]);
    a_hook_looked_at(&played);
    assert_eq!(played["verdict"]["status"], "passed", "{played:#}");
    assert_eq!(played["changes"]["files"][0]["path"], "total.sh");
}

#[test]
fn a_request_that_is_handed_on() {
    let played = check("triage", triaged, &["The test of the totals fails since today."]);
    assert!(played["output"].as_str().unwrap().contains("atlas run fix-failing-test 'sh test.sh'"));
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
