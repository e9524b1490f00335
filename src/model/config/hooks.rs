//! The hooks of all layers: one set, each name once.

use super::{settings::ResolvedHook, view::View};
use crate::model::{Fault, Result, Spot, contract::Hook, yaml::Spanned};

/// One hook where it was written.
struct Found<'a> {
    view: &'a View<'a>,
    name: &'a Spanned<String>,
    hook: &'a Hook,
}

/// All hooks, the user's first, each file's in its order.
///
/// # Errors
/// A name in two layers without `replace: true`, a need that no hook answers, a circle of needs.
pub(super) fn unite(views: &[View<'_>]) -> Result<Vec<ResolvedHook>> {
    let mut hooks: Vec<Found<'_>> = Vec::new();
    let mut spots = Vec::new();
    for view in views {
        for (name, hook) in view.hooks.iter() {
            let earlier = hooks.iter().position(|known| known.name.value == name.value);
            if let Some(earlier) = earlier {
                let earlier = hooks.remove(earlier);
                if !hook.replace {
                    spots.extend(clash(view, name, &earlier));
                }
            }
            hooks.push(Found { view, name, hook });
        }
    }
    spots.extend(hooks.iter().flat_map(|hook| unmet(hook, &hooks)));
    if spots.is_empty() {
        spots.extend(circle(&hooks));
    }
    if spots.is_empty() {
        return Ok(hooks.iter().map(resolved).collect());
    }
    let mut fault = Fault::invalid("the hooks do not fit together");
    fault.spots = spots;
    Err(fault)
}

fn resolved(found: &Found<'_>) -> ResolvedHook {
    ResolvedHook {
        name: found.name.value.clone(),
        hook: found.hook.clone(),
        source: found.view.source(&found.name.span),
    }
}

fn clash(view: &View<'_>, name: &Spanned<String>, earlier: &Found<'_>) -> [Spot; 2] {
    let shown = &name.value;
    let mut here = view.spot(&name.span, format!("there is a hook `{shown}` already"));
    here.help = Some("say `replace: true` to take its place, or give it another name".to_owned());
    [here, earlier.view.spot(&earlier.name.span, "it was first named here")]
}

fn unmet(found: &Found<'_>, hooks: &[Found<'_>]) -> Vec<Spot> {
    let mut spots = Vec::new();
    for need in &found.hook.needs {
        let message = match hooks.iter().find(|known| known.name.value == need.value) {
            None => format!("there is no hook `{}`", need.value),
            Some(known) if known.hook.timing != found.hook.timing => {
                let (theirs, ours) = (known.hook.timing, found.hook.timing);
                format!("`{}` is a {theirs} hook, a {ours} hook cannot wait for it", need.value)
            }
            Some(_) => continue,
        };
        spots.push(found.view.spot(&need.span, message));
    }
    spots
}

/// A need that leads back to its own hook.
fn circle(hooks: &[Found<'_>]) -> Option<Spot> {
    let mut waiting: Vec<&Found<'_>> = hooks.iter().collect();
    // What is left when everything that can run has run waits for a circle, or is part of one.
    loop {
        let before = waiting.len();
        let names: Vec<&str> = waiting.iter().map(|found| found.name.as_str()).collect();
        waiting.retain(|found| found.hook.needs.iter().any(|need| names.contains(&need.as_str())));
        if waiting.len() == before {
            break;
        }
    }
    let next = |from: &Found<'_>| {
        let needs = |found: &&&Found<'_>| from.hook.needs.contains(found.name);
        waiting.iter().find(needs).copied()
    };
    let mut way = vec![*waiting.first()?];
    let around = loop {
        let last = next(way.last()?)?;
        if let Some(begin) = way.iter().position(|found| found.name == last.name) {
            break &way[begin..];
        }
        way.push(last);
    };
    let names: Vec<String> = around.iter().map(|found| format!("`{}`", found.name.value)).collect();
    let (first, last) = (around.first()?, around.last()?);
    let need = last.hook.needs.iter().find(|need| need.value == first.name.value)?;
    Some(last.view.spot(&need.span, format!("{} wait for each other", names.join(", "))))
}
