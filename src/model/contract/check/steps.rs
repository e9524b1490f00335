//! What must fit together in a tree of steps: names that are there, said before they are used.

use std::ops::Range;

use globset::Glob;

use crate::model::{
    contract::{
        Contract, Conversation, Leaf, Limits, Step, What,
        step::{Each, every},
    },
    expression::{INPUTS, Names, SCRATCH, STEPS, Steps, is_glob, names, names_in_template},
    panel::{CANARY_UNITS, UNITS},
    suggest::nearest,
    yaml::{Complaint, Spanned},
};

/// Everything that does not fit in the steps of a contract.
pub(super) fn steps(contract: &Contract, found: &mut Vec<Complaint>) {
    ids(contract, found);
    repair(contract, found);
    let all = every(&contract.steps);
    let known = all.iter().filter_map(|step| step.id.as_ref()).map(|id| id.value.as_str());
    let mut look = Look { contract, known: known.collect(), found };
    look.list(&contract.steps, &mut Seen::default());
}

fn ids(contract: &Contract, found: &mut Vec<Complaint>) {
    let mut ids: Vec<&str> = Vec::new();
    for id in every(&contract.steps).into_iter().filter_map(|step| step.id.as_ref()) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if id.is_empty() || !id.chars().all(plain) {
            let message = "the id of a step is lower-case letters, digits, `-` and `_`";
            found.push((id.span.clone(), message.to_owned()));
        }
        if [UNITS, CANARY_UNITS].contains(&id.as_str()) {
            let message = "reviewers are called `panel` and `canary`, so no step can be";
            found.push((id.span.clone(), message.to_owned()));
        }
        if ids.contains(&id.as_str()) {
            found.push((id.span.clone(), format!("two steps have the id `{}`", id.value)));
        }
        if id.strip_prefix("step-").is_some_and(|place| place.parse::<u32>().is_ok())
            && every(&contract.steps).iter().any(|step| step.id.is_none())
        {
            let message = format!("a step without an id may be called `{}` by its place", id.value);
            found.push((id.span.clone(), message));
        }
        ids.push(id);
    }
}

/// Refused work goes back to one conversation, so that is no step that many run.
fn repair(contract: &Contract, found: &mut Vec<Complaint>) {
    let Some(repair) = &contract.repair else { return };
    let all = every(&contract.steps);
    let named = |step: &Step| step.id.as_ref() == Some(repair);
    let message = match all.iter().find(|step| named(step)) {
        Some(_) if all.iter().any(|step| is_many(step, &named)) => {
            format!("`{}` runs for each of many, one step has to repair", repair.value)
        }
        Some(step) if step.is_agent() => return,
        Some(step) if step.leaf().is_none() => {
            format!("`{}` holds steps, name the one that repairs", repair.value)
        }
        Some(_) => format!("`{}` is a command, only an agent step can repair", repair.value),
        None => format!("no step has the id `{}`", repair.value),
    };
    found.push((repair.span.clone(), message));
}

fn is_many(step: &Step, named: &impl Fn(&Step) -> bool) -> bool {
    matches!(&step.what, What::Each { each, .. }
        if every(std::slice::from_ref(&each.steps)).iter().any(|inner| named(inner)))
}

/// What an expression at one place may look at.
#[derive(Clone, Default)]
struct Seen {
    /// Steps that are over by then.
    steps: Vec<String>,
    /// The names of `each`.
    things: Vec<String>,
    /// Whether an agent spoke right before.
    agent: bool,
}

struct Look<'a> {
    contract: &'a Contract,
    known: Vec<&'a str>,
    found: &'a mut Vec<Complaint>,
}

