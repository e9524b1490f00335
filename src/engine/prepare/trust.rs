//! Trust, for one run: whose wishes count.
//!
//! Two subjects. The repository stands for its configuration, its contracts and its own skills.
//! A skill from elsewhere stands for itself, unless it lies where only the user puts things.

use crate::{
    engine::prepare::Around,
    model::{
        Request, Result,
        config::Config,
        contract::{
            Ask, Contract, config_asks, contract_asks, contract_without_asks, without_asks,
        },
        skill::{Skill, source::Source},
        yaml::Document,
    },
    store::{
        contracts::{ContractFile, Origin, contract_for},
        trust::{self, Asking, Decision, TrustStore},
    },
};

/// What trust is about.
#[derive(Clone, Copy)]
pub(super) struct Subjects<'a> {
    pub(super) request: &'a Request,
    pub(super) skill: &'a Skill,
    pub(super) root: &'a std::path::Path,
}

/// Who says what, before trust.
pub(super) struct Said<'a> {
    pub(super) user: Option<&'a Document<Config>>,
    pub(super) project: Option<Document<Config>>,
}

/// What is left after it.
pub(super) struct Trusted {
    pub(super) project: Option<Document<Config>>,
    pub(super) contract: Option<Document<Contract>>,
    pub(super) skill: bool,
    pub(super) repository: bool,
    pub(super) skipped: Vec<String>,
    pub(super) notices: Vec<String>,
}

pub(super) fn settle(subjects: Subjects<'_>, said: Said<'_>, around: &Around) -> Result<Trusted> {
    let Subjects { request, skill, root } = subjects;
    let found = &skill.found;
    let contract = contract_for(&found.dir, &found.name, root)?;
    let theirs = Theirs::of(skill, root, contract.as_ref());
    let always: Vec<String> = said.user.map_or_else(Vec::new, |user| {
        user.value.trust.always.iter().map(|glob| glob.value.clone()).collect()
    });
    let home = around.env.get_os("HOME").map(std::path::Path::new);
    let asking = Asking { request: &request.trust, always: &always, home };
    let store = TrustStore::new(&around.folders);

    let asks = asks(said.project.as_ref(), contract.as_ref().filter(|_| theirs.contract));
    let repository = trust::settle(root, &asks, &store, &asking)?;
    let outside = contract.as_ref().filter(|_| !theirs.contract && !theirs.users_own);
    let outside = match outside {
        Some(contract) => {
            let asks = contract_asks(&contract.document);
            Some(trust::settle(&found.dir, &asks, &store, &asking)?)
        }
        None => None,
    };

    let mut trusted = Trusted {
        repository: repository == Decision::Trusted,
        skill: theirs.users_own
            || match &outside {
                Some(decision) => *decision == Decision::Trusted,
                None => theirs.skill && repository == Decision::Trusted,
            },
        project: said.project,
        contract: contract.map(|file| file.document),
        skipped: Vec::new(),
        notices: Vec::new(),
    };
    for (decision, of_contract) in
        [(Some(repository), theirs.contract), (outside, !theirs.contract)]
    {
        trusted.heed(decision, of_contract);
    }
    Ok(trusted)
}

impl Trusted {
    fn heed(&mut self, decision: Option<Decision>, of_contract: bool) {
        match decision {
            None | Some(Decision::Trusted) => {}
            Some(Decision::Isolated { notice }) => self.notices.extend(notice),
            Some(Decision::Without { skipped }) => {
                self.skipped.extend(skipped);
                if of_contract {
                    self.contract = self.contract.take().and_then(|document| {
                        let value = contract_without_asks(&document.value)?;
                        Some(Document { value, ..document })
                    });
                }
                self.project = self.project.take().map(|document| {
                    let value = without_asks(&document.value);
                    Document { value, ..document }
                });
            }
        }
    }
}

/// What belongs to the repository, and what to the user.
struct Theirs {
    /// The skill is a part of the repository.
    skill: bool,
    /// The contract is.
    contract: bool,
    /// The skill lies where only the user, or atlas itself, puts skills.
    users_own: bool,
}

impl Theirs {
    fn of(skill: &Skill, root: &std::path::Path, contract: Option<&ContractFile>) -> Self {
        let source = &skill.found.source;
        // A bundled skill is what the program holds, wherever the user's cache folder lies.
        let bundled = *source == Source::Bundled;
        let inside = !bundled && (source.is_repository() || skill.found.dir.starts_with(root));
        let replaced = contract.is_some_and(|contract| contract.origin == Origin::Repository);
        let users_own = match source {
            Source::Personal | Source::Bundled => !inside,
            Source::Flag
            | Source::Variable
            | Source::Project
            | Source::Agents
            | Source::Repository
            | Source::Plugin(_) => false,
        };
        Self { skill: inside, contract: inside || replaced, users_own }
    }
}

fn asks(project: Option<&Document<Config>>, contract: Option<&ContractFile>) -> Vec<Ask> {
    let mut asks = project.map(config_asks).unwrap_or_default();
    asks.extend(contract.map(|contract| contract_asks(&contract.document)).unwrap_or_default());
    asks
}
