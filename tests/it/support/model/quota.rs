//! The headers that tell a client how much of a plan's quota is used.
//!
//! `claude` turns them into a `rate_limit_event`, and only for an OAuth token: with an API key it
//! ignores them. A rejection needs all of status, reset and claim; with the status alone it counts
//! as overload and is tried again.

/// A plan's quota as the API's answer describes it.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    status: &'static str,
    /// `five_hour`, `seven_day` or another window's name.
    claim: &'static str,
    resets_at: u64,
    utilization: Option<f64>,
    overage: bool,
}

impl Quota {
    /// Used up: the answer is a 429, and nothing is worth trying before `resets_at` (Unix seconds).
    pub(crate) fn rejected(claim: &'static str, resets_at: u64) -> Self {
        Self { status: "rejected", claim, resets_at, utilization: None, overage: false }
    }

    /// Nearly used up: the request is answered, with a warning at this share (0 to 1).
    pub(crate) fn warning(claim: &'static str, resets_at: u64, utilization: f64) -> Self {
        let status = "allowed_warning";
        Self { status, claim, resets_at, utilization: Some(utilization), overage: false }
    }

    /// Used up, but paid for beyond the plan: the request is answered.
    pub(crate) fn overage(claim: &'static str, resets_at: u64) -> Self {
        Self { overage: true, ..Self::rejected(claim, resets_at) }
    }

    /// Whether the request gets no answer.
    pub(super) fn refuses(&self) -> bool {
        self.status == "rejected" && !self.overage
    }

    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let resets_at = self.resets_at.to_string();
        let mut headers = vec![
            ("anthropic-ratelimit-unified-status", self.status.to_owned()),
            ("anthropic-ratelimit-unified-reset", resets_at.clone()),
            ("anthropic-ratelimit-unified-representative-claim", self.claim.to_owned()),
        ];
        if self.overage {
            headers.push(("anthropic-ratelimit-unified-overage-status", "allowed".to_owned()));
            headers.push(("anthropic-ratelimit-unified-overage-in-use", "true".to_owned()));
        }
        if let Some(share) = self.utilization {
            let [utilization, reset, threshold] = if self.claim == "seven_day" {
                [
                    "anthropic-ratelimit-unified-7d-utilization",
                    "anthropic-ratelimit-unified-7d-reset",
                    "anthropic-ratelimit-unified-7d-surpassed-threshold",
                ]
            } else {
                [
                    "anthropic-ratelimit-unified-5h-utilization",
                    "anthropic-ratelimit-unified-5h-reset",
                    "anthropic-ratelimit-unified-5h-surpassed-threshold",
                ]
            };
            headers.push((utilization, share.to_string()));
            headers.push((reset, resets_at));
            headers.push((threshold, share.to_string()));
        }
        headers
    }
}
