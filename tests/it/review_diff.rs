//! The bundled skill `review-diff`, through the real claude.

use serde_json::{Value, json};

use crate::support::model::rule;
use crate::support::world::World;

const BEFORE: &str = "def total(items):\n    return sum(items)\n";
const AFTER: &str =
    "def total(items):\n    if not items:\n        return None\n    return sum(items)\n";

fn review(quote: &str) -> Value {
    json!({
        "summary": "total() gives None for an empty list.",
        "findings": [{
            "severity": "major", "file": "shop.py", "line": 3, "quote": quote,
            "claim": "Callers add to the total, and None cannot be added to.",
        }],
    })
}

/// A repository in which `total` changes and is not committed.
fn changed(world: &World) {
    world.write("shop.py", BEFORE).repo().commit("first");
    world.write("shop.py", AFTER);
}

#[test]
fn an_invented_quote_goes_back_and_is_mended() {
    let world = World::scripted([
        rule().after_tool_result().says("Done."),
        rule().when_user("was not accepted").returns(review("        return None")),
        rule().returns(review("        return 0")),
    ]);
    changed(&world);

    let run = world.atlas(["run", "review-diff", "--format=json"]);
    let result = run.run().expect_code(0).json();

    assert_eq!(result["status"], "passed");
    assert_eq!(result["proof"], json!({"commands": 1, "schema": 1, "votes": 0, "canary": 0}));
    assert_eq!(result["output"]["findings"][0]["quote"], "        return None");
    assert_eq!(result["steps"][0]["attempts"], 2);
    let requests = world.model().requests();
    let told = requests.iter().find(|asked| asked.user().contains("was not accepted")).unwrap();
    let reason = r"finding 1: the quote does not stand in `shop.py`: `return 0`";
    assert!(told.user().contains(reason), "{}", told.user());
    assert_eq!(requests[0].tools(), ["Glob", "Grep", "Read", "StructuredOutput"]);
    let given = world.session().join("given/diff.patch");
    assert!(crate::support::files::read(&given).contains("+        return None"));
}
