//! The gate: what is done when Claude Code asks about one of its sessions.
//!
//! At a prompt the contract is read, trust is settled, the files that judge are hashed and the base
//! is taken. At the end of a turn a run like any other judges what was changed since then, by that
//! very plan: whatever the agent did to the contract meanwhile comes too late.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    dispatcher::Observer,
    prepare::{self, Around, Prepared, Purpose, Since},
    run,
    site::Site,
    tree::{SESSIONS, tree_name},
};
use crate::{
    model::{
        Activity, Fault, GivenWork, Request, Result, Status, WorkOf,
        gate::{Answer, Bond, Contract, Held, Moment, Outcome, Told, outcome, settings::WAITS},
        prompt,
        run::{Event, Plan, State, stand::TreeName},
        value::Span,
    },
    store::{
        contracts,
        gate::HeldFile,
        session::{NewSession, Sessions},
    },
    sys::git::{self, Place, Repository},
};

/// What the contract of a session is called where nobody names another.
const NAME: &str = "gate";

/// How long one question waits for what is busy for a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a look may take, and how long one waits for another at the same session. Claude Code gives
/// a hook no say that takes longer than both together.
const LOOK: Span = Span::seconds(WAITS / 2);
const BESIDE: Duration = Duration::from_secs(WAITS / 3);

/// What a session is held to, as far as that can be found out.
enum Found {
    /// Nothing: there is no contract.
    Nothing,
    /// Nothing: there is a contract, and nobody trusted it.
    Untrusted(String),
    /// Something.
    Bond(Bond),
}

/// Answers Claude Code. `named` is the contract that the hook's command names.
///
/// # Errors
/// What is known of the session cannot be read or kept. Nothing can be counted then, so nobody is
/// stopped.
pub async fn gate(told: &Told, named: Option<&Path>, around: &Around) -> Result<Answer> {
    let take = |patience| HeldFile::take(&around.folders.state, &told.session, patience);
    match told.moment {
        Moment::Prompt => prompted(&take(PATIENCE).await?, (told, named), around),
        // Sub-agents stop side by side, and each has to hear an answer.
        Moment::Stop => stopped(&take(BESIDE).await?, (told, named), around).await,
    }
}

/// The base stays where it is until what was done since is verified. A session that nothing could be
/// made of so far may fare better now.
fn prompted(
    file: &HeldFile,
    (told, named): (&Told, Option<&Path>),
    around: &Around,
) -> Result<Answer> {
    let before = file.read()?;
    let mut answer = Answer::Silence;
    let mut held = match before {
        Some(held) if held.is_bound() && !held.settled => held,
        before => {
            file.forget_old(around.clock.now().into());
            let bond = match find((told, named), before.as_ref(), around) {
                Found::Nothing => {
                    file.forget()?;
                    return Ok(Answer::Silence);
                }
                Found::Untrusted(why) => Err(why),
                Found::Bond(bond) => Ok(bond),
            };
            if let Ok(Bond::Broken { reason }) = &bond {
                answer = Answer::Say(format!("atlas gate: nothing can be verified: {reason}"));
            }
            match (before, bond) {
                (Some(held), Ok(bond)) => held.anew(bond),
                (None, Ok(bond)) => Held::new(&told.session, bond),
                // What was trusted when the session began still holds it.
                (Some(held), Err(why)) => {
                    let so = "held to the contract as it was, because";
                    answer = Answer::Say(format!("atlas gate: {so} {why}"));
                    held
                }
                (None, Err(why)) => {
                    return Ok(Answer::Say(format!("atlas gate: nothing is checked here: {why}")));
                }
            }
        }
    };
    held.asks(&told.prompt);
    file.write(&held)?;
    Ok(answer)
}

