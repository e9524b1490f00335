//! What is known of a panel.

use super::State;
use crate::model::{
    panel::weigh::Cast,
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

impl State {
    /// The verdict that speaks of the work as it is.
    pub fn verdict(&self) -> Option<Verdict> {
        let panel = self.panel.as_ref()?;
        let (status, votes) = panel.verdict?;
        let stands = matches!(panel.at, Point::Panel { round, .. } if round == self.round);
        stands.then(|| Verdict { status, votes, findings: panel.findings.clone() })
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
