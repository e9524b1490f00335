//! `atlas resume`: goes on with a run where it stopped.

use super::{
    Exit,
    context::Context,
    run::{
        LimitArgs, around,
        follow::{Follower, end},
        outlets::OutletArgs,
        runtime,
    },
    session::sessions,
};
use crate::{
    engine::run::{NewLimits, Resume, resume},
    model::{Fault, Result},
    store::session::{SessionDir, Sessions},
};

/// Go on with a run where it stopped: finished steps are not paid again
///
///   atlas resume                       the newest run here that is not finished
///   atlas resume abcd                  by the last four letters of its session
///   atlas resume abcd --max-usd 4.00   with more money than it had
///
/// It goes on with what was typed and planned when the run began. What changed
/// meanwhile is told, to you and to the agent. A run that has ended for good is
/// told again and costs nothing; its exit code is the one it ended with.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The session; the newest with an unfinished run where none is named
    session: Option<String>,
    /// The newest session, finished or not
    #[arg(long, conflicts_with = "session")]
    last: bool,
    /// Go on though the skill, the contract, the configuration or an input's file has changed,
    /// with what is there now
    #[arg(long)]
    accept_changes: bool,
    /// Bring back what finished steps did, where it is gone from the tree
    #[arg(long)]
    reapply: bool,
    #[command(flatten)]
    outlets: OutletArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    args.outlets.reporting(follow(args, context), context)
}

fn follow(args: &Args, context: &Context) -> Result<Exit> {
    args.outlets.expect_writable(context)?;
    let around = around(context)?;
    let sessions = sessions(context)?;
    let asked = Resume {
        session: find(args, &sessions)?,
        sessions,
        root: context.project().root.clone(),
        limits: NewLimits {
            usd: args.limits.max_usd,
            turns: args.limits.max_turns,
            time: args.limits.timeout,
        },
        accept_changes: args.accept_changes,
        reapply: args.reapply,
        wait: args.limits.wait(),
    };
    let mut follower = Follower::new(&args.outlets, context);
    let finished = runtime()?.block_on(resume(asked, &around, &mut follower))?;
    end(&args.outlets, context, follower, &finished)
}

fn find(args: &Args, sessions: &Sessions) -> Result<SessionDir> {
    match &args.session {
        Some(query) => sessions.find(query),
        None if args.last => sessions.last(),
        None => match sessions.unfinished() {
            Some(listed) => Ok(listed.session),
            None => Err(Fault::usage("no run here is unfinished")
                .hint("`atlas session list` shows them all; `--last` takes the newest")),
        },
    }
}
