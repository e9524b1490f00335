//! The hooks of the gate in a settings file of Claude Code: put in and taken out, with all else in
//! the file left as it is.

use serde_json::{Value, json};

use crate::model::{
    Fault, Result,
    json_text::{Node, NotJson, insert_item, insert_member, parse, remove_item, remove_member},
};

/// When Claude Code asks the gate, and how many seconds it waits for an answer. Its own default ends
/// most checks too early, and a hook that it ends has no say.
const EVENTS: [(&str, u64); 3] =
    [("UserPromptSubmit", 120), ("Stop", WAITS), ("SubagentStop", WAITS)];

/// How long Claude Code waits for what the gate says at the end of a turn, in seconds.
pub const WAITS: u64 = 3600;

/// What is written into a file that is not there yet.
const EMPTY: &str = "{}\n";

/// The text of a settings file with the gate's hooks, which run `command`; hooks of a gate that are
/// there already are replaced, so that doing it twice is the same as doing it once.
///
/// # Errors
/// The text is no settings file.
pub fn install(text: Option<&str>, command: &str) -> Result<String> {
    let text = text.filter(|text| !text.trim().is_empty()).unwrap_or(EMPTY);
    let before = read(text)?;
    let entry = |seconds: u64| json!({ "type": "command", "command": command, "timeout": seconds });
    let there = |event: &str, seconds: u64| {
        let ours: Vec<Value> = ours(&before, event).iter().map(|hook| hook.value(text)).collect();
        ours == [entry(seconds)]
    };
    if EVENTS.iter().all(|(event, seconds)| there(event, *seconds)) {
        return Ok(text.to_owned());
    }
    let mut text = remove(text)?;
    for (event, seconds) in EVENTS {
        let group = json!({ "hooks": [entry(seconds)] });
        text = add(&text, event, &group)?;
    }
    Ok(text)
}

/// The text of a settings file without the gate's hooks, and without what would be left of them: a
/// group, a list or an object that held nothing else.
///
/// # Errors
/// The text is no settings file.
pub fn remove(text: &str) -> Result<String> {
    let mut text = text.to_owned();
    for (event, _) in EVENTS {
        loop {
            let root = read(&text)?;
            let Some(hook) = ours(&root, event).into_iter().next() else { break };
            text = without(&text, &root, event, (hook.group, hook.index));
        }
    }
    Ok(text)
}

fn read(text: &str) -> Result<Node> {
    let refuse =
        |why: String| Fault::invalid("this is no settings file of Claude Code").because(why);
    let root = parse(text).map_err(|NotJson { line, expected }| {
        refuse(format!("line {line}: expected {expected}"))
    })?;
    let is = |node: &Node, open: u8| text.as_bytes()[node.span.start] == open;
    if !is(&root, b'{') {
        return Err(refuse("it holds no object".to_owned()));
    }
    let Some(hooks) = root.get("hooks") else { return Ok(root) };
    if !is(hooks, b'{') {
        return Err(refuse("`hooks` is no object".to_owned()));
    }
    for (event, _) in EVENTS {
        if hooks.get(event).is_some_and(|groups| !is(groups, b'[')) {
            return Err(refuse(format!("`hooks.{event}` is no list")));
        }
    }
    Ok(root)
}

/// One hook of the gate.
struct Hook<'a> {
    group: usize,
    index: usize,
    node: &'a Node,
}

impl Hook<'_> {
    fn value(&self, text: &str) -> Value {
        serde_json::from_str(&text[self.node.span.clone()]).unwrap_or_default()
    }
}

fn ours<'a>(root: &'a Node, event: &str) -> Vec<Hook<'a>> {
    let groups = root.get("hooks").and_then(|hooks| hooks.get(event));
    let groups = groups.map(Node::items).unwrap_or_default().iter().enumerate();
    let hooks = groups.flat_map(|(group, node)| {
        let hooks = node.get("hooks").map(Node::items).unwrap_or_default();
        hooks.iter().enumerate().map(move |(index, node)| Hook { group, index, node })
    });
    hooks
        .filter(|hook| hook.node.get("command").and_then(Node::text).is_some_and(is_gate))
        .collect()
}

/// Whether a command of a hook is `atlas gate`, wherever that atlas lies.
fn is_gate(command: &str) -> bool {
    let command = command.trim();
    let (program, rest) = match command.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'').unwrap_or((quoted, "")),
        None => command.split_once(' ').unwrap_or((command, "")),
    };
    let name = program.rsplit('/').next();
    name == Some("atlas") && rest.split_whitespace().next() == Some("gate")
}

fn add(text: &str, event: &str, group: &Value) -> Result<String> {
    let root = read(text)?;
    Ok(match root.get("hooks").map(|hooks| (hooks, hooks.get(event))) {
        None => insert_member(text, &root, "hooks", &json!({ event: [group] })),
        Some((hooks, None)) => insert_member(text, hooks, event, &json!([group])),
        Some((_, Some(groups))) => insert_item(text, groups, group),
    })
}

/// Takes out one hook, and whatever around it holds nothing else.
fn without(text: &str, root: &Node, event: &str, (group, index): (usize, usize)) -> String {
    let place = |node: &Node, key: &str| node.members().iter().rposition(|it| it.key == key);
    let hooks = root.get("hooks").expect("the hook stands in it");
    let groups = hooks.get(event).expect("the hook stands in it");
    let own = &groups.items()[group];
    let list = own.get("hooks").expect("the hook stands in it");
    if list.items().len() > 1 {
        return remove_item(text, list, index);
    }
    if groups.items().len() > 1 {
        return remove_item(text, groups, group);
    }
    let (node, key) = if hooks.members().len() > 1 { (hooks, event) } else { (root, "hooks") };
    remove_member(text, node, place(node, key).expect("it was found by this name"))
}

#[cfg(test)]
mod tests;
