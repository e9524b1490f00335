//! Plants a fault in a copy of the work, and tells what the panel made of it.

use super::{Work, change, text};
use crate::{
    engine::{site::Site, unit::Line},
    model::{
        check::{Check, CheckKind, CheckStatus},
        panel::{
            PanelPlan,
            canary::{self, Judged, Material, Planted},
            weigh::{Asked, Evidence},
        },
        run::{Event, Point, event::Output},
    },
};

/// The fault for this work; `None` where it holds nothing that one could be planted in, or cannot be
/// read.
pub(crate) async fn plant(site: &Site, work: &Work) -> Option<Planted> {
    let panel = site.plan.panel.as_ref()?;
    let load = |output: &Output| site.session.stored().load_output(output).ok();
    let loaded = work.output.as_ref().and_then(load);
    let output = loaded.as_ref().and_then(|output| text(site, output).ok());
    let change = change(site).await.ok().flatten();
    canary::plant(&Material {
        output: output.as_deref(),
        is_prose: matches!(loaded, Some(Output::Text { .. })),
        change: change.as_deref(),
        reviewers: panel.reviewers.len(),
    })
}

/// What those who were asked made of the copy.
pub(super) fn judge(
    panel: &PanelPlan,
    planted: &Planted,
    asked: &[Asked],
    (seen, quorum): (&Evidence, u32),
) -> Judged {
    let models: Vec<String> =
        panel.reviewers.iter().map(|reviewer| reviewer.call.agent.model.clone()).collect();
    canary::judge(planted, (asked, &models), seen, quorum)
}

/// Tells it, unless the first one leaves it to the others.
pub(super) fn tell(line: &Line, at: Point, planted: &Planted, judged: &Judged, alone: bool) {
    if alone && !judged.clear {
        return line.tell(Event::ChecksEnded { at, checks: Vec::new() });
    }
    let (caught, by) = (judged.caught, judged.by.clone());
    line.tell(Event::CanaryJudged { at: at.clone(), caught, by });
    let check = |status| Check::blocking("canary", CheckKind::Panel, status);
    let checks = vec![if caught {
        check(CheckStatus::Passed)
    } else {
        let place = match &planted.file {
            Some(file) => format!("{file}:{}", planted.line),
            None => format!("line {} of the output", planted.line),
        };
        let fault = planted.kind.words();
        check(CheckStatus::Error).because(format!(
            "the panel would have passed a copy of the work with {fault} at {place}"
        ))
    }];
    line.tell(Event::ChecksEnded { at, checks });
}
