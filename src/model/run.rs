//! One run: what shall happen (plan), what happened (events), what is known (state), and the
//! pure function that says what comes next.

pub mod effect;
pub mod event;
pub mod leaves;
pub mod ledger;
pub mod made;
pub mod next;
pub mod pace;
pub mod path;
pub mod plan;
pub mod stand;
pub mod state;

#[cfg(test)]
mod tests;

pub use effect::{Effect, Point};
pub use event::{Event, StepStatus};
pub use ledger::Ledger;
pub use next::next;
pub use pace::Pace;
pub use plan::Plan;
pub use stand::Stand;
pub use state::State;
