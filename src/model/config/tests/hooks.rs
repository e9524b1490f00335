//! Hooks of several layers.

use snapbox::{assert_data_eq, str};

use super::Given;

#[test]
fn hooks_of_all_layers_are_one_set() {
    let given = Given {
        user: "hooks:\n  secrets: { timing: post, use: no-conflict-markers }\n  clean: { timing: pre, use: clean-tree }",
        project: "hooks:\n  tests: { timing: post, command: [make, test], needs: [secrets] }",
        contract: "hooks:\n  clean: { timing: pre, command: ['true'], replace: true }",
        ..Given::default()
    };
    let hooks: Vec<String> =
        given.settings().hooks.iter().map(|it| format!("{} ({})", it.name, it.source)).collect();
    assert_data_eq!(
        hooks.join("\n"),
        str![[r#"
secrets (config.yaml:2)
tests (.claude/atlas.yaml:2)
clean (contract.yaml:2)
"#]]
    );
}

#[test]
fn hooks_that_do_not_fit_together() {
    let given = Given {
        user: "hooks:\n  a: { timing: pre, command: [x] }\n",
        project: "hooks:\n  a: { timing: post, command: [y] }\n  b: { timing: post, command: [z], needs: [c, d] }\n",
        contract: "hooks: { d: { timing: mid, command: [q] } }",
        ..Given::default()
    };
    assert_data_eq!(
        given.fault(),
        str![[r#"
the hooks do not fit together (invalid)
.claude/atlas.yaml:2:3: there is a hook `a` already [a] | say `replace: true` to take its place, or give it another name
config.yaml:2:3: it was first named here [a]
.claude/atlas.yaml:3:44: there is no hook `c` [c]
.claude/atlas.yaml:3:47: `d` is a mid hook, a post hook cannot wait for it [d]

"#]]
    );
    let circle = Given {
        user: "hooks:\n  z: { timing: pre, command: [x], needs: [a] }\n  a: { timing: pre, command: [x], needs: [b] }\n  o: { timing: pre, command: [x] }",
        project: "hooks:\n  b: { timing: pre, command: [y], needs: [o, a] }\n",
        ..Given::default()
    };
    assert_data_eq!(
        circle.fault(),
        str![[r#"
the hooks do not fit together (invalid)
.claude/atlas.yaml:2:46: `a`, `b` wait for each other [a]

"#]]
    );
}
