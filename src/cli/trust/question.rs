//! The question that a run asks before it begins, where somebody can answer it.
//!
//! Three answers go on: trust in this content, trust in this path whatever it holds, and a run
//! without any of it this time. Every other one, and none, leaves it at the refusal.

use super::{asks::Asked, consent, shown::Shown};
use crate::{
    cli::context::Context,
    engine::prepare::{self, Around, Prepared, Purpose, Question},
    model::{Request, Result, Status, TrustRequest, text},
    report::Mark,
    store::trust::{Scope, Subject, TrustStore},
};

/// A repository, a skill, and each of them once more should it change meanwhile.
const MOST: usize = 4;

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Trust(Scope),
    Isolated,
    No,
}

/// Prepares a run; asks for the trust that it needs, if somebody is there to give it.
///
/// # Errors
/// As [`prepare::prepare`].
pub(in crate::cli) fn prepare(
    mut request: Request,
    around: &Around,
    purpose: &Purpose,
    context: &Context,
) -> Result<(Request, Prepared)> {
    for _ in 0..MOST {
        let fault = match prepare::prepare(&request, around, purpose) {
            Ok(prepared) => return Ok((request, prepared)),
            Err(fault) => fault,
        };
        let may_ask = fault.status == Status::Invalid
            && request.trust == TrustRequest::Stored
            && consent::somebody_answers(context);
        if !may_ask {
            return Err(fault);
        }
        let Ok(questions) = prepare::questions(&request, around, purpose) else {
            return Err(fault);
        };
        let Some(question) = questions.into_iter().next() else { return Err(fault) };
        match ask(question, around, context)? {
            Reply::Trust(_) => {}
            Reply::Isolated => request.trust = TrustRequest::Without,
            Reply::No => return Err(fault),
        }
    }
    prepare::prepare(&request, around, purpose).map(|prepared| (request, prepared))
}

/// Asks, and stores what was answered.
fn ask(question: Question, around: &Around, context: &Context) -> Result<Reply> {
    let Question { subject, verdict, asks } = question;
    let store = TrustStore::new(&around.folders);
    // Trust covers more than this run would apply, so all of it is shown.
    let is_repository = subject.root == context.project().root;
    let mut asked = if is_repository { Asked::of_repository(context)? } else { Asked::default() };
    asked.lead_with(asks);
    let shown = Shown::of(&subject, &verdict, &asked, &store)?;
    let look = context.printer.look();
    let root = subject.root.display().to_string();
    let told = format!("{} needs your trust for this run:", text::sanitize_line(&root));
    context.printer.ask(&look.line(Mark::Note, &told));
    context.printer.ask(&shown.told(look));
    context.printer.ask("trust it? [t]his content, [a]lways here, [i]solated this time, [N]o: ");
    let reply = reply(&consent::typed().unwrap_or_default());
    if let Reply::Trust(scope) = reply {
        trust(&subject, scope, &store, context)?;
    }
    Ok(reply)
}

fn reply(typed: &str) -> Reply {
    match typed.trim().to_ascii_lowercase().as_str() {
        "t" | "this" | "y" | "yes" => Reply::Trust(Scope::Content),
        "a" | "always" => Reply::Trust(Scope::Always),
        "i" | "isolated" => Reply::Isolated,
        _ => Reply::No,
    }
}

/// Stores trust in what was shown. Files that changed while somebody read are not that.
fn trust(subject: &Subject, scope: Scope, store: &TrustStore, context: &Context) -> Result<()> {
    store.trust(subject, scope, context.clock.now())?;
    context.printer.say("trusted; `atlas trust --revoke` takes it back\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_answers_go_on() {
        for (typed, expected) in [
            ("t\n", Reply::Trust(Scope::Content)),
            ("Yes\n", Reply::Trust(Scope::Content)),
            (" a \n", Reply::Trust(Scope::Always)),
            ("isolated", Reply::Isolated),
            ("", Reply::No),
            ("\n", Reply::No),
            ("n\n", Reply::No),
            ("true\n", Reply::No),
        ] {
            assert_eq!(reply(typed), expected, "{typed:?}");
        }
    }
}