async fn stopped(
    file: &HeldFile,
    (told, named): (&Told, Option<&Path>),
    around: &Around,
) -> Result<Answer> {
    let Some(mut held) = file.read()? else {
        let there = contract_file(&told.cwd, named).is_some_and(|place| place.file.exists());
        return Ok(if there {
            let why = "no base was taken when this session began";
            Answer::Say(format!("atlas gate: NOT VERIFIED: {why}"))
        } else {
            Answer::Silence
        });
    };
    let (tree, outcome) = match &held.to {
        Bond::Broken { reason } => (None, Outcome::Unknown { reasons: vec![reason.clone()] }),
        Bond::Contract(contract) => match look(&held, contract, told, around).await {
            Ok(looked) => looked,
            Err(fault) if fault.status == Status::Interrupted => (None, Outcome::Interrupted),
            Err(fault) => (None, Outcome::Unknown { reasons: vec![words(&fault)] }),
        },
    };
    let answer = held.answer(tree.as_ref(), outcome);
    file.write(&held)?;
    Ok(answer)
}

/// Looks at the tree, and at what was changed in it only if nobody has yet. No tree is named where it
/// was not the one that was judged, because somebody wrote in it meanwhile.
async fn look(
    held: &Held,
    contract: &Contract,
    told: &Told,
    around: &Around,
) -> Result<(Option<TreeName>, Outcome)> {
    let plan = &contract.plan;
    let repository = repository(plan.hook_dir())?
        .ok_or_else(|| Fault::invalid(format!("{} is gone", plan.hook_dir().display())))?;
    let sessions = Sessions::at(plan.hook_dir(), &around.folders.state);
    let session = sessions.find(&contract.session)?;
    let tree = snapshot(&repository, &session.objects())?;
    if tree == contract.base {
        return Ok((Some(tree), Outcome::Unchanged));
    }
    if let Some(known) = held.known(&tree) {
        return Ok((Some(tree), known));
    }
    let work = GivenWork {
        text: if told.said.trim().is_empty() { "-".to_owned() } else { told.said.clone() },
        of: WorkOf::Session,
        ..GivenWork::default()
    };
    let request = Request {
        session: Some(contract.session.clone()),
        work: Some(work.clone()),
        wait: Some(Span(PATIENCE)),
        ..request(plan.skill.name.clone(), None, &plan.cwd)
    };
    let prepared = Prepared {
        plan: judged(plan, work, &held.asked),
        repository: Some(Arc::new(repository)),
        sessions,
        history: None,
        notices: Vec::new(),
        base: Since::Taken(contract.base.clone()),
        facts: Vec::new(),
        warnings: Vec::new(),
        purpose: Purpose::Work,
    };
    let finished = Box::pin(run::run(prepared, &request, around, &mut Nobody)).await?;
    let result = finished.result();
    let judged = result.changes.as_ref().and_then(|changes| changes.tree.as_ref());
    let same = judged.is_none_or(|judged| *judged == tree.tree);
    Ok((Some(tree).filter(|_| same), outcome(&result)))
}

/// The plan as it was made, for the work as it is now. What a person asked for stands where a
/// reviewer reads the task.
fn judged(plan: &Plan, work: GivenWork, asked: &[String]) -> Plan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.prompt = prompt::asked_in_a_session(asked);
    }
    plan.work = Some(work);
    plan
}

fn find((told, named): (&Told, Option<&Path>), before: Option<&Held>, around: &Around) -> Found {
    let Some(place) = contract_file(&told.cwd, named) else { return Found::Nothing };
    if named.is_none() && !place.file.exists() {
        return Found::Nothing;
    }
    match bond((&place, told), before, around) {
        Ok(bond) => Found::Bond(bond),
        Err(fault) => {
            let asked = request(place.name.clone(), place.own.clone(), &told.cwd);
            let untrusted = prepare::questions(&asked, around, &Purpose::Work);
            match untrusted {
                Ok(questions) if !questions.is_empty() => Found::Untrusted(words(&fault)),
                Ok(_) | Err(_) => Found::Bond(Bond::Broken { reason: words(&fault) }),
            }
        }
    }
}

