//! Whose word counts in a run, and which part of the steps runs.

use super::typed::timeout;
use crate::model::{Part, value::Span};

/// Whose word counts, and whether an earlier one does.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks and trust")]
pub(super) struct WordArgs {
    /// Take configuration, contracts, skills and the scripts they name from the revision REF, and
    /// treat the checkout as data: what is judged cannot change its judge
    #[arg(long, value_name = "REF", conflicts_with_all = ["record", "replay", "untrusted"])]
    pub(super) config_from: Option<String>,
    /// Where the same was judged before, AGE ago at most, give that verdict and spend nothing; a
    /// day where no AGE is given
    #[arg(long, value_name = "AGE", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = timeout, conflicts_with_all = ["record", "replay", "session"])]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    pub(super) reuse: Option<Option<Span>>,
}

/// Which part of the steps runs.
#[derive(Debug, clap::Args)]
pub(super) struct PartArgs {
    /// Run only the step ID of the contract; what judges the whole work is skipped
    #[arg(long, value_name = "ID", conflicts_with_all = ["from", "record", "replay"])]
    step: Option<String>,
    /// Run the step ID of the contract and those that come after it
    #[arg(long, value_name = "ID", conflicts_with_all = ["record", "replay"])]
    from: Option<String>,
}

impl PartArgs {
    /// The part, where one is asked for.
    pub(super) fn part(&self) -> Option<Part> {
        let step = self.step.clone().map(Part::Step);
        step.or_else(|| self.from.clone().map(Part::From))
    }
}
