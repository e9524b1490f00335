//! Every default in one place.

use crate::model::value::{Share, Span, Tokens, Usd};

/// Money of a run where nobody says otherwise; on a plan dollars count only where they are set.
pub const USD: Usd = Usd::from_micros(2_000_000);
/// Money of all runs of a day.
pub const USD_PER_DAY: Usd = Usd::from_micros(20_000_000);
/// Turns of one call.
pub const TURNS: u32 = 50;
/// Time of a run.
pub const TIME: Span = Span::seconds(30 * 60);
/// Time without a sign of life.
pub const IDLE: Span = Span::seconds(5 * 60);
/// Time until the first word.
pub const START: Span = Span::seconds(60);
/// Time to end after the result.
pub const AFTER_RESULT: Span = Span::seconds(30);
/// Time between TERM and KILL.
pub const GRACE: Span = Span::seconds(3);
/// Time of a hook that names none.
pub const HOOK_TIMEOUT: Span = Span::seconds(5 * 60);
/// The share of the context window that a call may fill.
pub const CONTEXT: Share = Share::percent(50);
/// The share of a plan's quota above which no call starts.
pub const QUOTA: Share = Share::percent(80);
/// How often what failed or was rejected is tried again.
pub const RETRY: u8 = 1;
/// The most calls at once; on a machine with fewer cores that many.
pub const JOBS: u32 = 4;
/// How deep atlas may run in atlas.
pub const DEPTH: u32 = 3;
/// The model that works.
pub const MODEL: &str = "sonnet";
/// The model that reviews and decides.
pub const REVIEWER_MODEL: &str = "haiku";
/// How many review where a panel is asked for and nobody is listed.
pub const REVIEWERS: usize = 3;
/// The context window of a model that nothing is known of.
pub const CONTEXT_WINDOW: Tokens = Tokens(1_000_000);
