//! Trust, for one run: whose wishes count.
//!
//! Two parties. The repository stands for its configuration, its contracts and its own skills.
//! A skill from elsewhere stands for itself, unless it lies where only the user puts things.
//!
//! Files were read before they were hashed here, so each is held against its hash: what is used
//! is what was trusted.

use std::path::Path;

use super::{Ground, Purpose};
use crate::{
    engine::prepare::Around,
    model::{
        Request, Result, TrustRequest,
        config::Config,
        contract::{Ask, Contract, config_asks, contract_asks, contract_without_asks},
        digest::sha256,
        judges::Holds,
        run::Plan,
        skill::{Skill, source::Source},
        yaml::Document,
    },
    store::{
        config,
        contracts::{ContractFile, FILE, Origin, contract_for, own_contract, users_contract},
        trust::{self, Asking, Decision, How, Party, Subject, TrustStore, Verdict, Whose},
    },
};

/// What trust is about.
#[derive(Clone, Copy)]
pub(super) struct Subjects<'a> {
    pub(super) request: &'a Request,
    pub(super) skill: &'a Skill,
    /// Where the configuration lies: the root, or the folder that stands for it.
    pub(super) root: &'a Path,
    /// The root of the checkout.
    checkout: &'a Path,
    /// Whose word the configuration is.
    whose: Word,
}

/// Whose word a repository's configuration is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The checkout's, which needs somebody's trust.
    Checkout,
    /// That of a revision which only those can write who may decide.
    Revision,
}

impl<'a> Subjects<'a> {
    pub(super) fn new(request: &'a Request, skill: &'a Skill, ground: &'a Ground) -> Self {
        let whose = if ground.protected.is_some() { Word::Revision } else { Word::Checkout };
        Self { request, skill, root: ground.config(), checkout: &ground.root, whose }
    }

    /// The repository, as somebody who may ask for something.
    fn repository(&self) -> Whose<'a> {
        let cwd = match self.whose {
            Word::Checkout => &self.request.cwd,
            Word::Revision => self.root,
        };
        Whose::Repository { root: self.root, cwd }
    }
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
    /// What is trusted for its content, as it was hashed.
    pub(super) hashed: Vec<Subject>,
}

/// Something that a run would apply and that waits for a person's answer.
#[derive(Clone, Debug)]
pub struct Question {
    /// All that can execute or widen there.
    pub subject: Subject,
    /// What is known of it.
    pub verdict: Verdict,
    /// What the run would apply.
    pub asks: Vec<Ask>,
}

pub(super) fn settle(subjects: Subjects<'_>, said: Said<'_>, around: &Around) -> Result<Trusted> {
    let parties = Parties::of(subjects)?;
    let all: Vec<&Party<'_>> = [&parties.repository].into_iter().chain(&parties.outside).collect();
    trust::expect_named(&subjects.request.trust, &all)?;
    decide(subjects, parties, said, around)
}

/// The same for a skill that a step runs: what somebody named on the command line may be the content
/// of another one.
pub(super) fn settle_part(
    subjects: Subjects<'_>,
    said: Said<'_>,
    around: &Around,
) -> Result<Trusted> {
    decide(subjects, Parties::of(subjects)?, said, around)
}

fn decide(
    subjects: Subjects<'_>,
    mut parties: Parties<'_>,
    said: Said<'_>,
    around: &Around,
) -> Result<Trusted> {
    let known = Known::of(said.user, around);
    let asking = known.asking(&subjects.request.trust, around);
    let asks = parties.asks(said.project.as_ref());
    let repository = match subjects.whose {
        Word::Checkout => trust::settle(&parties.repository, &asks, &known.store, &asking)?,
        Word::Revision => {
            parties.repository.subject.as_ref().map_err(Clone::clone)?;
            Decision::Trusted(How::Content)
        }
    };
    let mut trusted = Trusted {
        project: said.project.filter(|_| repository.is_trust()),
        contract: None,
        skill: parties.users_own || (parties.skill && repository.is_trust()),
        repository: repository.is_trust(),
        skipped: Vec::new(),
        notices: Vec::new(),
        hashed: Vec::new(),
    };
    if !repository.is_trust() && parties.is_replaced() {
        let contract = own_contract(&subjects.skill.found.dir, subjects.root)?;
        trusted.notices.extend(not_counted(parties.contract.as_ref()));
        parties.contract = contract;
    }
    let outside = match &parties.outside {
        None => None,
        Some(party) => Some(trust::settle(party, &parties.outside_asks(), &known.store, &asking)?),
    };
    if let (Decision::Trusted(how), Ok(subject)) = (&repository, &parties.repository.subject) {
        parties.expect_hashed(subjects, subject, (how, trusted.project.as_ref()))?;
        trusted.hashed.extend(how.is_for_content().then(|| subject.clone()));
    }
    if let (Some(Decision::Trusted(how)), Some(Ok(subject))) = (&outside, parties.outside_subject())
    {
        trusted.skill = true;
        parties.expect_outside_hashed(subjects.skill, subject, how)?;
        trusted.hashed.extend(how.is_for_content().then(|| subject.clone()));
    }
    let decider = if parties.contract_is_theirs() { Some(&repository) } else { outside.as_ref() };
    let without = matches!(decider, Some(Decision::Without { .. }));
    trusted.contract = parties
        .contract
        .and_then(|file| if without { stripped(file.document) } else { Some(file.document) });
    if trusted.repository && subjects.whose == Word::Checkout {
        trusted.notices.extend(left_out_above(subjects.root));
    }
    for decision in [repository].into_iter().chain(outside) {
        trusted.heed(decision);
    }
    Ok(trusted)
}

