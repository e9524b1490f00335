//! A first contract for a skill that has none: what can be told from the skill, and what else
//! there is, as comments.

use std::fmt::Write as _;

use crate::model::{
    skill::{Skill, tools::tool_of},
    text,
};

const HEAD: &str = "\
# {skill}
# Every key can be left out; `atlas check` says what is wrong here, and
# `atlas check --print-schema contract` what else can stand here.
";

const CHECKS: &str = "
# Programs that decide. They run in the root of the repository: exit code 0 accepts the work, any
# other refuses it, and what they write to stderr is told to the agent, which tries again.
hooks:
  says-something: { timing: post, command: [sh, -c, 'test -s \"$ATLAS_OUTPUT_FILE\"'] }
  # tests-pass: { timing: post, command: [cargo, test], timeout: 10m }

# What has to be there before anything is spent, and what of the repository the agent is told.
# requires: { commands: [git] }
# given: [diff]

# The answer as JSON that satisfies a schema.
# output: output.schema.json

limits: { usd: 1.00, time: 15m }
";

/// The text of a contract that says what the skill itself says, and has one check.
pub fn draft(skill: &Skill) -> String {
    let name = inert(&skill.found.name);
    let title = format!("What must hold when `atlas run {name}` runs.");
    let mut draft = HEAD.replace("{skill}", &title);
    let inputs: Vec<&String> =
        skill.front.arguments.iter().filter(|name| super::check::is_input_name(name)).collect();
    if !inputs.is_empty() {
        draft.push_str("\n# What it is given, in the order of the arguments.\ninputs:\n");
        for input in inputs {
            line(&mut draft, format_args!("  {}: {{ required: false }}", quoted(input)));
        }
    }
    draft.push_str(CHECKS);
    let mut tools: Vec<&str> =
        skill.front.allowed_tools.iter().flatten().map(|rule| tool_of(rule)).collect();
    tools.dedup();
    if !tools.is_empty() {
        let tools = tools.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
        draft.push_str("\n# No other tools than these.\n");
        line(&mut draft, format_args!("# agent: {{ tools: [{tools}] }}"));
    }
    let sections = &skill.outline.sections;
    let apart: Vec<&str> = sections
        .iter()
        .filter(|section| section.level == 2)
        .map(|section| section.label.as_str())
        .collect();
    if !apart.is_empty() {
        draft.push_str(
            "\n# A step for each section, each in a conversation of its own.\n# steps:\n",
        );
        for section in apart {
            line(&mut draft, format_args!("#   - {{ section: {} }}", quoted(section)));
        }
    }
    draft
}

fn line(draft: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(draft, "{text}").expect("writing to a string cannot fail");
}

/// A text without what YAML does not allow, on one line.
fn inert(text: &str) -> String {
    text::sanitize_line(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// A text in JSON's quotes is one in YAML too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(inert(text)).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        contract::parse,
        skill::{Found, source::Source},
    };

    fn skill(text: &str) -> Skill {
        let found = Found {
            name: "a".to_owned(),
            dir: "a".into(),
            file: "a/SKILL.md".into(),
            source: Source::Project,
        };
        Skill::read(found, text.as_bytes()).unwrap()
    }

    #[test]
    fn what_the_skill_says_stands_in_it() {
        let skill = skill(
            "---\narguments: [base, 1bad]\nallowed-tools: Read Bash(git *)\n---\n# A\n## \"One\": x\n",
        );
        let text = draft(&skill);
        let contract = parse(Path::new("contract.yaml"), &text).unwrap().value;
        assert_eq!(contract.inputs.names().collect::<Vec<_>>(), ["base"]);
        assert!(text.contains("# agent: { tools: [\"Read\", \"Bash\"] }"), "{text}");
        assert!(text.contains("#   - { section: \"\\\"One\\\": x\" }"), "{text}");
        let open = text.replace("# steps:\n# ", "steps:\n").replace("# agent", "agent");
        let opened = parse(Path::new("contract.yaml"), &open).unwrap().value;
        assert_eq!((opened.steps.len(), opened.agent.tools.is_some()), (1, true));
    }

    proptest! {
        #[test]
        fn any_skill_gets_a_contract_that_can_be_read(
            arguments in "\\PC{0,20}", tools in "\\PC{0,20}",
            title in "(\\PC|\u{2028}|\u{85}|\u{ffff}|\u{7f}){0,20}",
        ) {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let (arguments, tools) = (quoted(&arguments), quoted(&tools));
            let text = format!("---\narguments: {arguments}\nallowed-tools: {tools}\n---\n## {title}\n");
            let drafted = draft(&skill(&text));
            prop_assert!(parse(Path::new("contract.yaml"), &drafted).is_ok(), "{drafted}");
        }
    }
}
