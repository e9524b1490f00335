//! The tree of steps of a plan: as lines for people, and as a graph for pages that draw one.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{before, look::Look, words};
use crate::model::{
    contract::Join,
    run::{
        Plan, path,
        plan::{Does, Items, KnownKey, Node},
    },
    value::Tokens,
};

/// Whether the steps are more than a list of agents.
pub fn is_tree(plan: &Plan) -> bool {
    plan.tree.iter().any(|node| node.does != Does::Call || node.when.is_some())
}

/// The steps, one a line, each below what holds it, and what all of them may take at most.
pub fn lines(plan: &Plan, keys: &BTreeMap<String, Option<KnownKey>>, look: Look) -> String {
    let mut text = String::new();
    Node::walk(&plan.tree, path::ROOT, &mut |path, _, node| {
        let depth = path.matches('/').count();
        let mut told = words::first_line(&told(plan, path, node, look), look);
        told.push_str(&keys.get(path).map(|known| earlier(known.as_ref())).unwrap_or_default());
        let _ = writeln!(text, "{}{}: {told}", "  ".repeat(depth), node.id);
    });
    text.push_str(&at_most(plan, look));
    text
}

/// What a step does, in one line.
fn told(plan: &Plan, path: &str, node: &Node, look: Look) -> String {
    let mut told = match &node.does {
        Does::Call => match plan.step(path) {
            Some(step) => {
                let tokens = Tokens::estimate(step.prompt_bytes());
                let (model, reserve) = (&step.agent.model, step.reserve);
                format!("asks {model}, {} {tokens} tokens, reserves {reserve}", look.about())
            }
            None => "asks".to_owned(),
        },
        Does::Run => {
            let argv = plan.command(path).map(|command| command.argv.as_slice());
            format!("runs {}", super::explain::shell_line(argv.unwrap_or_default()))
        }
        Does::Sequence(_) => "one after another".to_owned(),
        Does::Parallel { max, join, .. } => {
            let join = match join {
                Join::All => "",
                Join::Any => ", until one passes",
            };
            format!("side by side, {} at once{join}", at_once(plan, *max))
        }
        Does::Each { items, name, max, .. } => {
            let (Items::Expression(of) | Items::Glob(of)) = items;
            let apart = plan.works_apart(&path::thing(path, 0));
            let copies = if apart { ", each in a worktree" } else { "" };
            format!("for each {name} of {of}, {} at once{copies}", at_once(plan, *max))
        }
        Does::Route { on, cases, steps } => {
            let other = if steps.len() > cases.len() { ", or default" } else { "" };
            format!("one of {}{other}, by {on}", cases.join(", "))
        }
        Does::Fallback(_) => "until one passes".to_owned(),
        Does::Skill(_) => {
            let skill = plan.skill_step(path).map(|step| step.skill.name.as_str());
            format!("the skill {}", skill.unwrap_or_default())
        }
    };
    if plan.works_apart(path) {
        told.push_str(", in a worktree");
    }
    if let Some(when) = &node.when {
        let _ = write!(told, ", if {when}");
    }
    if let Some(retry) = node.retry.as_ref().filter(|retry| retry.times > 0) {
        let _ = write!(told, ", {} over", words::count(usize::from(retry.times), "time"));
    }
    told
}

/// Whether an earlier result stands for a step.
fn earlier(known: Option<&KnownKey>) -> String {
    match known {
        None => "; whether an earlier result stands for it, only the run knows".to_owned(),
        Some(KnownKey { key, made }) => {
            let short = key.get(..SHORT).unwrap_or(key);
            match made {
                Some(made) => format!("; not again: its result of {made} stands (key {short})"),
                None => format!("; its result is kept (key {short})"),
            }
        }
    }
}

/// So many digits of a key tell it from others.
const SHORT: usize = 12;

fn at_once(plan: &Plan, max: Option<u32>) -> u32 {
    max.unwrap_or(plan.pace.jobs).min(plan.pace.jobs).max(1)
}

/// The bounds of the run; of how many things an `each` runs for, nobody knows more.
fn at_most(plan: &Plan, look: Look) -> String {
    let limits = &plan.limits;
    let mut parts = vec![format!("all of it at most {}", limits.time)];
    if plan.asks_somebody() {
        let money = limits.usd.map_or_else(|| "the plan's quota".to_owned(), |usd| usd.to_string());
        parts.push(format!(
            "{money}, {} {} tokens once",
            look.about(),
            before::prompt_tokens(plan)
        ));
    } else {
        parts.push("nothing is spent".to_owned());
    }
    format!("{}\n", parts.join(look.separator()))
}

/// The same as a Mermaid flow chart.
pub fn mermaid(plan: &Plan) -> String {
    let mut graph = Graph { plan, text: "flowchart TD\n".to_owned(), names: 0 };
    graph.list(&plan.tree, path::ROOT, Vec::new());
    graph.text
}

/// A node from which edges lead on, and what is written on them.
type Open = (String, Option<String>);

struct Graph<'a> {
    plan: &'a Plan,
    text: String,
    names: usize,
}

