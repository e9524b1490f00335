//! The panel: what its reviewers are given, and what atlas sees of the evidence that they name.
//!
//! A reviewer is a call like any other, with a prompt that can only be made once the work is
//! done. What comes of them all is concluded by the model; here is what needs eyes.

mod canary;
mod evidence;

use std::{rc::Rc, time::Instant};

use super::{call, judges, recording, site::Site, unit::Line};
use crate::model::{
    Fault, Result,
    call::CallOutcome,
    check::{Check, CheckKind, CheckStatus},
    judges::{JudgeFile, accuse},
    panel::{
        PanelPlan, answer,
        canary::Planted,
        package::{self, Part},
        weigh::{Asked, Conclusion, Said, conclude, is_clear},
    },
    prompt,
    result::{FindingStatus, Severity, Verdict, VerdictStatus},
    run::{Event, Point, event::Output},
};

pub(crate) use canary::plant;

/// How much of a change is shown to a reviewer; the rest is named.
const CHANGE_BYTES: usize = 96 * 1024;

/// The work as a panel judges it.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Which time the end was reached, from 0.
    pub round: u32,
    /// The output.
    pub output: Option<Output>,
    /// The step whose output it is, where it is one step's.
    pub speaker: Option<String>,
    /// What was said about the work already.
    pub checks: Vec<Check>,
    /// The fault that this copy of the work has; none where it is the work itself.
    pub planted: Option<Planted>,
}

/// Asks one reviewer.
pub(crate) async fn review(site: Rc<Site>, line: Line, mut order: call::Order, work: Work) {
    if work.planted.as_ref().is_some_and(|planted| planted.file.is_some()) {
        // The fault is in no tree that could be read: whoever looked there would see the file without
        // it. So the copy has no tree, and the reviewer no tools.
        order.step.agent.tools = Some(Vec::new());
    }
    match package(&site, &order, &work).await {
        Ok(package) => order.told.brief = package,
        Err(fault) => {
            recording::begins(&site, &order);
            return call::not_made(&line, &order, &fault).await;
        }
    }
    call::call(site, line, order).await;
}

async fn package(site: &Site, order: &call::Order, work: &Work) -> Result<String> {
    let panel = site.plan.panel.as_ref().expect("the plan asked for a reviewer");
    let (_, reviewer) = panel.reviewer(&order.step.id).expect("the plan asked for this reviewer");
    let nonce = site.panel_nonce(work.round);
    Ok(package::prompt(panel, reviewer, &parts(site, work).await?, &nonce))
}

/// The task, the output, the change, and what checks said: all that a reviewer knows.
async fn parts(site: &Site, work: &Work) -> Result<Vec<Part>> {
    let mut parts = vec![Part { name: "task", text: task(site, work) }];
    let planted = work.planted.as_ref();
    if let Some(output) = &work.output {
        let text = text(site, output)?;
        let faulty = planted.and_then(|planted| planted.in_output(&text));
        parts.push(Part { name: "output", text: faulty.unwrap_or(text) });
    }
    if let Some(change) = change(site).await? {
        let faulty = planted.and_then(|planted| planted.in_change(&change));
        parts.push(Part { name: "change", text: faulty.unwrap_or(change) });
    }
    if !work.checks.is_empty() {
        let said: Vec<String> = work.checks.iter().map(prompt::check).collect();
        parts.push(Part { name: "checks", text: said.join("\n\n") });
    }
    Ok(parts)
}

/// What the run changed, as far as a reviewer is shown it; none where changes are not tracked.
async fn change(site: &Site) -> Result<Option<String>> {
    let Some(patch) = site.trees.own().patch(CHANGE_BYTES).await? else { return Ok(None) };
    let mut change = String::from_utf8_lossy(&patch.bytes).into_owned();
    for path in &patch.left_out {
        change.push_str("\nnot shown: ");
        change.push_str(path);
    }
    Ok(Some(change))
}

/// What was asked for: the prompts of the step whose output is judged.
fn task(site: &Site, work: &Work) -> String {
    let speaker = work.speaker.as_ref().and_then(|path| site.plan.step(path));
    let Some(last) = speaker.or(site.plan.steps.last()) else { return String::new() };
    let own = last.template.as_ref().map(|words| format!("\n\n{words}")).unwrap_or_default();
    format!("{}\n\n{}{own}", last.system, last.prompt)
}

fn text(site: &Site, output: &Output) -> Result<String> {
    match site.session.stored().load_output(output)? {
        Output::Text { text } => Ok(text),
        Output::Json { json } => Ok(format!("{json:#}")),
        Output::File { path, .. } => Err(Fault::invalid(format!("`{path}` is no output"))),
    }
}

