//! What the pages are about: a session in which everybody who can say something says what would
//! take a careless page over.

use serde_json::{Value, json};

use crate::support::model::{Rule, rule};
use crate::support::world::World;

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// Text that would do something if it were not text.
const HOSTILE: &str = "</pre></script><script>window.pwned = 1</script>\
     <img src=x onerror=\"window.pwned = 2\"> <a href=\"javascript:window.pwned = 3\">click</a> \
     \" onload=\"window.pwned = 4\" <iframe src=\"https://x.example\"></iframe>";

/// A key that is none.
pub(crate) const SECRET: &str = concat!("ghp_", "x7Qm2Rv9Lk4Tz8Wp1Ns6Yb3Hd5Jf0CgAeUiO");

const CART: &str = "def total(items):\n    return sum(item.price for item in items)\n\n\n\
     def average(items, pieces):\n    # What one piece costs.\n    return total(items) / sum(pieces)\n";

const MENDED: &str = "    return total(items) / max(sum(pieces), 1)";

const CONTRACT: &str = "hooks:\n  tests-pass: { timing: post, command: [sh, check.sh] }\n\
     verify:\n  reviewers: [{ persona: security engineer, lens: facts }, { persona: analyst, lens: logic }]\n\
     retry: 1\nagent: { edit: true }\n";

/// A run that edits, is refused by a hook, tries again, and is refused by its reviewers.
pub(crate) fn hostile() -> World {
    let refutes = json!({ "passed": false, "issues": [{
        "severity": "major", "kind": "wrong", "claim": format!("It hides an empty cart. {HOSTILE}"),
        "quote": "return total(items) / max(sum(pieces), 1)", "file": "cart.py", "line": 7,
    }]});
    let rules = [
        reviewer("Check every statement", refutes),
        reviewer("Follow the reasoning", json!({ "passed": true, "issues": [] })),
        agent(),
    ];
    let world = World::scripted(rules.into_iter().flatten());
    let skill =
        "---\nname: review-cart\ndescription: Mends the cart.\n---\n# Mend\n\nMend cart.py.\n";
    world
        .skill("review-cart", skill)
        .write(".claude/skills/review-cart/contract.yaml", CONTRACT)
        .write(
            "check.sh",
            format!(
                "test -f done && exit 0; touch done; cat <<'E' >&2\n{HOSTILE} {SECRET}\nE\nexit 1\n"
            ),
        )
        .write(".gitignore", "done\n.claude/sessions/\n")
        .write("cart.py", CART)
        .user_config("isolation: none")
        .repo()
        .commit("first");
    let ended = world.atlas(["run", "review-cart", "--trust", HOSTILE]).run();
    assert!(matches!(ended.code, Some(4 | 5)), "{ended}");
    world
}

fn agent() -> Vec<Rule> {
    let edit = json!({
        "file_path": "cart.py", "old_string": "    return total(items) / sum(pieces)",
        "new_string": MENDED, "replace_all": false,
    });
    vec![
        rule().when_user("was not accepted").says(format!("I tried again. {HOSTILE} {SECRET}")),
        rule().times(1).calls("Read", json!({ "file_path": "cart.py" })),
        rule().times(1).calls("Edit", edit),
        rule().says(format!("Mended. {HOSTILE}")).usage(4000, 300).cached(9000, 2000),
    ]
}

fn reviewer(task: &str, review: Value) -> Vec<Rule> {
    let asked = rule().when_prompt(REVIEWER).when_user(task).before_tool_result();
    let done = rule().when_prompt(REVIEWER).after_tool_result().says("Done.");
    vec![asked.returns(review), done]
}