/// What a run of this request would ask a person, in the order in which it is asked.
///
/// # Errors
/// What cannot be found or read.
pub fn questions(request: &Request, around: &Around, purpose: &Purpose) -> Result<Vec<Question>> {
    let (request, ground) = &Ground::of(request, around)?;
    let user = config::user(&around.folders)?;
    let project = config::project(ground.config())?.map(|project| project.document);
    let (skill, _) =
        super::chosen::skill(request, around, ground, [user.as_ref(), project.as_ref()])?;
    let subjects = Subjects::new(request, &skill, ground);
    let project = project.filter(|_| purpose.is_configured());
    let parties = Parties::of(subjects)?;
    let known = Known::of(user.as_ref(), around);
    let asking = known.asking(&request.trust, around);
    let asks = match subjects.whose {
        Word::Checkout => parties.asks(project.as_ref()),
        Word::Revision => Vec::new(),
    };
    let repository = (&parties.repository, asks);
    let outside = parties.outside.as_ref().map(|party| (party, parties.outside_asks()));
    let mut questions = Vec::new();
    for (party, asks) in [repository].into_iter().chain(outside) {
        let Ok(subject) = &party.subject else { continue };
        match trust::judge(subject, &known.store, &asking)? {
            Verdict::Trusted(_) | Verdict::NothingToTrust => {}
            Verdict::Untrusted(_) if asks.is_empty() => {}
            verdict @ Verdict::Untrusted(_) => {
                questions.push(Question { subject: subject.clone(), verdict, asks });
            }
        }
    }
    Ok(questions)
}

/// Expects that the files which judge the work hold what was trusted: they are hashed anew when
/// the run begins, and from then on self-protection holds them to that.
pub(super) fn expect_judged(plan: &Plan, trusted: &[Subject]) -> Result<()> {
    for file in plan.judges.iter().filter(|file| file.part.is_whole()) {
        let Holds::Sha256(sha256) = &file.state.holds else { continue };
        let path = plan.hook_dir().join(&file.path);
        for subject in trusted {
            subject.expect_still(&path, sha256)?;
        }
    }
    Ok(())
}

/// What a user has said of trust so far.
struct Known {
    store: TrustStore,
    always: Vec<String>,
}

impl Known {
    fn of(user: Option<&Document<Config>>, around: &Around) -> Self {
        let always = user.map_or_else(Vec::new, |user| {
            user.value.trust.always.iter().map(|glob| glob.value.clone()).collect()
        });
        Self { store: TrustStore::new(&around.folders), always }
    }

    fn asking<'a>(&'a self, request: &'a TrustRequest, around: &'a Around) -> Asking<'a> {
        let home = around.env.get_os("HOME").map(Path::new);
        Asking { request, always: &self.always, home }
    }
}

/// Who asks for something, and what is whose.
struct Parties<'a> {
    repository: Party<'a>,
    /// The skill, where it stands for itself.
    outside: Option<Party<'a>>,
    /// The contract that counts if the repository is trusted.
    contract: Option<ContractFile>,
    /// The skill lies where trust in the repository looks at it.
    skill: bool,
    /// The skill lies where only the user, or atlas itself, puts skills.
    users_own: bool,
}

