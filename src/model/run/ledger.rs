//! What is spent, reserved and left: a fold of the journal.

use std::collections::BTreeMap;

use crate::model::{
    call::{Basis, ContextUse, QuotaUse, TokenCount},
    run::event::{CallEnded, CallStarted},
    value::Usd,
};

/// The money and tokens of one run, its resumes included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    open: BTreeMap<(String, u32), Usd>,
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
    conversations: BTreeMap<String, Usd>,
}

impl Ledger {
    /// Charges a call's reservation.
    pub fn start(&mut self, call: &CallStarted) {
        self.calls += 1;
        self.open.insert((call.step.clone(), call.attempt), call.reservation);
    }

    /// Calls that have not ended were killed with the process that made them: they stay charged,
    /// whatever becomes of the next call of the same attempt.
    pub fn give_up_open(&mut self) {
        for reservation in std::mem::take(&mut self.open).into_values() {
            self.settled += reservation;
            self.calls_unknown += 1;
        }
    }

    /// Replaces the reservation by the price, where there is one.
    pub fn end(&mut self, call: &CallEnded, claude_session: Option<&str>) {
        let reserved = self.open.remove(&(call.step.clone(), call.attempt)).unwrap_or_default();
        if let Some(usd) = call.spend.usd {
            self.known += usd;
            self.settled += usd;
        } else {
            self.settled += reserved;
            self.calls_unknown += 1;
        }
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
        if let (Some(session), Some(cost)) = (claude_session, call.conversation_cost) {
            self.conversations.insert(session.to_owned(), cost);
        }
    }

    /// Everything that is gone or promised: settled calls and open reservations.
    pub fn charged(&self) -> Usd {
        self.settled + self.open.values().copied().sum()
    }

    /// Calls that ended and whose price claude told.
    pub fn priced(&self) -> u32 {
        let open = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        self.calls.saturating_sub(self.calls_unknown).saturating_sub(open)
    }

    /// What a conversation has cost so far, as claude last told.
    pub fn conversation(&self, claude_session: &str) -> Usd {
        self.conversations.get(claude_session).copied().unwrap_or_default()
    }
}
