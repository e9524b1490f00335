//! What a verdict means for a run: it goes ahead, it goes ahead without, or it does not begin.

use super::{Difference, How, Subject, Verdict, Why};
use crate::model::{Fault, Result, TrustRequest, contract::Ask};

/// A notice is one line.
const NAMED: usize = 3;

/// How a run goes ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// All of the repository's configuration applies; claude sees the project's settings.
    Trusted(How),
    /// Calls are isolated; what the configuration says executes and widens nothing.
    Isolated {
        /// What a person should hear, in one line, if there is anything.
        notice: Option<String>,
    },
    /// Calls are isolated, and what was asked for is left out.
    Without {
        /// The names of what is skipped, each to be shown as a skipped check.
        skipped: Vec<String>,
    },
}

impl Decision {
    /// Whether a person trusts it.
    pub fn is_trust(&self) -> bool {
        match self {
            Self::Trusted(_) => true,
            Self::Isolated { .. } | Self::Without { .. } => false,
        }
    }
}

/// Decides by a verdict and by what the run would apply.
///
/// # Errors
/// Something that would apply is not trusted (exit 8): what it is, and how to trust it.
pub fn decide(
    subject: &Subject,
    verdict: &Verdict,
    asks: &[Ask],
    request: &TrustRequest,
) -> Result<Decision> {
    let why = match verdict {
        Verdict::Trusted(how) => return Ok(Decision::Trusted(how.clone())),
        Verdict::NothingToTrust => None,
        Verdict::Untrusted(why) => Some(why),
    };
    if asks.is_empty() {
        return Ok(Decision::Isolated { notice: notice(subject) });
    }
    match request {
        TrustRequest::Without => Ok(Decision::Without { skipped: names(asks) }),
        TrustRequest::Stored | TrustRequest::ThisRun | TrustRequest::Hashes(_) => {
            Err(untrusted(subject, why, asks))
        }
    }
}

pub(super) fn names(asks: &[Ask]) -> Vec<String> {
    asks.iter().map(|ask| ask.name.clone()).collect()
}

fn notice(subject: &Subject) -> Option<String> {
    let files = subject.unheeded_files();
    if files.is_empty() {
        return None;
    }
    let mut named = files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if files.len() > NAMED {
        named = format!("{named} and {} more", files.len() - NAMED);
    }
    Some(format!("runs isolated from {named}, which nobody trusted; see `atlas trust`"))
}

/// Of what would apply, so much is told one by one; `atlas trust` shows all of it.
const LISTED: usize = 20;

fn untrusted(subject: &Subject, why: Option<&Why>, asks: &[Ask]) -> Fault {
    let root = subject.root.display();
    let message = match why {
        None | Some(Why::New) => format!("{root} is not trusted"),
        Some(Why::Changed(_)) => format!("{root} is not what was trusted"),
        Some(Why::Replaced) => format!("another repository stands at the trusted path {root}"),
        Some(Why::Shared(_)) => format!("{root} is trusted, but not only yours to write"),
    };
    let mut fault = Fault::invalid(message);
    if let Some(Why::Changed(difference)) = why {
        fault = with_difference(fault, difference);
    }
    if let Some(Why::Shared(path)) = why {
        fault = fault
            .because(format!("somebody else can write {}", path.display()))
            .hint(format!("take that right away: `chmod -R go-w {root}`"));
    }
    for Ask { name, effect, path, line } in asks.iter().take(LISTED) {
        fault = fault.because(format!("{name} would {effect} ({}:{line})", path.display()));
    }
    if asks.len() > LISTED {
        fault = fault.because(format!("and {} more", asks.len() - LISTED));
    }
    fault
        .hint("`atlas trust` shows what can execute here, and stores your answer")
        .hint(format!("`--trust={}` trusts exactly this content, for this run", subject.digest))
        .hint("`--untrusted` runs without it, and shows each as a skipped check")
}

fn with_difference(mut fault: Fault, difference: &Difference) -> Fault {
    let Difference { added, removed, changed } = difference;
    for (what, paths) in [("new", added), ("gone", removed), ("changed", changed)] {
        if !paths.is_empty() {
            fault = fault.because(format!("{what} since: {}", paths.join(", ")));
        }
    }
    fault
}
