//! Plugins of Claude Code, as far as skills go: what their files say about where skills are.
//!
//! These files belong to another program, so they are read leniently: what is not understood is
//! as good as not written, and only a file that is no JSON is told of.

use std::path::PathBuf;

use serde_json::Value;

/// What a `plugin.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The plugin's name.
    pub name: Option<String>,
    /// Paths from the plugin's folder to skills, or to folders of skills.
    pub skills: Vec<String>,
}

/// One plugin that a `marketplace.json` offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The plugin's name.
    pub name: String,
    /// The path from the marketplace's folder to the plugin's; `None` where it lies elsewhere.
    pub folder: Option<PathBuf>,
    /// As in [`Manifest::skills`].
    pub skills: Vec<String>,
}

impl Offer {
    /// Whether the marketplace's own folder is the plugin. What such a plugin consists of is
    /// listed, or each plugin of the marketplace would have the skills of all.
    pub fn is_everything(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.components().all(is_here))
    }
}

/// A plugin that the user installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The plugin's name.
    pub plugin: String,
    /// The marketplace that it comes from.
    pub marketplace: String,
    /// Where its copy lies.
    pub folder: PathBuf,
    /// The one project that it is installed for; `None`: all.
    pub project: Option<PathBuf>,
}

/// A marketplace that the user knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Where it, or a copy of it, lies.
    pub folder: PathBuf,
    /// Whether plugins are read from there, and not from a copy of each.
    pub is_live: bool,
}

/// Reads `.claude-plugin/plugin.json`.
///
/// # Errors
/// It is no JSON.
pub fn manifest(json: &[u8]) -> Result<Manifest, serde_json::Error> {
    let root: Value = serde_json::from_slice(json)?;
    Ok(Manifest { name: text(&root["name"]), skills: texts(&root["skills"]) })
}

/// Reads `.claude-plugin/marketplace.json`: what it offers.
///
/// # Errors
/// It is no JSON.
pub fn marketplace(json: &[u8]) -> Result<Vec<Offer>, serde_json::Error> {
    let root: Value = serde_json::from_slice(json)?;
    let above = text(&root["metadata"]["pluginRoot"]).unwrap_or_default();
    let folder = |source: String| match source.strip_prefix("./") {
        Some(_) => PathBuf::from(source),
        None => PathBuf::from(&above).join(source),
    };
    let offer = |entry: &Value| {
        Some(Offer {
            name: text(&entry["name"])?,
            folder: text(&entry["source"]).map(folder),
            skills: texts(&entry["skills"]),
        })
    };
    Ok(list(&root["plugins"]).filter_map(offer).collect())
}

/// Reads `~/.claude/plugins/installed_plugins.json`, by name.
///
/// # Errors
/// It is no JSON.
pub fn installed(json: &[u8]) -> Result<Vec<Installed>, serde_json::Error> {
    let root: Value = serde_json::from_slice(json)?;
    let mut installed = Vec::new();
    for (id, places) in root["plugins"].as_object().into_iter().flatten() {
        let (plugin, marketplace) = id.split_once('@').unwrap_or((id, ""));
        // The first version of the format has one place where the second has a list.
        let alone = places.is_object().then_some(places);
        installed.extend(list(places).chain(alone).filter_map(|place| {
            Some(Installed {
                plugin: plugin.to_owned(),
                marketplace: marketplace.to_owned(),
                folder: text(&place["installPath"])?.into(),
                project: text(&place["projectPath"]).map(PathBuf::from),
            })
        }));
    }
    Ok(installed)
}

/// Reads `~/.claude/plugins/known_marketplaces.json`.
///
/// # Errors
/// It is no JSON.
pub fn marketplaces(json: &[u8]) -> Result<Vec<Known>, serde_json::Error> {
    let root: Value = serde_json::from_slice(json)?;
    let known = |(name, entry): (&String, &Value)| {
        Some(Known {
            name: name.clone(),
            folder: text(&entry["installLocation"])?.into(),
            is_live: entry["source"]["source"] == "directory",
        })
    };
    Ok(root.as_object().into_iter().flatten().filter_map(known).collect())
}

