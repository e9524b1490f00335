//! What is known of a panel, and of the fault that tests it.

use super::State;
use crate::model::{
    panel::{
        canary::{Catch, Planted},
        weigh::Cast,
    },
    result::{Finding, Verdict, VerdictStatus, Votes},
    run::Point,
};

/// What is known of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelState {
    /// Where it judged.
    pub at: Point,
    /// The votes, in the order in which reviewers were asked.
    pub votes: Vec<Cast>,
    /// What was claimed, worst first.
    pub findings: Vec<Finding>,
    /// The conclusion, once it is drawn.
    pub verdict: Option<(VerdictStatus, Votes)>,
}

/// What is known of a planted fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryState {
    /// The round whose work it was planted in.
    pub round: u32,
    /// The fault; `None` where there was no place for one.
    pub fault: Option<Planted>,
    /// Whether the panel saw it, once that is known.
    pub caught: Option<bool>,
    /// Who saw it.
    pub by: Vec<Catch>,
}

impl CanaryState {
    /// Whether it is known that the panel's word is not to be relied on.
    pub fn is_missed(&self) -> bool {
        self.fault.is_none() || self.caught == Some(false)
    }
}

impl State {
    /// The fault that was planted in the work as it is.
    pub fn canary(&self) -> Option<&CanaryState> {
        self.canary.as_ref().filter(|canary| canary.round == self.round)
    }

    /// The verdict that speaks of the work as it is. A panel that missed a planted fault has none
    /// that could be relied on.
    pub fn verdict(&self) -> Option<Verdict> {
        let panel = self.panel.as_ref()?;
        let (status, votes) = panel.verdict?;
        let stands = matches!(panel.at, Point::Panel { round, .. } if round == self.round);
        let missed = self.canary().is_some_and(CanaryState::is_missed);
        let status = if missed { VerdictStatus::Inconclusive } else { status };
        stands.then(|| Verdict { status, votes, findings: panel.findings.clone() })
    }

    pub(super) fn planted(&mut self, round: u32, fault: Option<&Planted>) {
        let (fault, by) = (fault.cloned(), Vec::new());
        self.canary = Some(CanaryState { round, fault, caught: None, by });
    }

    pub(super) fn canary_judged(&mut self, at: &Point, caught: bool, by: &[Catch]) {
        let Point::Canary { round: judged, .. } = at else { return };
        if let Some(canary) = self.canary.as_mut().filter(|canary| canary.round == *judged) {
            canary.caught = Some(caught);
            canary.by = by.to_vec();
        }
    }

    pub(super) fn concluded(&mut self, at: &Point, status: VerdictStatus, votes: Votes) {
        self.panel_at(at).verdict = Some((status, votes));
    }

    /// A panel that judges anew knows nothing of the last one.
    pub(super) fn panel_at(&mut self, at: &Point) -> &mut PanelState {
        let fresh = || PanelState {
            at: at.clone(),
            votes: Vec::new(),
            findings: Vec::new(),
            verdict: None,
        };
        match &mut self.panel {
            Some(panel) if panel.at == *at && panel.verdict.is_none() => {}
            other => *other = Some(fresh()),
        }
        self.panel.as_mut().expect("it was just made")
    }
}
