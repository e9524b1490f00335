//! From the contract's steps to the plan's tree.

use super::{
    Given, Grown, Inputs, Part, Wish, cases,
    delegate::delegate,
    graft::{Reached, graft},
    step, together,
};
use crate::model::{
    Fault, Result,
    contract::{Conversation, Each, Leaf, Limits, Route, Step, What},
    expression,
    run::{
        path,
        plan::{AgentPlan, CachePlan, CommandPlan, Does, Items, Node, StepLimits},
    },
    yaml::Spanned,
};

/// The tree of the contract's steps. Every fault is told at once.
pub(super) fn grow(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan) -> Result<Grown> {
    let asked = &given.settings.steps.value;
    let mut grower = Grower {
        given,
        inputs,
        agent,
        schemas: given.step_outputs.iter(),
        grown: Grown::default(),
        faults: Vec::new(),
        reached: Reached::Surely,
    };
    let last = asked.len() - 1;
    let mut tree = Vec::new();
    for (place, step) in asked.iter().enumerate() {
        let ends = if place == last { Ends::Run } else { Ends::Step };
        tree.push(grower.node(step, (id(step, place), path::ROOT), ends));
    }
    match together(grower.faults) {
        Some(fault) => Err(fault),
        None => Ok(Grown { tree, ..grower.grown }),
    }
}

/// Whether a step's output is that of the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Run,
    Step,
}

fn id(asked: &Step, place: usize) -> String {
    asked.id.as_ref().map_or_else(|| format!("step-{}", place + 1), |id| id.value.clone())
}

struct Grower<'a> {
    given: &'a Given<'a>,
    inputs: &'a Inputs,
    agent: &'a AgentPlan,
    /// The schemas of the steps' outputs, in the order of the file.
    schemas: std::slice::Iter<'a, Option<serde_json::Value>>,
    grown: Grown,
    faults: Vec<Fault>,
    reached: Reached,
}

