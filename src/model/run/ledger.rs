//! What is spent, reserved and left: a fold of the journal.

use std::collections::BTreeMap;

use crate::model::{
    call::{Basis, CallOutcome, ContextUse, QuotaUse, TokenCount},
    run::event::{CallEnded, CallStarted},
    skill::stages::BytesByStage,
    value::Usd,
};

/// The money and tokens of one run, its resumes included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    open: BTreeMap<(String, u32), Usd>,
    /// What calls that were ordered and have not ended may use.
    granted: BTreeMap<(String, u32), Usd>,
    settled: Usd,
    /// Dollars that claude told.
    pub known: Usd,
    /// Calls begun.
    pub calls: u32,
    /// Calls whose price nobody told; they stay charged at their reservation.
    pub calls_unknown: u32,
    /// Tokens of all calls that ended.
    pub tokens: TokenCount,
    /// Turns of all calls that ended.
    pub turns: u32,
    /// Who pays, as the last call that knew told.
    pub basis: Basis,
    /// How much of a plan's quota is used, as the last call that knew told.
    pub quota: Option<QuotaUse>,
    /// The fullest context window of any call.
    pub context: Option<ContextUse>,
    /// What of the skill was put before agents, where a call told.
    pub loaded: Option<BytesByStage>,
    /// By step: the context window that the result of its last call named, in tokens.
    pub windows: BTreeMap<String, u64>,
    conversations: BTreeMap<String, Usd>,
    /// What the last calls cost.
    pub rates: Rates,
}

/// By model: what the last settled call cost, and for how many tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(BTreeMap<String, (Usd, u64)>);

impl Rates {
    /// What a call is charged: its price, where that was told; else what it reserved, or what it
    /// would have cost at the last rate, whichever is more.
    pub fn charge(&self, call: &CallEnded, reserved: Usd) -> Usd {
        call.spend.usd.unwrap_or_else(|| reserved.max(self.at_last_rate(call)))
    }

    /// What a call whose price nobody told would have cost at the rate of the last settled call of
    /// its model; nothing where none was settled. It can only raise what is charged.
    fn at_last_rate(&self, call: &CallEnded) -> Usd {
        let rate = call.model.as_ref().and_then(|model| self.0.get(model));
        let Some((usd, tokens)) = rate.filter(|(_, tokens)| *tokens > 0) else {
            return Usd::ZERO;
        };
        #[expect(clippy::cast_precision_loss, reason = "tokens of a call are far below 2^53")]
        let share = call.spend.tokens.counted() as f64 / *tokens as f64;
        Usd::from_dollars(usd.dollars() * share).unwrap_or_default()
    }

    /// Takes in what a call cost.
    pub fn learn(&mut self, call: &CallEnded) {
        if let (Some(model), Some(usd)) = (&call.model, call.spend.usd) {
            self.0.insert(model.clone(), (usd, call.spend.tokens.counted()));
        }
    }
}

impl Ledger {
    /// Sets money aside for a call that is ordered.
    pub fn grant(&mut self, step: &str, attempt: u32, usd: Usd) {
        self.granted.insert((step.to_owned(), attempt), usd);
    }

    /// Charges a call's reservation.
    pub fn start(&mut self, call: &CallStarted) {
        self.calls += 1;
        self.open.insert((call.step.clone(), call.attempt), call.reservation);
    }

    /// Calls that have not ended, by step and attempt.
    pub fn open(&self) -> impl Iterator<Item = (&str, u32)> {
        self.open.keys().map(|(step, attempt)| (step.as_str(), *attempt))
    }

    /// Calls that have not ended were killed with the process that made them: they stay charged,
    /// whatever becomes of the next call of the same attempt.
    pub fn give_up_open(&mut self) {
        self.granted.clear();
        for reservation in std::mem::take(&mut self.open).into_values() {
            self.settled += reservation;
            self.calls_unknown += 1;
        }
    }