impl Graph<'_> {
    fn list(&mut self, nodes: &[Node], parent: &str, from: Vec<Open>) -> Vec<Open> {
        nodes.iter().fold(from, |from, node| self.node(node, parent, &from))
    }

    fn node(&mut self, node: &Node, parent: &str, from: &[Open]) -> Vec<Open> {
        let path = path::child(parent, &node.id);
        let name = format!("n{}", self.names);
        self.names += 1;
        let told = told(self.plan, &path, node, Look::PLAIN);
        let label = quoted(&format!("{}: {told}", node.id));
        let _ = match &node.does {
            Does::Route { .. } => writeln!(self.text, "  {name}{{\"{label}\"}}"),
            Does::Call => writeln!(self.text, "  {name}([\"{label}\"])"),
            Does::Run
            | Does::Sequence(_)
            | Does::Parallel { .. }
            | Does::Each { .. }
            | Does::Fallback(_)
            | Does::Skill(_) => writeln!(self.text, "  {name}[\"{label}\"]"),
        };
        for (other, why) in from {
            let why = why.as_ref().map(|why| format!("|\"{}\"|", quoted(why))).unwrap_or_default();
            let _ = writeln!(self.text, "  {other} -->{why} {name}");
        }
        let own = || vec![(name.clone(), None)];
        match &node.does {
            Does::Call | Does::Run => own(),
            Does::Sequence(steps) | Does::Skill(steps) | Does::Each { steps, .. } => {
                self.list(steps, &path, own())
            }
            Does::Parallel { steps, .. } => {
                steps.iter().flat_map(|step| self.node(step, &path, &own())).collect()
            }
            Does::Route { cases, steps, .. } => {
                let mut ends = Vec::new();
                for (place, step) in steps.iter().enumerate() {
                    let case = cases.get(place).map_or("default", String::as_str).to_owned();
                    ends.extend(self.node(step, &path, &[(name.clone(), Some(case))]));
                }
                ends
            }
            Does::Fallback(steps) => {
                let mut ends = Vec::new();
                let mut from: Vec<Open> = own();
                for step in steps {
                    let came = self.node(step, &path, &from);
                    from = came.iter().map(|(end, _)| (end.clone(), Some("else".into()))).collect();
                    ends.extend(came);
                }
                ends
            }
        }
    }
}

/// A label in which nothing ends it or begins markup.
fn quoted(text: &str) -> String {
    let inert = crate::model::text::sanitize_line(text);
    let mut quoted = String::new();
    for character in inert.chars() {
        match character {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' => {
                let _ = write!(quoted, "#{};", character as u32);
            }
            plain => quoted.push(plain),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, str};

    use super::*;
    use crate::model::{
        result::tests::plans,
        run::plan::{CommandPlan, StepPlan},
    };

    fn plan() -> Plan {
        let command = |id: &str, argv: &[&str]| CommandPlan {
            id: id.to_owned(),
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            parse: None,
            output: None,
            timeout: None,
            env: Vec::new(),
        };
        let bare = plans::bare_plan();
        let ask = StepPlan { id: "kind/fix".into(), ..bare.steps[0].clone() };
        let fix = Node { when: Some("inputs.fix".into()), ..Node::plain("fix", Does::Call) };
        let each = Does::Each {
            items: Items::Glob("docs/*.md".into()),
            name: "file".into(),
            max: Some(2),
            steps: vec![Node::plain("look", Does::Run)],
        };
        let tree = vec![
            Node::plain("log", Does::Run),
            Node::plain(
                "kind",
                Does::Route {
                    on: "steps.log.output".into(),
                    cases: vec!["fix".into(), "a \"b\"".into()],
                    steps: vec![
                        fix,
                        Node::plain(
                            "case-2",
                            Does::Fallback(vec![
                                Node::plain("one", Does::Run),
                                Node::plain("two", Does::Run),
                            ]),
                        ),
                    ],
                },
            ),
            Node::plain("files", each),
        ];
        let commands = vec![
            command("log", &["git", "log", "--format=%s"]),
            command("kind/case-2/one", &["false"]),
            command("kind/case-2/two", &["true"]),
            command("files/look", &["cat", "{{ file }}"]),
        ];
        Plan { steps: vec![ask], commands, tree, ..bare }
    }

    #[test]
    fn a_tree_as_lines() {
        let key = |made: Option<&str>| {
            Some(KnownKey { key: "0123456789abcdef".to_owned(), made: made.map(str::to_owned) })
        };
        let keys = BTreeMap::from([
            ("log".to_owned(), key(Some("2026-11-20T08:00:00Z"))),
            ("kind/case-2/one".to_owned(), key(None)),
            ("files/look".to_owned(), None),
        ]);
        assert_data_eq!(
            lines(&plan(), &keys, Look::PLAIN),
            str![[r#"
log: runs git log --format=%s; not again: its result of 2026-11-20T08:00:00Z stands (key 0123456789ab)
kind: one of fix, a "b", by steps.log.output
  fix: asks sonnet, ≈ 18k tokens, reserves $0.05, if inputs.fix
  case-2: until one passes
    one: runs false; its result is kept (key 0123456789ab)
    two: runs true
files: for each file of docs/*.md, 2 at once
  look: runs cat '{{ file }}'; whether an earlier result stands for it, only the run knows
all of it at most 30m · $2.00, ≈ 18k tokens once

"#]]
            .raw()
        );
    }

    #[test]
    fn a_tree_as_a_graph() {
        assert_data_eq!(
            mermaid(&plan()),
            str![[r#"
flowchart TD
  n0["log: runs git log --format=%s"]
  n1{"kind: one of fix, a #34;b#34;, by steps.log.output"}
  n0 --> n1
  n2(["fix: asks sonnet, ≈ 18k tokens, reserves $0.05, if inputs.fix"])
  n1 -->|"fix"| n2
  n3["case-2: until one passes"]
  n1 -->|"a #34;b#34;"| n3
  n4["one: runs false"]
  n3 --> n4
  n5["two: runs true"]
  n4 -->|"else"| n5
  n6["files: for each file of docs/*.md, 2 at once"]
  n2 --> n6
  n4 --> n6
  n5 --> n6
  n7["look: runs cat '{{ file }}'"]
  n6 --> n7

"#]]
            .raw()
        );
    }
}
