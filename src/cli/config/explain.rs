//! `atlas config explain`: one key, what it means, and who may set it.
//!
//! Everything is read off the types that read the files: their JSON Schemas and the resolved
//! settings, so that no key can be explained wrongly or forgotten.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::context::Context;
use crate::{
    model::{
        Fault, Result,
        config::{self, FlagValues, Layers, Settings, VARIABLES, resolve},
        contract, suggest, text,
    },
    report::{Look, wrap},
};

/// Flags that are settings and have no variable.
const FLAGS: [(&str, &str); 4] = [
    ("agent.edit", "--edit"),
    ("agent.permission-mode", "--permission-mode"),
    ("agent.allow", "--allow"),
    ("isolation", "--worktree"),
];

/// Explain a key: what it means, its value here, its default, and where it may be set
///
///   atlas config explain limits.usd
///   atlas config explain 'hooks.*.timeout'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The key as `atlas config` shows it, with dots; `*` stands for any name
    key: String,
}

pub(super) fn run(args: &Args, settings: &Settings, context: &Context) -> Result<()> {
    let explained = explain(&args.key, settings)?;
    context.give(|| &explained, |look| told(&explained, look))
}

#[derive(Debug, Serialize)]
struct Explained {
    key: String,
    meaning: String,
    /// The words it takes, where it takes only some.
    takes: Vec<String>,
    value: Option<Value>,
    source: Option<String>,
    default: Option<Value>,
    files: Vec<&'static str>,
    variable: Option<&'static str>,
    flag: Option<&'static str>,
}

fn explain(key: &str, settings: &Settings) -> Result<Explained> {
    let parts: Vec<&str> = key.split('.').collect();
    let schemas = [config::schema(), contract::schema()];
    let [in_config, in_contract] = schemas.each_ref().map(|schema| node(schema, &parts));
    let Some(known) = in_config.as_ref().or(in_contract.as_ref()) else {
        return Err(unknown(key, &schemas));
    };
    let in_project = in_config.is_some() && !config::is_user_only(&parts);
    let files = [
        (in_config.is_some(), "config.yaml of the user"),
        (in_project, ".claude/atlas.yaml of the repository"),
        (in_contract.is_some(), "contract.yaml of the skill"),
    ];
    let variable = VARIABLES.iter().find(|variable| variable.key == key);
    let flag = FLAGS.iter().find(|(of, _)| *of == key).map(|(_, flag)| *flag);
    let here = row(settings, key);
    Ok(Explained {
        key: key.to_owned(),
        meaning: known.meaning.clone(),
        takes: known.takes.clone(),
        default: row(&defaults(), key).map(|(value, _)| value),
        files: files.into_iter().filter_map(|(may, file)| may.then_some(file)).collect(),
        variable: variable.map(|variable| variable.name),
        flag: variable.map(|variable| variable.flag).or(flag),
        value: here.as_ref().map(|(value, _)| value.clone()),
        source: here.map(|(_, source)| source),
    })
}

/// What a schema says of one key.
struct Node {
    meaning: String,
    takes: Vec<String>,
}

fn node(schema: &Value, parts: &[&str]) -> Option<Node> {
    let mut here = schema;
    let mut said = None;
    for part in parts {
        let inside = resolved(schema, here);
        here = inside["properties"]
            .get(part)
            .or_else(|| inside.get("additionalProperties").filter(|any| any.is_object()))?;
        let own = here["description"].as_str().or(resolved(schema, here)["description"].as_str());
        // What any name stands for is told of the whole.
        said = own.or(said);
    }
    let words = resolved(schema, here);
    let takes = words["enum"].as_array().or(words["oneOf"].as_array());
    let word = |word: &Value| word.as_str().or(word["const"].as_str()).map(str::to_owned);
    Some(Node {
        meaning: said.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
        takes: takes.into_iter().flatten().filter_map(word).collect(),
    })
}

