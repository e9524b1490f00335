//! The panel, from what the contract and the command line say of it.

use super::Given;
use crate::model::{
    Fault, Result, VerifyRequest,
    config::defaults,
    contract::{Conversation, PermissionMode, Reviewer, Subagents, SystemPrompt, Verify},
    panel::{
        CANARY_UNITS, EvidenceCommand, PanelPlan, ReviewerPlan, UNITS, answer, lens, package,
        verdict,
    },
    run::plan::{AgentPlan, CallTrust, StepLimits, StepPlan},
    skill::stages::Stages,
    value::Usd,
};

/// Reviewers read the tree, and nothing else.
const READING: [&str; 3] = ["Read", "Grep", "Glob"];

/// What a reviewer reserves where nothing better is known.
const RESERVE: Usd = Usd::from_micros(50_000);

/// The panel that the run ends with; none where nobody asked for one.
///
/// # Errors
/// A quorum that so many reviewers cannot reach.
pub(super) fn panel(given: &Given<'_>) -> Result<Option<PanelPlan>> {
    let contract = given.settings.verify.as_ref().map(|verify| &verify.value);
    let wanted = match (given.request.verify, contract) {
        (VerifyRequest::Off, _) => return Ok(None),
        (VerifyRequest::AsContract, None) if !given.request.canary => return Ok(None),
        (VerifyRequest::AsContract | VerifyRequest::On(None), _) => None,
        (VerifyRequest::On(Some(number)), _) => Some(number),
    };
    let nothing = Verify::default();
    let verify = contract.unwrap_or(&nothing);
    let reviewers = reviewers(given, verify, wanted);
    let all = u32::try_from(reviewers.len()).unwrap_or(u32::MAX);
    let quorum = verify.quorum.as_ref().map_or_else(|| verdict::majority(all), |set| set.value);
    if quorum > all {
        return Err(Fault::usage(format!(
            "`--verify={all}` asks {all}, and {quorum} have to confirm"
        ))
        .because("the contract's `quorum` cannot be reached")
        .hint(format!("ask at least {quorum}, or leave the number out")));
    }
    let named = verify.evidence.commands.iter();
    let canary =
        if verify.canary || given.request.canary { canary(&reviewers) } else { Vec::new() };
    Ok(Some(PanelPlan {
        reviewers,
        canary,
        quorum,
        criteria: criteria(verify),
        evidence: named
            .map(|(name, argv)| EvidenceCommand {
                name: name.value.clone(),
                command: argv.value.words().to_vec(),
            })
            .collect(),
        escalate: verify.escalate.unwrap_or(verify.reviewers.is_empty()) && wanted.is_none(),
    }))
}

/// The same reviewers over a copy of the work.
fn canary(reviewers: &[ReviewerPlan]) -> Vec<StepPlan> {
    let one = |reviewer: &ReviewerPlan| StepPlan {
        id: format!("{CANARY_UNITS}/{}", reviewer.name()),
        ..reviewer.call.clone()
    };
    reviewers.iter().map(one).collect()
}

fn criteria(verify: &Verify) -> Vec<String> {
    if verify.criteria.is_empty() {
        return lens::CRITERIA.map(str::to_owned).to_vec();
    }
    verify.criteria.clone()
}

/// Those that the contract lists, or the default ones; a number asked for caps or repeats them.
fn reviewers(given: &Given<'_>, verify: &Verify, wanted: Option<u32>) -> Vec<ReviewerPlan> {
    let default = [(); defaults::REVIEWERS].map(|()| Reviewer::default());
    let listed = if verify.reviewers.is_empty() { &default[..] } else { &verify.reviewers };
    let number = wanted.map_or(listed.len(), |wanted| usize::try_from(wanted).unwrap_or(1));
    let commands: Vec<&str> =
        verify.evidence.commands.iter().map(|(name, _)| name.value.as_str()).collect();
    let form = answer::schema(&commands);
    let mut names: Vec<String> = Vec::new();
    let one = |(place, reviewer): (usize, &Reviewer)| {
        let by_turns = lens::DEFAULT[place % lens::DEFAULT.len()].name;
        let lens = reviewer.lens.clone().unwrap_or_else(|| by_turns.to_owned());
        let name = unique(&mut names, &slug(&lens));
        let persona = reviewer.persona.clone().unwrap_or_else(|| lens::PERSONA.to_owned());
        let call = StepPlan {
            template: None,
            conversation: Conversation::Fresh,
            limits: StepLimits::default(),
            id: format!("{UNITS}/{name}"),
            agent: agent(given, reviewer),
            system: package::system(),
            prompt: String::new(),
            asked: None,
            output: Some(form.clone()),
            stages: Stages::default(),
            window: None,
            reserve: RESERVE,
            sub_agent: None,
        };
        ReviewerPlan { persona, lens, call }
    };
    listed.iter().cycle().take(number).enumerate().map(one).collect()
}

/// A reviewer knows nothing of the user's and the project's configuration, and changes nothing.
fn agent(given: &Given<'_>, reviewer: &Reviewer) -> AgentPlan {
    let tools: &[&str] = if given.root.is_some() { &READING } else { &[] };
    let model = reviewer.model.clone().unwrap_or_else(|| defaults::REVIEWER_MODEL.to_owned());
    AgentPlan {
        model,
        trust: CallTrust::Isolated,
        tools: Some(tools.iter().map(|tool| (*tool).to_owned()).collect()),
        allow: Vec::new(),
        permission_mode: PermissionMode::Default,
        system: SystemPrompt::Minimal,
        mcp: Vec::new(),
        subagents: Subagents::MayFail,
    }
}

/// A name for files and journals.
fn slug(lens: &str) -> String {
    let plain: String = lens
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).take(4).collect();
    if parts.is_empty() { "reviewer".to_owned() } else { parts.join("-") }
}

fn unique(taken: &mut Vec<String>, name: &str) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let name = std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .expect("there is always another number");
    taken.push(name.clone());
    name
}
