//! Cases of a route that no value can choose, where a schema says which values there are.

use serde_json::Value;

use crate::model::{
    Fault,
    contract::{Route, every},
    expression::{STEPS, plain},
    planning::Given,
};

/// A fault that shows each case which the schema of the step that decides leaves no value for.
pub(super) fn unused(given: &Given<'_>, route: &Route) -> Option<Fault> {
    let values = values(given, &route.on)?;
    let unused: Vec<_> =
        route.cases.iter().filter(|(name, _)| !values.contains(&name.value)).collect();
    if unused.is_empty() {
        return None;
    }
    let fault = Fault::invalid("a case of the contract can never be chosen").because(format!(
        "by its schema `{}` is one of {}",
        route.on.value,
        values.join(", ")
    ));
    let Some(contract) = given.contract else { return Some(fault) };
    Some(unused.into_iter().fold(fault, |fault, (name, _)| {
        fault.at(contract.spot(&name.span, "no value chooses this"))
    }))
}

/// The values that `steps.<id>.output…` can have, where a schema lists them.
fn values(given: &Given<'_>, on: &str) -> Option<Vec<String>> {
    let mut parts = on.trim().split('.');
    if parts.next() != Some(STEPS) {
        return None;
    }
    let id = parts.next()?;
    if parts.next() != Some("output") {
        return None;
    }
    let steps = every(&given.settings.steps.value);
    let place =
        steps.iter().position(|step| step.id.as_ref().is_some_and(|own| own.value == id))?;
    let mut schema = given.step_outputs.get(place)?.as_ref()?;
    for field in parts {
        schema = schema.get("properties")?.get(field)?;
    }
    match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(values)), _) => Some(values.iter().map(plain).collect()),
        (_, Some(value)) => Some(vec![plain(value)]),
        _ => None,
    }
}