    /// Replaces the reservation by the price, where there is one.
    pub fn end(&mut self, call: &CallEnded, claude_session: Option<&str>) {
        let key = (call.step.clone(), call.attempt);
        self.granted.remove(&key);
        let reserved = self.open.remove(&key).unwrap_or_default();
        self.settled += self.rates.charge(call, reserved);
        match call.spend.usd {
            Some(usd) => self.known += usd,
            None => self.calls_unknown += 1,
        }
        self.rates.learn(call);
        self.tokens += call.spend.tokens;
        self.turns += call.spend.turns;
        if call.spend.basis != Basis::Unknown {
            self.basis = call.spend.basis;
        }
        if call.quota.is_some() {
            self.quota.clone_from(&call.quota);
        }
        if self.context.is_none_or(|fullest| fullest.peak_fraction() < call.context.peak_fraction())
        {
            self.context = Some(call.context);
        }
        if let Some(loaded) = call.loaded {
            *self.loaded.get_or_insert_default() += loaded;
        }
        // A call that was ended has no result: its window is what was believed before.
        if call.outcome == CallOutcome::Succeeded && !call.context.window_assumed {
            self.windows.insert(call.step.clone(), call.context.window);
        }
        if let (Some(session), Some(cost)) = (claude_session, call.conversation_cost) {
            self.conversations.insert(session.to_owned(), cost);
        }
    }

    /// Everything that is gone or promised: settled calls and open reservations.
    pub fn charged(&self) -> Usd {
        self.settled + self.open.values().copied().sum()
    }

    /// Everything that is gone, and everything that calls under way may use: no call may be given
    /// any of it.
    pub fn committed(&self) -> Usd {
        let reserved = |key| self.open.get(key).copied().unwrap_or_default();
        let granted = self.granted.iter().map(|(key, usd)| reserved(key).max(*usd));
        let others = self.open.iter().filter(|(key, _)| !self.granted.contains_key(*key));
        self.settled + granted.sum() + others.map(|(_, usd)| *usd).sum()
    }

    /// Calls that ended and whose price claude told.
    pub fn priced(&self) -> u32 {
        let open = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        self.calls.saturating_sub(self.calls_unknown).saturating_sub(open)
    }

    /// Takes in what a conversation had cost before this run.
    pub fn has_cost(&mut self, claude_session: &str, usd: Usd) {
        self.conversations.insert(claude_session.to_owned(), usd);
    }

    /// What a conversation has cost so far, as claude last told.
    pub fn conversation(&self, claude_session: &str) -> Usd {
        self.conversations.get(claude_session).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::call::{Failure, Spend};

    fn started(attempt: u32) -> CallStarted {
        CallStarted {
            step: "a".to_owned(),
            attempt,
            pid: 1,
            start: None,
            claude_session: "c".to_owned(),
            resumed: false,
            reservation: Usd::from_micros(50_000),
            cap: None,
            stream: 0,
            day: None,
        }
    }

    fn ended(attempt: u32, usd: Option<u64>, tokens: u64) -> CallEnded {
        CallEnded {
            step: "a".to_owned(),
            attempt,
            outcome: CallOutcome::Failed { failure: Failure::Killed, reason: String::new() },
            spend: Spend {
                usd: usd.map(Usd::from_micros),
                tokens: TokenCount { input: tokens, ..TokenCount::default() },
                ..Spend::default()
            },
            conversation_cost: None,
            context: ContextUse { window: 1000, window_assumed: false, peak: 1 },
            loaded: None,
            quota: None,
            model: Some("m".to_owned()),
            output: None,
            warnings: Vec::new(),
            ms: 1,
        }
    }

    /// Each call as its price in millionths, where told, and its tokens; what is charged in all.
    fn check(calls: &[(Option<u64>, u64)], charged: u64) {
        let mut ledger = Ledger::default();
        for ((usd, tokens), attempt) in calls.iter().zip(1..) {
            ledger.start(&started(attempt));
            ledger.end(&ended(attempt, *usd, *tokens), None);
        }
        assert_eq!(ledger.charged(), Usd::from_micros(charged), "{calls:?}");
    }

    #[test]
    fn what_nobody_told_is_charged_at_the_reservation_or_the_last_rate_whichever_is_more() {
        check(&[(Some(20_000), 100)], 20_000);
        check(&[(None, 100)], 50_000);
        check(&[(Some(20_000), 100), (None, 100)], 70_000);
        check(&[(Some(20_000), 100), (None, 1000)], 220_000);
        check(&[(Some(0), 0), (None, 1000)], 50_000);
    }
}
