//! The session that a run is made in: one of its own, or one that has runs already.

use super::{Setting, left::Left, locks, meanwhile, orphans, resume::take};
use crate::{
    engine::{dispatcher::Observer, prepare::Prepared, tree::WorkTree},
    model::{
        Fault, Request, Result,
        run::event::{Before, Conversation},
    },
    store::session::{Home, NewSession, Session, runs},
};

/// A session with room for one more run.
pub(super) struct Within {
    pub(super) session: Session,
    /// The number of the new run.
    pub(super) run: u32,
    /// The last run before it, and all of them in one line each.
    earlier: Option<(Left, Vec<String>)>,
}

/// Makes a session, or takes the one that was named.
pub(super) async fn session(
    (prepared, request): (&Prepared, &Request),
    (home, new): (&Home, NewSession),
    setting: &Setting<'_>,
    observer: &mut dyn Observer,
) -> Result<Within> {
    let Some(query) = &request.session else {
        return Ok(Within { session: home.create(&new)?, run: 1, earlier: None });
    };
    let stored = prepared.sessions.find(query)?;
    let taken = take(home, (&stored, request.wait), new.clock, observer);
    let (session, recovered) = locks::unless_stopped(&setting.signals, taken).await?;
    orphans::of_session(&session, prepared.sessions.root(), observer).await;
    let all = runs(&recovered.lines);
    let run = u32::try_from(all.len()).unwrap_or(u32::MAX).saturating_add(1);
    let told = all.iter().filter_map(|lines| Left::of(&stored, lines).ok());
    let told = told.map(|left| one_line(&left)).collect();
    let Ok(last) = Left::of(&stored, &recovered.lines) else {
        return Ok(Within { session, run, earlier: None });
    };
    if last.state.end.as_ref().is_none_or(|end| !end.is_for_good()) {
        observer.notice(&format!(
            "run {} of this session is not finished, and can be gone on with no more",
            last.state.run
        ));
    }
    Ok(Within { session, run, earlier: Some((last, told)) })
}

fn one_line(left: &Left) -> String {
    let end = match &left.state.end {
        Some(end) if end.reason.is_empty() => end.status.to_string(),
        Some(end) => format!("{}: {}", end.status, end.reason),
        None => "broken off".to_owned(),
    };
    format!("run {}, {}: {end}", left.state.run, left.plan.skill.name)
}

impl Within {
    /// What the new run is told of what stood before it.
    ///
    /// # Errors
    /// A conversation shall go on that knows other instructions.
    pub(super) async fn before(
        &self,
        (prepared, request): (&Prepared, &Request),
        tree: &WorkTree,
        observer: &mut dyn Observer,
    ) -> Result<Option<Box<Before>>> {
        let Some((last, runs)) = &self.earlier else { return Ok(None) };
        let differences = meanwhile::since(tree, self.session.stored(), last).await?;
        for difference in &differences {
            observer.notice(&format!("changed meanwhile: {difference}"));
        }
        let conversation = if request.continues { conversation(last, prepared)? } else { None };
        if request.continues && conversation.is_none() {
            observer.notice("there is no conversation to go on in: a new one begins");
        }
        Ok(Some(Box::new(Before { runs: runs.clone(), differences, conversation })))
    }
}

/// claude keeps the instructions that a conversation began with, whatever it is given later. So
/// one goes on only under the same ones.
fn conversation(last: &Left, prepared: &Prepared) -> Result<Option<Conversation>> {
    // A conversation that one of many had is not that of the run.
    let speaker = last.plan.speaker(&last.state);
    let Some((path, step)) = speaker.and_then(|path| Some((path.clone(), last.plan.step(&path)?)))
    else {
        return Ok(None);
    };
    let known = last.state.step(&path);
    let Some(claude_session) = known.and_then(|known| known.conversation.clone()) else {
        return Ok(None);
    };
    if prepared.plan.steps.first().is_none_or(|first| first.system != step.system) {
        return Err(Fault::usage("this conversation cannot go on")
            .because("it began with other instructions than those of this skill, as it is now")
            .hint("leave `--continue` out: the run is told what the session did before"));
    }
    let cost = last.state.ledger.conversation(&claude_session);
    Ok(Some(Conversation { claude_session, cost }))
}
