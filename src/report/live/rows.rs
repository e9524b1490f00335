//! Which lines a live view has: what runs, in the order of the contract, below what holds it, and
//! folded where it is many.

use std::collections::BTreeMap;

use crate::model::run::{Plan, State, path, plan::Does};

/// A terminal of the usual height shows so many lines and what was said before them.
const MOST: usize = 12;

/// Where a line stands among the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// By the numbers of the steps on the way to it; what is no step comes last.
    numbers: Vec<u32>,
    /// By its name, beside others that are no steps.
    name: String,
}

/// One line of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it stands.
    pub(super) place: Place,
    /// How many lines above it hold it.
    pub(super) depth: usize,
    /// What it is called, below what holds it.
    pub(super) name: String,
    /// What it tells.
    pub(super) kind: Kind,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that runs.
    Runs,
    /// A step that holds others, and how many of them have ended where that is known.
    Holds(Option<(u32, u32)>),
    /// So many more run.
    More(usize),
}

/// What runs, by its name: the path of a step, or what a hook is called.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<Place, String>);

impl Rows {
    /// It runs from now on.
    pub(super) fn begin(&mut self, place: Place, name: &str) {
        self.0.insert(place, name.to_owned());
    }

    /// It has ended.
    pub(super) fn end(&mut self, place: &Place) {
        self.0.remove(place);
    }

    /// The lines to show, from the top.
    pub(super) fn lines(&self, plan: &Plan, state: &State) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut holders: Vec<String> = Vec::new();
        for (shown, (place, name)) in self.0.iter().enumerate() {
            let above = if place.is_step() { above(plan, name) } else { Vec::new() };
            let known = holders.iter().zip(&above).take_while(|(one, other)| one == other).count();
            let more = self.0.len() - shown;
            // The last line is for what does not fit, unless this is the last of all.
            let room = MOST - usize::from(more > 1);
            if lines.len() + above.len() - known + 1 > room {
                lines.push(Line {
                    place: Place::FOLDED,
                    depth: 0,
                    name: String::new(),
                    kind: Kind::More(more),
                });
                break;
            }
            for depth in known..above.len() {
                lines.push(holder(plan, state, &above, depth));
            }
            lines.push(Line {
                place: place.clone(),
                depth: above.len(),
                name: below(name, above.last()),
                kind: Kind::Runs,
            });
            holders = above;
        }
        lines
    }
}

impl Place {
    const FOLDED: Self = Self { numbers: Vec::new(), name: String::new() };

    /// That of a step, or of what is called like one and stands in no contract, as reviewers do.
    pub(super) fn of_step(plan: &Plan, step: &str) -> Self {
        let places = plan.places();
        let mut numbers = Vec::new();
        let mut rest = step;
        while let Some((parent, _)) = path::split(rest) {
            let Some(number) = places.among(rest) else { return Self::of_other(step) };
            numbers.push(number);
            rest = parent;
        }
        numbers.reverse();
        Self { numbers, name: String::new() }
    }

    /// That of what is no step.
    pub(super) fn of_other(name: &str) -> Self {
        Self { numbers: vec![u32::MAX], name: name.to_owned() }
    }

    fn is_step(&self) -> bool {
        self.name.is_empty()
    }
}

/// The steps of the contract that hold this one, the outermost first. What an `each` does for one
/// thing has no line of its own.
fn above(plan: &Plan, step: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = step;
    while let Some((parent, _)) = path::split(rest) {
        if matches!(path::split(parent), Some((_, path::Last::Step(_))))
            && plan.node(parent).is_some()
        {
            found.push(parent.to_owned());
        }
        rest = parent;
    }
    found.reverse();
    found
}

fn holder(plan: &Plan, state: &State, above: &[String], depth: usize) -> Line {
    let step = &above[depth];
    let outer = depth.checked_sub(1).map(|outer| &above[outer]);
    Line {
        place: Place::of_step(plan, step),
        depth,
        name: below(step, outer),
        kind: Kind::Holds(ended(plan, state, step)),
    }
}