/// The plugins, as `name@marketplace`, that a `settings.json` turns off.
///
/// # Errors
/// It is no JSON.
pub fn turned_off(json: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let root: Value = serde_json::from_slice(json)?;
    let states = root["enabledPlugins"].as_object().into_iter().flatten();
    Ok(states.filter(|(_, state)| **state == false).map(|(id, _)| id.clone()).collect())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    text(value).into_iter().chain(list(value).filter_map(text)).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_here(part: std::path::Component<'_>) -> bool {
    part == std::path::Component::CurDir
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_skills_by_one_path_or_many() {
        let rows: [(&str, Option<&str>, &[&str]); 6] = [
            (r#"{"name": "p"}"#, Some("p"), &[]),
            (r#"{"name": "p", "skills": "./x"}"#, Some("p"), &["./x"]),
            (r#"{"name": "p", "skills": ["./x", 1, "y", ""]}"#, Some("p"), &["./x", "y"]),
            (r#"{"name": 7, "skills": {"x": 1}, "hooks": "./h"}"#, None, &[]),
            ("{}", None, &[]),
            ("[]", None, &[]),
        ];
        for (json, name, skills) in rows {
            let read = manifest(json.as_bytes()).unwrap();
            assert_eq!((read.name.as_deref(), read.skills), (name, texts_of(skills)), "{json}");
        }
        assert!(manifest(b"{").is_err());
    }

    fn texts_of(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_marketplace_offers_plugins_here_and_elsewhere() {
        let json = r#"{"name": "m", "metadata": {"pluginRoot": "./plugins"}, "plugins": [
            {"name": "a", "source": "./a", "skills": ["./s"]},
            {"name": "b", "source": "b"},
            {"name": "c", "source": {"source": "github", "repo": "o/r"}},
            {"name": "d", "source": "./"},
            {"source": "./nameless"}, 7
        ]}"#;
        let read = marketplace(json.as_bytes()).unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|offer| {
                let folder = offer.folder.as_ref().map(|folder| folder.to_str().unwrap());
                (offer.name.as_str(), folder, offer.skills.len(), offer.is_everything())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a", Some("./a"), 1, false),
                ("b", Some("./plugins/b"), 0, false),
                ("c", None, 0, false),
                ("d", Some("./"), 0, true),
            ]
        );
        assert!(marketplace(b"").is_err());
    }

    #[test]
    fn what_is_installed_has_a_folder_and_maybe_a_project() {
        let json = r#"{"version": 2, "plugins": {
            "a@m": [{"scope": "user", "installPath": "/c/a"},
                    {"scope": "project", "installPath": "/c/a", "projectPath": "/r"}],
            "b": {"installPath": "/c/b"},
            "c@m": [{"scope": "user"}]
        }}"#;
        let read = installed(json.as_bytes()).unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|found| {
                let project = found.project.as_ref().map(|project| project.to_str().unwrap());
                (found.plugin.as_str(), found.marketplace.as_str(), project)
            })
            .collect();
        assert_eq!(shown, [("a", "m", None), ("a", "m", Some("/r")), ("b", "", None)]);

        let json = r#"{"m": {"source": {"source": "directory"}, "installLocation": "/m"},
            "g": {"source": {"source": "github"}, "installLocation": "/g"}, "x": 1}"#;
        let read = marketplaces(json.as_bytes()).unwrap();
        let shown: Vec<_> = read.iter().map(|m| (m.name.as_str(), m.is_live)).collect();
        assert_eq!(shown, [("m", true), ("g", false)]);

        let off = turned_off(br#"{"enabledPlugins": {"a@m": false, "b@m": true}, "env": {}}"#);
        assert_eq!(off.unwrap(), ["a@m"]);
    }
}