/// What came of asking some or all reviewers.
#[derive(Clone, Debug)]
pub(crate) struct Hearing {
    /// Where in the run.
    pub at: Point,
    /// The work.
    pub work: Work,
    /// The files that judge the work, as they were before the first call.
    pub judges: Vec<JudgeFile>,
    /// The tree on which evidence of this round was looked at before, where it was.
    pub judged: Option<String>,
    /// The reviewers that were asked, how their calls ended and what they said.
    pub heard: Vec<(String, CallOutcome, Option<Output>)>,
}

/// Looks at the evidence, concludes, and tells of it.
pub(crate) async fn hear(site: Rc<Site>, line: Line, hearing: Hearing) {
    let started = Instant::now();
    let changed = judges::changed(&site.trees.own().root, &hearing.judges).await;
    if let Some(reason) = accuse(&changed) {
        let check = Check::blocking("self-protection", CheckKind::Protection, CheckStatus::Failed);
        let checks = vec![check.because(reason)];
        return line.tell(Event::ChecksEnded { at: hearing.at, checks });
    }
    let panel = site.plan.panel.as_ref().expect("the plan asked for a panel");
    let asked: Vec<Asked> = hearing.heard.iter().map(|heard| said(&site, heard)).collect();
    let alone = asked.len() < panel.reviewers.len();
    let output = hearing.work.output.as_ref().and_then(|output| text(&site, output).ok());
    let ground = evidence::Ground {
        output: output.unwrap_or_default(),
        planted: hearing.work.planted.clone(),
        round: hearing.work.round,
        judged: hearing.judged.clone(),
    };
    let seen = match evidence::look(&site, &line, (&asked, &ground)).await {
        Ok(seen) => seen,
        Err(unseen) => {
            let check = Check::blocking("panel", CheckKind::Panel, CheckStatus::Error);
            let checks = vec![check.because(unseen.to_string())];
            return line.tell(Event::ChecksEnded { at: hearing.at, checks });
        }
    };
    let quorum = if alone { 1 } else { panel.quorum };
    if let Some(planted) = &hearing.work.planted {
        let judged = canary::judge(panel, planted, &asked, (&seen, quorum));
        return canary::tell(&line, hearing.at, planted, &judged, alone);
    }
    let concluded = conclude(&asked, &seen, quorum);
    let mut checks = Vec::new();
    if !alone || is_clear(&concluded) {
        tell(&line, &hearing.at, &concluded);
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        checks.push(Check { ms, ..check(panel, &concluded.verdict) });
    }
    line.tell(Event::ChecksEnded { at: hearing.at, checks });
}

fn tell(line: &Line, at: &Point, concluded: &Conclusion) {
    for cast in &concluded.votes {
        line.tell(Event::Vote { at: at.clone(), cast: cast.clone() });
    }
    for finding in &concluded.verdict.findings {
        line.tell(Event::Finding { at: at.clone(), finding: finding.clone() });
    }
    let verdict = &concluded.verdict;
    line.tell(Event::Verdict { at: at.clone(), status: verdict.status, votes: verdict.votes });
}

fn said(site: &Site, (name, outcome, output): &(String, CallOutcome, Option<Output>)) -> Asked {
    let said = Said::of(outcome, || read(site, output.as_ref()));
    Asked { reviewer: name.clone(), said }
}

fn read(site: &Site, output: Option<&Output>) -> Result<answer::Review, String> {
    let output = output.ok_or("there is no answer")?;
    match site.session.stored().load_output(output).map_err(|fault| fault.to_string())? {
        Output::Json { json } => answer::read(&json),
        Output::Text { .. } | Output::File { .. } => Err("the answer is no form".to_owned()),
    }
}

/// The verdict as a check: what it refuses goes back to the agent.
fn check(panel: &PanelPlan, verdict: &Verdict) -> Check {
    let check = |status| Check::blocking("panel", CheckKind::Panel, status);
    let votes = verdict.votes;
    match verdict.status {
        VerdictStatus::Passed => check(CheckStatus::Passed),
        VerdictStatus::Rejected => {
            let supported = verdict.findings.iter().filter(|finding| {
                finding.status == FindingStatus::Supported && finding.severity >= Severity::Major
            });
            let claims: Vec<String> = supported.map(ToString::to_string).collect();
            check(CheckStatus::Failed).because(claims.join("\n"))
        }
        VerdictStatus::Inconclusive => check(CheckStatus::Error).because(format!(
            "{} of {} confirmed, {} are needed; {} refuted, {} gave no vote that counts, {} died",
            votes.confirmed,
            votes.total(),
            panel.quorum,
            votes.refuted,
            votes.abstained,
            votes.error,
        )),
    }
}
