//! What tests put into a world again and again, and what they read out of a session.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::World;
use crate::support::files;

/// The skill of most tests: one step, nothing asked for.
pub(crate) const GREET: &str = "\
---
name: greet
description: Says hello.
---
Greet the user.
";

impl World {
    /// Adds the skill `greet` and commits everything.
    #[track_caller]
    pub(crate) fn greet(&self) -> &Self {
        self.skill("greet", GREET).repo().commit("first");
        self
    }

    /// Adds the skill `greet` with a contract and commits everything.
    #[track_caller]
    pub(crate) fn greet_by(&self, contract: &str) -> &Self {
        self.write(".claude/skills/greet/contract.yaml", contract).greet()
    }

    /// Writes the user's own configuration.
    pub(crate) fn user_config(&self, text: &str) -> &Self {
        files::write(&self.home().join(".config/atlas/config.yaml"), text);
        self
    }

    /// The folder where atlas keeps what it must not forget.
    pub(crate) fn state_folder(&self) -> std::path::PathBuf {
        self.home().join(".local/state/atlas")
    }

    /// The types of the journal's events, in order.
    #[track_caller]
    pub(crate) fn event_types(&self) -> Vec<String> {
        let journal = self.journal();
        journal.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The events of this type.
    #[track_caller]
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        self.journal().into_iter().filter(|event| event["type"] == kind).collect()
    }

    /// Fails the test unless the journal is whole to its last line: numbered from 1, with every checksum
    /// right. It is reckoned here anew, not by the code under test.
    #[track_caller]
    pub(crate) fn expect_valid_journal(&self) -> &Self {
        let text = files::read(&self.session().join("journal.jsonl"));
        assert!(text.ends_with('\n'), "the last line is whole: {text}");
        for (n, line) in text.lines().enumerate() {
            let (body, crc) = line.rsplit_once(",\"crc\":\"").expect("every line has a checksum");
            let expected = format!("{:08x}", crc32fast::hash(body.as_bytes()));
            assert_eq!(crc.strip_suffix("\"}"), Some(expected.as_str()), "{line}");
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(
                (&line["v"], line["seq"].as_u64()),
                (&1.into(), Some(n as u64 + 1)),
                "{line}"
            );
        }
        self
    }
}

/// Every file below a folder, as sorted relative paths; empty where there is no such folder.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    let relative = |path: &std::path::PathBuf| {
        path.strip_prefix(folder).unwrap().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = found.iter().map(relative).collect();
    names.sort();
    names
}
