//! The skills that steps of another one run: each is planned as if it were run by itself, with its
//! own contract, in which nobody has a say whom it would not have there.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Around, Ground, Purpose, chosen, configurations, facts, judges, purpose, schema};
use super::{FACT_BYTES, skipped, sources, trust};
use crate::{
    engine::login::{Payment, payment},
    model::{
        Delivery, Fault, Request, Result, VerifyRequest,
        config::Settings,
        contract::{Contract, Isolation, Leaf, What, every},
        digest::sha256,
        facts::Seen,
        planning::{self, Given, OtherSkill},
        skill::Skill,
        yaml::{Document, Spanned},
    },
};

/// A skill some of whose steps may run others.
#[derive(Clone, Copy)]
pub(super) struct Outer<'a> {
    pub(super) request: &'a Request,
    pub(super) skill: &'a Skill,
    pub(super) settings: &'a Settings,
    pub(super) contract: Option<&'a Document<Contract>>,
}

/// Where a run is prepared.
#[derive(Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) around: &'a Around,
    pub(super) purpose: &'a Purpose,
    /// Where the user stands: skills and trust are those of that place.
    pub(super) user_at: &'a Request,
    /// Where the work happens.
    pub(super) ground: &'a Ground,
    /// The context windows that earlier results named.
    pub(super) windows: &'a BTreeMap<String, u64>,
}

/// What was found for the steps that run skills.
#[derive(Default)]
pub(super) struct Inner {
    /// The skills, by the names that the steps use.
    pub(super) skills: BTreeMap<String, OtherSkill>,
    /// The facts of the repository that they ask for.
    pub(super) facts: Vec<Seen>,
    pub(super) notices: Vec<String>,
}

/// Plans every skill that a step of `outer` runs, or may choose.
///
/// # Errors
/// A skill that cannot be found, is not trusted or cannot be planned; one that runs itself.
pub(super) fn inner(stand: Stand<'_>, outer: Outer<'_>) -> Result<Inner> {
    let mut inner = Inner::default();
    plan_all(stand, outer, std::slice::from_ref(&outer.skill.found.dir), &mut inner)?;
    Ok(inner)
}

fn plan_all(
    stand: Stand<'_>,
    outer: Outer<'_>,
    above: &[PathBuf],
    inner: &mut Inner,
) -> Result<()> {
    for name in named(outer.settings) {
        if !inner.skills.contains_key(&name.value) {
            let other = one(stand, outer, (name, above), inner).map_err(|fault| {
                let pointed = outer.contract.filter(|_| fault.spots.is_empty());
                match pointed {
                    Some(contract) => fault.at(contract.spot(&name.span, "a step runs this skill")),
                    None => fault,
                }
            })?;
            inner.skills.insert(name.value.clone(), other);
        }
    }
    Ok(())
}

/// The names of skills in the steps.
fn named(settings: &Settings) -> Vec<&Spanned<String>> {
    let steps = every(&settings.steps.value).into_iter();
    let names = steps.flat_map(|step| match &step.what {
        What::Leaf(Leaf::Skill(name)) => vec![name],
        What::Delegate(delegate) => delegate.value.among.value.iter().collect(),
        What::Leaf(_)
        | What::Sequence(_)
        | What::Parallel { .. }
        | What::Each { .. }
        | What::Route(_)
        | What::Fallback(_) => Vec::new(),
    });
    names.collect()
}

/// A skill as it was found, with those that have a say about it.
struct Known {
    request: Request,
    skill: Skill,
    settings: Settings,
    trusted: trust::Trusted,
    /// Where its contract is, if it has one.
    file: Option<PathBuf>,
}

/// Finds a skill, and settles what of it counts.
fn find(stand: Stand<'_>, name: &str, above: &[PathBuf]) -> Result<Known> {
    let Stand { around, purpose, user_at, .. } = stand;
    let stands = Ground::find(&user_at.cwd, around)?;
    let [user, project] = configurations(&stands, around, &mut Vec::new())?;
    let request = Request { cwd: user_at.cwd.clone(), ..request(user_at, name) };
    let (skill, _) = chosen::skill(&request, around, &stands, [user.as_ref(), project.as_ref()])?;
    if above.contains(&skill.found.dir) {
        return Err(circle(above, &skill));
    }
    let mut trusted = trust::settle_part(
        trust::Subjects::new(&request, &skill, &stands),
        trust::Said { user: user.as_ref(), project: project.filter(|_| purpose.is_configured()) },
        around,
    )?;
    if trusted.contract.as_ref().is_some_and(|contract| contract.value.verify.is_some()) {
        return Err(Fault::invalid(format!("`{name}` ends with a panel, and no step can")).hint(
            "put `verify:` into the contract that runs it: one panel judges the whole work",
        ));
    }
    // Hooks of a configuration are those of the run, and look at these steps too.
    let said = purpose::Said {
        user: user.map(purpose::without_hooks),
        project: trusted.project.take().map(purpose::without_hooks),
        contract: trusted.contract.as_ref(),
    };
    let settings = purpose::settings(purpose, &request, around, said)?;
    let file = trusted.contract.as_ref().map(|contract| stands.root.join(&contract.path));
    Ok(Known { request, skill, settings, trusted, file })
}