impl<'a> Parties<'a> {
    fn of(subjects: Subjects<'a>) -> Result<Self> {
        let Subjects { request, skill, root, checkout, .. } = subjects;
        let found = &skill.found;
        let users_own = match found.source {
            Source::Personal | Source::Bundled => !is_inside(&found.dir, checkout),
            Source::Flag
            | Source::Variable
            | Source::Project
            | Source::Agents
            | Source::Repository
            | Source::Plugin(_)
            | Source::ProjectPlugin(_) => false,
        };
        let skill = found.source.stands_with_repository();
        let outside =
            (!skill && !users_own).then(|| Party::look(Whose::Skill(found.dir.as_path())));
        Ok(Self {
            repository: Party::look(subjects.repository()),
            outside,
            contract: match &request.contract {
                Some(own) => users_contract(own)?,
                None => contract_for(&found.dir, &found.name, root)?,
            },
            skill,
            users_own,
        })
    }

    /// Whether the repository puts a contract in the place of one that is not its own.
    fn is_replaced(&self) -> bool {
        !self.skill && self.is_repositorys()
    }

    fn is_repositorys(&self) -> bool {
        self.contract.as_ref().is_some_and(|file| file.origin == Origin::Repository)
    }

    fn contract_is_theirs(&self) -> bool {
        self.skill || self.is_repositorys()
    }

    /// What the repository asks for.
    fn asks(&self, project: Option<&Document<Config>>) -> Vec<Ask> {
        let mut asks = project.map(config_asks).unwrap_or_default();
        let contract = self.contract.as_ref().filter(|_| self.contract_is_theirs());
        asks.extend(contract.map(|file| contract_asks(&file.document)).unwrap_or_default());
        asks
    }

    /// What the skill from elsewhere asks for.
    fn outside_asks(&self) -> Vec<Ask> {
        let contract = self.contract.as_ref().filter(|_| !self.contract_is_theirs());
        contract.map(|file| contract_asks(&file.document)).unwrap_or_default()
    }

    fn outside_subject(&self) -> Option<&Result<Subject>> {
        self.outside.as_ref().map(|party| &party.subject)
    }

    fn expect_hashed(
        &self,
        subjects: Subjects<'_>,
        subject: &Subject,
        (how, project): (&How, Option<&Document<Config>>),
    ) -> Result<()> {
        if !how.is_for_content() {
            return Ok(());
        }
        if let Some(project) = project {
            subject.expect_read(&project.path, &sha256(project.text.as_bytes()))?;
        }
        if let Some(file) = self.contract.as_ref().filter(|_| self.contract_is_theirs()) {
            subject.expect_read(&file.document.path, &sha256(file.document.text.as_bytes()))?;
        }
        if self.skill {
            let file = &subjects.skill.found.file;
            let file = file.strip_prefix(subjects.root).unwrap_or(file);
            subject.expect_read(file, &subjects.skill.sha256)?;
        }
        Ok(())
    }

    fn expect_outside_hashed(&self, skill: &Skill, subject: &Subject, how: &How) -> Result<()> {
        if !how.is_for_content() {
            return Ok(());
        }
        if let Some(file) = self.contract.as_ref().filter(|_| !self.contract_is_theirs()) {
            subject.expect_read(Path::new(FILE), &sha256(file.document.text.as_bytes()))?;
        }
        let file = &skill.found.file;
        subject.expect_read(file.strip_prefix(&skill.found.dir).unwrap_or(file), &skill.sha256)
    }
}

impl Trusted {
    fn heed(&mut self, decision: Decision) {
        match decision {
            Decision::Trusted(_) => {}
            Decision::Isolated { notice } => self.notices.extend(notice),
            Decision::Without { skipped } => self.skipped.extend(skipped),
        }
    }
}

fn left_out_above(root: &Path) -> Option<String> {
    let foreign = trust::foreign_above(root);
    let paths: Vec<String> = foreign.iter().map(|path| path.display().to_string()).collect();
    (!paths.is_empty())
        .then(|| format!("claude does not read {}: not only yours to write", paths.join(", ")))
}

fn not_counted(contract: Option<&ContractFile>) -> Option<String> {
    let path = contract?.document.path.display();
    Some(format!("the skill's own contract counts, not {path}, which nobody trusted"))
}

fn stripped(document: Document<Contract>) -> Option<Document<Contract>> {
    let value = contract_without_asks(&document.value)?;
    Some(Document { value, ..document })
}

/// Whether the folder lies in the repository, whatever links and `..` its path has.
fn is_inside(folder: &Path, root: &Path) -> bool {
    let [folder, root] = [folder, root].map(Path::canonicalize);
    folder.ok().zip(root.ok()).is_none_or(|(folder, root)| folder.starts_with(root))
}