impl Look<'_> {
    fn list(&mut self, steps: &[Spanned<Step>], seen: &mut Seen) {
        for step in steps {
            self.step(step, seen);
            // Of what ran for each of many nobody can say which one is meant.
            let many = matches!(step.what, What::Each { .. });
            let inner = every(std::slice::from_ref(step)).into_iter().take(if many {
                1
            } else {
                usize::MAX
            });
            seen.steps.extend(inner.filter_map(|step| step.id.as_ref()).map(|id| id.value.clone()));
            seen.agent |= step.is_agent();
        }
    }

    /// Each knows how those before it failed.
    fn tries(&mut self, steps: &[Spanned<Step>], seen: &Seen, step: &Spanned<Step>) {
        self.not_empty(steps.len(), step);
        let mut seen = seen.clone();
        for step in steps {
            seen.agent = false;
            self.list(std::slice::from_ref(step), &mut seen);
        }
    }

    fn step(&mut self, step: &Spanned<Step>, seen: &Seen) {
        if let Some(when) = &step.when {
            self.expression(when, seen);
        }
        if let Some(key) = step.cache.as_ref().and_then(|cache| cache.key.as_ref()) {
            self.template(&key.value, &key.span, seen);
        }
        if step.conversation == Conversation::Continue
            && !matches!(step.leaf(), Some(Leaf::Prompt(_)))
        {
            let message = "a conversation goes on with a `prompt`: its instructions stay those that \
                           it began with";
            self.found.push((step.span.clone(), message.to_owned()));
        } else if step.conversation == Conversation::Continue && !seen.agent {
            let message = "there is no agent step before this one whose conversation could go on";
            self.found.push((step.span.clone(), message.to_owned()));
        }
        self.limits(step);
        match &step.what {
            What::Leaf(leaf) => self.leaf(leaf, seen),
            What::Sequence(steps) => {
                self.not_empty(steps.len(), step);
                self.list(steps, &mut seen.clone());
            }
            What::Parallel { steps, max, .. } => {
                self.at_least_one(max.as_ref());
                self.apart(steps, seen, step);
            }
            What::Fallback(steps) => self.tries(steps, seen, step),
            What::Each { each, max } => {
                self.at_least_one(max.as_ref());
                self.each(each, seen);
            }
            What::Route(route) => {
                self.expression(&route.on, seen);
                self.not_empty(route.cases.len(), step);
                for inner in step.inner() {
                    self.step(inner, &Seen { agent: false, ..seen.clone() });
                }
            }
            What::Delegate(delegate) => {
                self.not_empty(delegate.among.value.len(), step);
                self.template(&delegate.ask.value, &delegate.ask.span, seen);
            }
        }
    }

    /// Branches know nothing of each other.
    fn apart(&mut self, steps: &[Spanned<Step>], seen: &Seen, step: &Spanned<Step>) {
        self.not_empty(steps.len(), step);
        for inner in steps {
            self.step(inner, &Seen { agent: false, ..seen.clone() });
        }
    }

    fn each(&mut self, each: &Each, seen: &Seen) {
        if is_glob(&each.items) {
            if let Err(error) = Glob::new(&each.items) {
                self.found.push((each.items.span.clone(), format!("a faulty glob: {error}")));
            }
        } else {
            self.expression(&each.items, seen);
        }
        let reserved = [INPUTS, STEPS, SCRATCH].contains(&each.name.as_str());
        let plain = super::is_input_name(&each.name) && !each.name.contains('-');
        if reserved || !plain {
            let message = "one of the things is called by letters, digits and `_`, and not \
                           `inputs`, `steps` or `scratch`";
            self.found.push((each.name.span.clone(), message.to_owned()));
        }
        let mut inside = Seen { agent: false, ..seen.clone() };
        inside.things.push(each.name.value.clone());
        self.step(&each.steps, &inside);
    }

    fn leaf(&mut self, leaf: &Leaf, seen: &Seen) {
        match leaf {
            Leaf::Section(_) | Leaf::Skill(_) => {}
            Leaf::Prompt(text) => self.template(&text.value, &text.span, seen),
            Leaf::Run { argv, .. } => {
                for word in argv.words() {
                    self.template(word, &argv.span, seen);
                }
            }
        }
    }

    /// A limit that says nothing about a single call or command would silently be left out.
    fn limits(&mut self, step: &Spanned<Step>) {
        let limits = &step.limits;
        let of_the_run = [
            ("grace", limits.grace.as_ref().map(|grace| &grace.span)),
            ("hook-timeout", limits.hook_timeout.as_ref().map(|timeout| &timeout.span)),
            ("quota", limits.quota.as_ref().map(|quota| &quota.span)),
        ];
        for (name, span) in of_the_run {
            if let Some(span) = span {
                let message = format!("`{name}` is a limit of the run, no step has its own");
                self.found.push((span.clone(), message));
            }
        }
        let only_time = Limits { time: limits.time.clone(), ..Limits::default() };
        if matches!(step.leaf(), Some(Leaf::Run { .. })) && *limits != only_time {
            let message = "of a command only `limits.time` can be bounded";
            self.found.push((step.span.clone(), message.to_owned()));
        }
    }

    fn not_empty(&mut self, len: usize, step: &Spanned<Step>) {
        if len == 0 {
            self.found.push((step.span.clone(), "there is nothing to do in it".to_owned()));
        }
    }

    fn at_least_one(&mut self, max: Option<&Spanned<u32>>) {
        if let Some(max) = max.filter(|max| max.value == 0) {
            self.found.push((max.span.clone(), "at least one has to run at once".to_owned()));
        }
    }

    fn expression(&mut self, text: &Spanned<String>, seen: &Seen) {
        match names(text) {
            Ok(names) => self.names(&names, &text.span, seen),
            Err(why) => self.found.push((text.span.clone(), why)),
        }
    }

    fn template(&mut self, text: &str, span: &Range<usize>, seen: &Seen) {
        match names_in_template(text) {
            Ok(names) => self.names(&names, span, seen),
            Err(why) => self.found.push((span.clone(), why)),
        }
    }

    fn names(&mut self, names: &Names, span: &Range<usize>, seen: &Seen) {
        let mut complain = |message: String| self.found.push((span.clone(), message));
        if let Steps::Named(ids) = &names.steps {
            for id in ids.iter().filter(|id| !seen.steps.contains(id)) {
                complain(if self.known.contains(&id.as_str()) {
                    format!("the step `{id}` is not over by then")
                } else {
                    format!("there is no step `{id}`{}", near(id, self.known.iter().copied()))
                });
            }
        }
        let inputs = &self.contract.inputs;
        for input in &names.inputs {
            if !inputs.is_empty() && inputs.get(input).is_none() {
                complain(format!("there is no input `{input}`{}", near(input, inputs.names())));
            }
        }
        for other in names.others.iter().filter(|other| !seen.things.contains(other)) {
            let here =
                [INPUTS, STEPS, SCRATCH].into_iter().chain(seen.things.iter().map(String::as_str));
            let here: Vec<String> = here.map(|name| format!("`{name}`")).collect();
            complain(format!("there is no `{other}` here, only {}", here.join(", ")));
        }
    }
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let close = nearest(name, known);
    close.first().map(|near| format!(", did you mean `{near}`?")).unwrap_or_default()
}