fn one(
    stand: Stand<'_>,
    outer: Outer<'_>,
    (name, above): (&Spanned<String>, &[PathBuf]),
    inner: &mut Inner,
) -> Result<OtherSkill> {
    let Stand { around, purpose, ground, .. } = stand;
    if ground.protected.is_some() {
        return Err(Fault::invalid("a step runs another skill, and a revision has the say")
            .hint("leave `--config-from` out, or put the steps of that skill into the contract"));
    }
    let Known { request, skill, settings, trusted, file } = find(stand, name, above)?;
    let contract = trusted.contract.as_ref();
    let given = (outer.request, outer.settings, outer.skill);
    let inputs = planning::handed_on(given, (&settings, &skill));
    let request = Request { inputs, cwd: outer.request.cwd.clone(), ..request };
    let own = Outer { request: &request, skill: &skill, settings: &settings, contract };
    let mut deeper = Inner::default();
    let way: Vec<PathBuf> = above.iter().chain([&skill.found.dir]).cloned().collect();
    plan_all(stand, own, &way, &mut deeper)?;
    let says = contract.and_then(|contract| contract.value.isolation.as_ref());
    let stays_in_the_tree = says.is_some_and(|says| says.value == Isolation::None)
        || deeper.skills.values().any(|other| other.stays_in_the_tree);
    let facts = facts::read(&request, &settings, ground)?;
    let mut plan = planning::plan(Given {
        request: &request,
        skill: &skill,
        digest: sha256(skill.text.as_bytes()),
        contract,
        output: schema::of_run(&skill, &settings)?,
        step_outputs: schema::of_steps(&skill, &settings)?,
        settings: &settings,
        skills: deeper.skills,
        facts: facts.iter().map(|fact| fact.tell(FACT_BYTES)).collect(),
        own_exe: &around.own_exe,
        skill_trusted: trusted.skill,
        repository_trusted: trusted.repository,
        root: ground.repository.is_some().then(|| ground.root.clone()),
        skipped: trusted.skipped.into_iter().map(skipped).collect(),
        prices: BTreeMap::new(),
        windows: stand.windows.clone(),
        on_a_plan: payment(&around.env) == Payment::Plan,
    })
    .map_err(|fault| filled(fault, outer, name))?;
    plan.judges = judges::find(&plan, &settings, file.as_deref(), around)?;
    trust::expect_judged(&plan, &trusted.hashed)?;
    let own = sources::of((purpose, &request, &skill.found), &settings, &ground.root, around);
    plan.sources.extend(own);
    inner.facts.extend(facts.into_iter().chain(deeper.facts));
    let notices = trusted.notices.into_iter().filter(|_| purpose.is_configured());
    inner.notices.extend(notices.chain(deeper.notices));
    let description = skill.front.description.clone().unwrap_or_default();
    Ok(OtherSkill { plan, description, stays_in_the_tree })
}

/// What was typed, as far as it holds for a part of the run too.
fn request(typed: &Request, name: &str) -> Request {
    Request {
        skill: name.to_owned(),
        args: Vec::new(),
        inputs: Vec::new(),
        input_files: Vec::new(),
        unread: Vec::new(),
        contract: None,
        delivery: Delivery::default(),
        worktree: false,
        verify: VerifyRequest::Off,
        canary: false,
        work: None,
        part: None,
        ..typed.clone()
    }
}

fn circle(above: &[PathBuf], skill: &Skill) -> Fault {
    let begins = above.iter().position(|dir| *dir == skill.found.dir).unwrap_or(0);
    let name = |dir: &PathBuf| {
        dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let way: Vec<String> = above[begins..].iter().chain([&skill.found.dir]).map(name).collect();
    Fault::invalid(format!("the skill `{}` runs itself", skill.found.name))
        .because(way.join(" → "))
        .hint("a step may run any skill that does not run this one in its turn")
}

/// An input that is missing is one that the outer skill could have.
fn filled(fault: Fault, outer: Outer<'_>, name: &str) -> Fault {
    let outer = &outer.skill.found.name;
    let fault = Fault { hints: Vec::new(), ..fault };
    fault.hint(format!(
        "`{name}` gets the inputs of `{outer}` that have the same names; declare them there"
    ))
}
