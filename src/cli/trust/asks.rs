//! What would execute or widen once it is trusted, read off the files that ask for it.

use std::path::Path;

use super::super::{
    context::Context,
    skills::{SkillsArgs, roots},
};
use crate::{
    model::{
        Fault, Result,
        contract::{Ask, config_asks, contract_asks},
        skill::Found,
        text,
    },
    report::fault,
    store::{
        config,
        contracts::{ContractFile, Origin, contract_for},
        trust::Subject,
    },
};

/// What files ask for, and the files of which nobody can tell.
#[derive(Default)]
pub(in crate::cli) struct Asked {
    pub(in crate::cli) asks: Vec<Ask>,
    pub(in crate::cli) faults: Vec<Fault>,
}

impl Asked {
    /// What the repository's configuration asks for, whatever its contracts do.
    pub(in crate::cli) fn of_configuration(root: &Path) -> Self {
        let mut asked = Self::default();
        match config::project(root) {
            Ok(project) => {
                asked.asks.extend(project.iter().flat_map(|found| config_asks(&found.document)));
            }
            Err(fault) => asked.faults.push(fault),
        }
        asked
    }

    /// What the repository asks for, whichever skill is run.
    pub(in crate::cli) fn of_repository(context: &Context) -> Result<Self> {
        let root = &context.project().root;
        let mut asked = Self::of_configuration(root);
        for entry in roots(&SkillsArgs::default(), context)?.list().entries {
            let theirs = |contract: &ContractFile| {
                contract.origin == Origin::Repository || entry.found.dir.starts_with(root)
            };
            asked.add(contract_for(&entry.found.dir, &entry.found.name, root), theirs);
        }
        Ok(asked)
    }

    /// What a skill outside of a repository asks for by its own contract.
    pub(super) fn of_skill(found: &Found) -> Self {
        let mut asked = Self::default();
        asked.add(contract_for(&found.dir, &found.name, &found.dir), |contract| {
            contract.origin == Origin::Skill
        });
        asked
    }

    /// Puts what is asked for now before everything else.
    pub(super) fn lead_with(&mut self, mut asks: Vec<Ask>) {
        self.asks.retain(|ask| !asks.contains(ask));
        asks.append(&mut self.asks);
        self.asks = asks;
    }

    fn add(
        &mut self,
        contract: Result<Option<ContractFile>>,
        counts: impl Fn(&ContractFile) -> bool,
    ) {
        match contract {
            Ok(Some(contract)) if counts(&contract) => {
                let new = contract_asks(&contract.document);
                self.asks.extend(
                    new.into_iter().filter(|ask| !self.asks.contains(ask)).collect::<Vec<_>>(),
                );
            }
            Ok(Some(_) | None) => {}
            Err(fault) if self.faults.contains(&fault) => {}
            Err(fault) => self.faults.push(fault),
        }
    }

    /// One line for each, and the files that Claude Code itself heeds.
    pub(super) fn told(&self, subject: &Subject, style: fault::Style) -> String {
        let mut told = String::new();
        for Ask { name, effect, path, line } in &self.asks {
            let said = format!("{name} would {effect} ({}:{line})", path.display());
            told.extend([&*text::sanitize_line(&said), "\n"]);
        }
        let heeded = subject.claude_files();
        if !heeded.is_empty() {
            let said = format!("claude would heed {}", heeded.join(", "));
            told.extend([&*text::sanitize_line(&said), "\n"]);
        }
        for faulty in &self.faults {
            told += &fault::render(faulty, style);
        }
        told
    }
}