/// All looks at one session of Claude Code are runs of one session of atlas.
fn bond(
    (place, told): (&ContractPlace, &Told),
    before: Option<&Held>,
    around: &Around,
) -> Result<Bond> {
    place.expect_usable()?;
    let request = request(place.name.clone(), place.own.clone(), &told.cwd);
    let prepared = prepare::prepare(&request, around, &Purpose::Work)?;
    let Some(repository) = &prepared.repository else {
        return Err(Fault::invalid("what a session changes can be seen in a repository alone")
            .hint("`git init` makes one"));
    };
    let mut plan = prepared.plan;
    plan.limits.time = plan.limits.time.min(LOOK);
    let earlier = before.and_then(|held| match &held.to {
        Bond::Contract(contract) => prepared.sessions.find(&contract.session).ok(),
        Bond::Broken { .. } => None,
    });
    let session = if let Some(session) = earlier {
        session
    } else {
        let new = NewSession { clock: around.clock, claude: None };
        prepared.sessions.home()?.create(&new)?.stored().clone()
    };
    let base = snapshot(repository, &session.objects())?;
    let session = session.id.to_string();
    Ok(Bond::Contract(Box::new(Contract { session, base, plan })))
}

/// What the work of a session is judged by, before there is any.
fn request(name: String, contract: Option<PathBuf>, cwd: &Path) -> Request {
    let work = GivenWork { of: WorkOf::Session, ..GivenWork::default() };
    Request { skill: name, contract, cwd: cwd.to_owned(), work: Some(work), ..Request::default() }
}

/// A contract that may be there.
struct ContractPlace {
    /// What it is called.
    name: String,
    /// Where it is.
    file: PathBuf,
    /// The same, where it is the user's own and not the repository's.
    own: Option<PathBuf>,
    /// Why it cannot be used from there.
    refused: Option<Fault>,
}

impl ContractPlace {
    fn expect_usable(&self) -> Result<()> {
        match &self.refused {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }
}

/// Where the contract is. One of the repository's lies where trust looks at it.
fn contract_file(cwd: &Path, named: Option<&Path>) -> Option<ContractPlace> {
    let root = match git::discover(cwd) {
        Ok(Place::Repository(repository)) => repository.root().to_owned(),
        Ok(Place::Outside | Place::Bare { .. } | Place::Unsupported { .. }) | Err(_) => {
            cwd.to_owned()
        }
    };
    let usual = contracts::replacement(NAME)?;
    let Some(named) = named else {
        let file = root.join(usual);
        return Some(ContractPlace { name: NAME.to_owned(), file, own: None, refused: None });
    };
    let file = cwd.join(named);
    let real = file.canonicalize().unwrap_or_else(|_| file.clone());
    let Ok(below) = real.strip_prefix(root.canonicalize().unwrap_or(root)) else {
        let own = Some(real.clone());
        return Some(ContractPlace { name: NAME.to_owned(), file, own, refused: None });
    };
    let name = below.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let refused = (contracts::replacement(&name).as_deref() != Some(below)).then(|| {
        Fault::usage(format!("`{}` is no contract of this repository", below.display()))
            .hint(format!("move it into `{}`, where `atlas trust` looks at it", contracts::FOLDER))
    });
    Some(ContractPlace { name, file, own: None, refused })
}

fn repository(dir: &Path) -> Result<Option<Repository>> {
    match git::discover(dir) {
        Ok(Place::Repository(repository)) => Ok(Some(repository)),
        Ok(Place::Outside | Place::Bare { .. } | Place::Unsupported { .. }) => Ok(None),
        Err(error) => Err(Fault::invalid("cannot read the repository").because(error)),
    }
}

fn snapshot(repository: &Repository, objects: &Path) -> Result<TreeName> {
    let taken = repository.snapshot(objects, &[Path::new(SESSIONS)]);
    let taken = taken.map_err(|error| Fault::invalid("cannot look at the tree").because(error))?;
    Ok(tree_name(&taken))
}

/// A fault as one reason.
fn words(fault: &Fault) -> String {
    let hints = fault.hints.iter().map(|hint| format!("; {hint}"));
    std::iter::once(fault.with_places()).chain(hints).collect()
}

/// Claude Code hears the answer alone; what happened is in the journal.
struct Nobody;

impl Observer for Nobody {
    fn notice(&mut self, _: &str) {}
    fn event(&mut self, _: &Site, _: &State, _: &Event) {}
    fn activity(&mut self, _: &Activity) {}
}