impl Grower<'_> {
    fn node(&mut self, asked: &Spanned<Step>, (id, parent): (String, &str), ends: Ends) -> Node {
        let schema = self.schemas.next().cloned().flatten();
        let before = self.reached;
        if asked.when.is_some() || matches!(asked.what, What::Route(_) | What::Fallback(_)) {
            self.reached = Reached::Perhaps;
        }
        let plain = self.bare_node(asked, (id, parent, schema), ends);
        self.reached = before;
        Node {
            when: asked.when.as_ref().map(|when| when.value.clone()),
            retry: asked.retry.as_ref().map(|retry| retry.value.clone()),
            cache: asked.cache.as_ref().map(|cache| CachePlan {
                key: cache.value.key.as_ref().map(|key| key.value.clone()),
                ttl: cache.value.ttl.as_ref().map(|ttl| ttl.value),
            }),
            ..plain
        }
    }

    /// What the step does, without what decides whether and how often.
    fn bare_node(
        &mut self,
        asked: &Spanned<Step>,
        (id, parent, schema): (String, &str, Option<serde_json::Value>),
        ends: Ends,
    ) -> Node {
        let path = path::child(parent, &id);
        let does = match &asked.what {
            What::Leaf(Leaf::Skill(name)) => {
                return match self.given.skills.get(&name.value) {
                    Some(other) => graft((&id, parent), &other.plan, self.reached, &mut self.grown),
                    // Whoever prepares the run has found it, or told that there is none.
                    None => Node::plain(id, Does::Skill(Vec::new())),
                };
            }
            What::Leaf(leaf) => self.leaf(asked, leaf, (path, schema), ends),
            What::Sequence(steps) => Does::Sequence(self.list(steps, &path)),
            What::Parallel { steps, max, join } => Does::Parallel {
                max: max.as_ref().map(|max| max.value),
                join: *join,
                steps: self.list(steps, &path),
            },
            What::Each { each, max } => self.each(each, max.as_ref().map(|max| max.value), &path),
            What::Route(route) => self.route(route, &path),
            What::Fallback(steps) => Does::Fallback(self.list(steps, &path)),
            What::Delegate(asked) => {
                Does::Sequence(delegate(self.given, &path, asked, &mut self.grown))
            }
        };
        Node::plain(id, does)
    }

    fn list(&mut self, steps: &[Spanned<Step>], parent: &str) -> Vec<Node> {
        let each = steps.iter().enumerate();
        each.map(|(place, step)| self.node(step, (id(step, place), parent), Ends::Step)).collect()
    }

    /// What is done for each thing is a list, whether it is written as one or not.
    fn each(&mut self, each: &Each, max: Option<u32>, path: &str) -> Does {
        let steps = match &each.steps.what {
            What::Sequence(steps) if is_bare(&each.steps) => {
                self.schemas.next();
                self.list(steps, path)
            }
            What::Leaf(_)
            | What::Sequence(_)
            | What::Parallel { .. }
            | What::Each { .. }
            | What::Route(_)
            | What::Fallback(_)
            | What::Delegate(_) => {
                vec![self.node(&each.steps, (id(&each.steps, 0), path), Ends::Step)]
            }
        };
        let items = each.items.value.clone();
        let items =
            if expression::is_glob(&items) { Items::Glob(items) } else { Items::Expression(items) };
        Does::Each { items, name: each.name.value.clone(), max, steps }
    }

    /// The step of a case is called as it says, else as the case where that can be a name.
    fn route(&mut self, route: &Route, path: &str) -> Does {
        self.faults.extend(cases::unused(self.given, route));
        let mut steps = Vec::new();
        for (place, (name, step)) in route.cases.iter().enumerate() {
            let fits =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            let called = if name.is_empty() || !name.chars().all(fits) {
                format!("case-{}", place + 1)
            } else {
                name.value.clone()
            };
            let id = step.id.as_ref().map_or(called, |id| id.value.clone());
            steps.push(self.node(step, (id, path), Ends::Step));
        }
        if let Some(default) = &route.default {
            let id =
                default.id.as_ref().map_or_else(|| "default".to_owned(), |id| id.value.clone());
            steps.push(self.node(default, (id, path), Ends::Step));
        }
        let cases = route.cases.names().map(str::to_owned).collect();
        Does::Route { on: route.on.value.clone(), cases, steps }
    }

    fn leaf(
        &mut self,
        asked: &Spanned<Step>,
        leaf: &Leaf,
        (path, schema): (String, Option<serde_json::Value>),
        ends: Ends,
    ) -> Does {
        let (part, template) = match leaf {
            Leaf::Section(name) => match self.given.skill.section(name) {
                Ok((section, _)) => (Part::Section(section.whole.clone()), None),
                Err(fault) => {
                    let fault = pointed(self.given, name, fault);
                    self.faults.push(fault);
                    return Does::Call;
                }
            },
            // Values come into such words only when the step begins, and then as material.
            // A conversation keeps the instructions that it began with: these words are its next task.
            Leaf::Prompt(text)
                if expression::is_template(text)
                    || asked.conversation == Conversation::Continue =>
            {
                (Part::Prompt(""), Some(text.value.clone()))
            }
            Leaf::Prompt(text) => (Part::Prompt(&text.value), None),
            // It becomes many steps, and has been.
            Leaf::Skill(_) => return Does::Skill(Vec::new()),
            Leaf::Run { argv, parse } => {
                self.grown.commands.push(CommandPlan {
                    id: path,
                    argv: argv.words().to_vec(),
                    parse: *parse,
                    output: schema,
                    timeout: asked.limits.time.as_ref().map(|time| time.value),
                    env: self.given.settings.env.value.clone(),
                });
                return Does::Run;
            }
        };
        let answers = ends == Ends::Run && schema.is_none();
        self.grown.answers |= answers;
        let wish = Wish {
            id: path,
            part,
            output: if answers { self.given.output.clone() } else { schema },
            limits: limits(&asked.limits),
            asked: own_words(leaf),
            template,
            conversation: asked.conversation,
        };
        let planned = step(self.given, self.inputs, self.agent, wish);
        self.grown.steps.push(planned);
        Does::Call
    }
}

/// Whether a list has nothing said about it as a whole.
fn is_bare(step: &Step) -> bool {
    step.id.is_none() && step.when.is_none() && step.retry.is_none()
}

fn limits(asked: &Limits) -> StepLimits {
    StepLimits {
        usd: asked.usd.as_ref().map(|usd| usd.value),
        tokens: asked.tokens.as_ref().map(|tokens| tokens.value),
        turns: asked.turns.as_ref().map(|turns| turns.value),
        time: asked.time.as_ref().map(|time| time.value),
        idle: asked.idle.as_ref().map(|idle| idle.value),
        start: asked.start.as_ref().map(|start| start.value),
        after_result: asked.after_result.as_ref().map(|after| after.value),
        context: asked.context.as_ref().map(|context| context.value),
    }
}

/// What the contract, and not the skill, says in the prompt.
fn own_words(leaf: &Leaf) -> Option<String> {
    match leaf {
        Leaf::Prompt(text) => Some(text.value.clone()),
        Leaf::Section(name) => Some(name.value.clone()),
        Leaf::Skill(_) | Leaf::Run { .. } => None,
    }
}

fn pointed(given: &Given<'_>, name: &Spanned<String>, fault: Fault) -> Fault {
    match given.contract {
        Some(contract) => fault.at(contract.spot(&name.span, "no such section")),
        None => fault,
    }
}