/// How many of the steps that it holds have ended, and how many there are to end.
fn ended(plan: &Plan, state: &State, step: &str) -> Option<(u32, u32)> {
    let known = state.node(step)?;
    let all = match &plan.node(step)?.does {
        Does::Each { .. } => known.decision.as_ref()?.things.as_ref()?.len(),
        Does::Sequence(steps) | Does::Parallel { steps, .. } | Does::Skill(steps) => steps.len(),
        Does::Route { .. } | Does::Fallback(_) | Does::Call | Does::Run => return None,
    };
    let ended = known.passed + u32::try_from(known.failed.len()).ok()?;
    Some((ended, u32::try_from(all).ok()?))
}

/// A path without what stands in the line above.
fn below(step: &str, above: Option<&String>) -> String {
    let rest = above.and_then(|above| step.strip_prefix(above.as_str())).unwrap_or(step);
    rest.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        contract::Join,
        result::tests::story,
        run::{
            Event,
            event::Decision,
            plan::{Index, Items, Node},
        },
    };

    fn node(id: &str, does: Does) -> Node {
        Node::plain(id, does)
    }

    /// `first`, then for each file `look` and `fix`, then two branches.
    fn plan() -> Plan {
        let call = |id: &str| node(id, Does::Call);
        let steps = vec![call("look"), call("fix")];
        let items = Items::Glob("*.md".to_owned());
        let name = "file".to_owned();
        let branches = vec![call("left"), node("right", Does::Sequence(vec![call("deep")]))];
        Plan {
            tree: vec![
                call("first"),
                node("files", Does::Each { items, name, max: None, steps }),
                node("both", Does::Parallel { max: None, join: Join::All, steps: branches }),
            ],
            index: Index::default(),
            ..story::interrupted().plan
        }
    }

    fn check(running: &[&str], expected: &str) {
        let plan = plan();
        let mut state = State::default();
        let things = (0..20).map(serde_json::Value::from).collect();
        let decision = Decision { runs: true, things: Some(things), case: None };
        state.apply(&Event::Decided { step: "files".to_owned(), decision });
        let mut rows = Rows::default();
        for step in running {
            let place = match step.strip_prefix("hook ") {
                Some(_) => Place::of_other(step),
                None => Place::of_step(&plan, step),
            };
            rows.begin(place, step);
        }
        let line = |line: Line| {
            let told = match line.kind {
                Kind::Runs => String::new(),
                Kind::Holds(None) => ": holds".to_owned(),
                Kind::Holds(Some((ended, all))) => format!(": {ended} of {all}"),
                Kind::More(more) => format!("{more} more"),
            };
            format!("{}{}{told}\n", "  ".repeat(line.depth), line.name)
        };
        let shown: String = rows.lines(&plan, &state).into_iter().map(line).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_runs_stands_below_what_holds_it_in_the_order_of_the_contract() {
        check(&[], "");
        check(&["hook lint", "first"], "first\nhook lint\n");
        check(
            &["both/right/deep", "both/left", "panel/skeptic", "files[10]/look", "files[9]/fix"],
            "files: 0 of 20\n  [9]/fix\n  [10]/look\n\
             both: holds\n  left\n  right: holds\n    deep\npanel/skeptic\n",
        );
    }

    #[test]
    fn many_are_folded_and_the_last_is_never_folded_alone() {
        let many =
            |count: usize| (0..count).map(|n| format!("files[{n}]/look")).collect::<Vec<_>>();
        let lines = |count: usize| {
            let lines: Vec<String> = (0..count).map(|n| format!("  [{n}]/look\n")).collect();
            lines.concat()
        };
        for (running, shown, more) in [(11, 11, ""), (12, 10, "2 more\n"), (20, 10, "10 more\n")] {
            let running = many(running);
            let running: Vec<&str> = running.iter().map(String::as_str).collect();
            check(&running, &format!("files: 0 of 20\n{}{more}", lines(shown)));
        }
    }
}
