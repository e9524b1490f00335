//! `--record` and `--replay`: where a run takes place, and what becomes of it afterwards.

use std::path::PathBuf;

use crate::{
    cli::context::Context,
    engine::{
        Stage, expected,
        prepare::{Around, Purpose, skill_folder},
        run::Finished,
    },
    model::{Request, Result, Status},
    report::Mark,
    store::recordings::{self, Draft},
};

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Recordings")]
pub(in crate::cli) struct RecordArgs {
    /// Write what claude says and changes to DIR, so that the run can be replayed for nothing
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Play the skill's first recording, or the one in DIR, in a repository made from it
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    replay: Option<Option<PathBuf>>,
}

/// A run and its place.
pub(in crate::cli) struct Setting {
    /// What is asked for; of a replay, with what was asked when it was recorded.
    pub(in crate::cli) request: Request,
    /// What it is for.
    pub(in crate::cli) purpose: Purpose,
    /// The repository made from a recording.
    pub(in crate::cli) stage: Option<Stage>,
}

/// Settles where the run takes place; refuses a place for a recording that is taken.
pub(super) fn setting(
    args: &RecordArgs,
    request: &Request,
    (context, around): (&Context, &Around),
) -> Result<Setting> {
    let plain = |purpose| Setting { request: request.clone(), purpose, stage: None };
    match (&args.record, &args.replay) {
        (None, None) => Ok(plain(Purpose::Work)),
        (Some(dir), _) => {
            recordings::expect_place(&context.cwd.join(dir))?;
            Ok(plain(Purpose::Recording { stage: None }))
        }
        (None, Some(named)) => {
            let named = named.as_ref().map(|dir| context.cwd.join(dir));
            let stage = Stage::make(&skill_folder(request, around)?, named.as_deref(), around)?;
            Ok(replay(request, stage))
        }
    }
}

/// A replay on a stage.
pub(in crate::cli) fn replay(request: &Request, stage: Stage) -> Setting {
    Setting {
        request: stage.recording.case.asked_again(request),
        purpose: Purpose::Replay { stage: stage.cwd(), played: stage.played() },
        stage: Some(stage),
    }
}

/// Takes the stage away and says where the session is.
pub(super) fn strike(
    stage: Option<Stage>,
    finished: &mut Finished,
    context: &Context,
) -> Result<()> {
    let Some(stage) = stage else { return Ok(()) };
    let from = stage.recording.dir.clone();
    let kept = stage.strike(finished)?;
    let (from, kept) = (from.display(), kept.display());
    let look = context.printer.look();
    // It is a patch of the recording's tree, and of no use in the user's.
    finished.handed = None;
    let said = [format!("replayed from {from}"), format!("the session is kept in {kept}")];
    for said in said {
        context.printer.say(&look.line(Mark::Note, &said));
    }
    Ok(())
}

/// Writes the recording that was asked for.
///
/// A run that did not pass has said why already; that it could not be recorded comes second.
pub(super) fn write(args: &RecordArgs, finished: &Finished, context: &Context) -> Result<()> {
    let Some(dir) = &args.record else { return Ok(()) };
    let dir = context.cwd.join(dir);
    let draft = match &finished.draft {
        Ok(Some(draft)) => draft,
        Ok(None) => return Ok(()),
        Err(fault) if finished.result().status == Status::Passed => return Err(fault.clone()),
        Err(fault) => {
            context.printer.fault(fault);
            return Ok(());
        }
    };
    let expected = expected(finished, &context.env);
    recordings::write(&dir, &Draft { expected, ..draft.clone() })?;
    let look = context.printer.look();
    let (skill, dir) = (&finished.plan.skill.name, dir.display());
    let said = format!("recorded in {dir}; play it with `atlas run {skill} --replay={dir}`");
    context.printer.say(&look.line(Mark::Note, &said));
    Ok(())
}