/// The schema behind references and behind `null` as the other choice.
fn resolved<'a>(schema: &'a Value, node: &'a Value) -> &'a Value {
    let mut choices = node["anyOf"].as_array().into_iter().flatten();
    if let Some(choice) = choices.find(|choice| choice["type"] != "null") {
        return resolved(schema, choice);
    }
    let name = node["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
    name.map_or(node, |name| resolved(schema, &schema["$defs"][name]))
}

/// Every key of a schema, `*` for any name.
fn keys(schema: &Value, node: &Value, above: &str, found: &mut Vec<String>) {
    let inside = resolved(schema, node);
    let below =
        |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    let named = inside["properties"].as_object().into_iter().flatten();
    let any = inside.get("additionalProperties").filter(|any| any.is_object());
    for (name, node) in
        named.map(|(name, node)| (name.as_str(), node)).chain(any.map(|any| ("*", any)))
    {
        let key = below(name);
        // Steps hold steps.
        if key.split('.').count() <= 4 {
            keys(schema, node, &key, found);
            found.push(key);
        }
    }
}

fn unknown(key: &str, schemas: &[Value; 2]) -> Fault {
    let mut known = Vec::new();
    for schema in schemas {
        keys(schema, schema, "", &mut known);
    }
    let fault = Fault::usage(format!("there is no key `{}`", text::sanitize_line(key)));
    let near = suggest::nearest(key, known.iter().map(String::as_str));
    match near[..] {
        [] => fault.hint("`atlas config` shows every key"),
        _ => near.iter().fold(fault, |fault, near| fault.hint(format!("did you mean `{near}`?"))),
    }
}

/// The value of a key with its source. Money of a day stands beside the limits of a run.
fn row(settings: &Settings, key: &str) -> Option<(Value, String)> {
    let rows = settings.rows();
    let beside = format!("limits.{key}");
    let row = rows.iter().find(|row| row.key == key || row.key == beside)?;
    Some((serde_json::from_str(&row.value).ok()?, row.source.to_string()))
}

fn defaults() -> Settings {
    resolve(&Layers {
        user: None,
        project: None,
        contract: None,
        env: &BTreeMap::new(),
        flags: &FlagValues::default(),
        cores: u32::MAX,
    })
    .expect("nothing can be wrong where nothing is said")
}

fn told(explained: &Explained, look: Look) -> String {
    let Explained { key, meaning, takes, value, source, default, files, variable, flag } =
        explained;
    let mut told = format!("{key}\n");
    let mut add = |line: String| told.extend(["  ", &wrap::text(&line, look.width, 2), "\n"]);
    if !meaning.is_empty() {
        add(meaning.clone());
    }
    if !takes.is_empty() {
        add(format!("takes: {}", takes.join(", ")));
    }
    if let (Some(value), Some(source)) = (value, source) {
        add(format!("value here: {value} ({source})"));
    }
    if let Some(default) = default {
        add(format!("default: {default}"));
    }
    let said = files.iter().map(|file| (*file).to_owned());
    let variable = variable.map(|name| format!("variable {name}"));
    let flag = flag.map(|flag| format!("flag {flag}"));
    let places: Vec<String> = said.chain(variable).chain(flag).collect();
    add(format!("may be set in: {}", places.join(", ")));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_every_file_can_be_explained() {
        let schemas = [config::schema(), contract::schema()];
        let mut known = Vec::new();
        for schema in &schemas {
            keys(schema, schema, "", &mut known);
        }
        assert!(known.contains(&"hooks.*.timeout".to_owned()), "{known:?}");
        for key in known {
            let explained = explain(&key, &defaults()).unwrap();
            assert!(!explained.meaning.is_empty(), "{key} has no meaning");
        }
    }

    #[test]
    fn who_may_set_a_key() {
        let files = |key| explain(key, &defaults()).unwrap().files.len();
        assert_eq!(
            [files("usd-per-day"), files("jobs"), files("limits.usd"), files("inputs")],
            [1, 2, 3, 1]
        );
        let limit = explain("limits.usd", &defaults()).unwrap();
        assert_eq!((limit.variable, limit.flag), (Some("ATLAS_MAX_USD"), Some("--max-usd")));
        assert_eq!(limit.default, Some(2.0.into()));
        assert_eq!(explain("usd-per-day", &defaults()).unwrap().default, Some(20.0.into()));
    }

    #[test]
    fn variables_and_flags_name_real_keys() {
        let keys = VARIABLES.iter().map(|it| it.key).chain(FLAGS.iter().map(|(key, _)| *key));
        for key in keys {
            let parts: Vec<&str> = key.split('.').collect();
            assert!(node(&config::schema(), &parts).is_some(), "{key}");
        }
    }

    #[test]
    fn a_typo_finds_its_key() {
        let fault = explain("limits.usb", &defaults()).unwrap_err();
        assert_eq!(fault.hints, ["did you mean `limits.usd`?"]);
    }
}
