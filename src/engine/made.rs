//! What steps made, with its content: for expressions, for the end of a run, and for hooks.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::site::Site;
use crate::{
    model::{
        Fault, Result,
        run::{Plan, State, event::Output, made::Made},
    },
    store::session::SessionDir,
    sys::fs::{PRIVATE_FILE, write_private},
};

/// The file that holds what a run made, where that is no step's own output.
const RUN_OUTPUT: &str = "output.json";

/// The value of what a step made; null where it made nothing.
///
/// # Errors
/// An output in a file is not what it was.
pub fn value(session: &SessionDir, made: &Made<'_>) -> Result<Value> {
    Ok(match made {
        Made::Nothing => Value::Null,
        Made::Leaf(_, output) => match session.load_output(output)? {
            Output::Text { text } => Value::String(text),
            Output::Json { json } => json,
            Output::File { .. } => Value::Null,
        },
        Made::List(list) => {
            list.iter().map(|made| value(session, made)).collect::<Result<Vec<_>>>()?.into()
        }
        Made::Fields(fields) => {
            let mut map = Map::new();
            for (name, made) in fields {
                map.insert((*name).to_owned(), value(session, made)?);
            }
            map.into()
        }
    })
}

/// What a run made, and the file that holds it.
#[derive(Clone, Debug, Default)]
pub struct RunOutput {
    /// Its value.
    pub value: Option<Value>,
    /// Its file.
    pub file: Option<PathBuf>,
}

/// What a run made so far.
///
/// # Errors
/// An output in a file is not what it was.
pub fn by_run(session: &SessionDir, plan: &Plan, state: &State) -> Result<RunOutput> {
    let made = plan.made(state);
    match &made {
        Made::Nothing => Ok(RunOutput::default()),
        Made::Leaf(path, _) => Ok(RunOutput {
            value: Some(value(session, &made)?),
            file: state.step(path).and_then(|known| session.output_file(state.run, path, known)),
        }),
        Made::List(_) | Made::Fields(_) => Ok(RunOutput {
            value: Some(value(session, &made)?),
            file: Some(session.path.join("runs").join(state.run.to_string()).join(RUN_OUTPUT)),
        }),
    }
}

/// Whose work is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'a> {
    /// That of the run.
    Run,
    /// That of the skill which the step with this path runs, whose end was reached so many times.
    Skill(&'a str, u32),
}

/// What was made, as one output, for whoever judges it. Where several steps made it, it is put into
/// a file first.
pub(crate) fn for_judges(
    site: &Site,
    state: &State,
    of: Of<'_>,
) -> Result<(Option<Output>, Option<PathBuf>)> {
    let session = site.session.stored();
    let made = match of {
        Of::Run => site.plan.made(state),
        Of::Skill(path, _) => site.plan.made_by(state, path),
    };
    match &made {
        Made::Nothing => Ok((None, None)),
        Made::Leaf(path, output) => {
            let file = state.step(path).and_then(|known| site.output_file(path, known));
            Ok((Some((*output).clone()), file))
        }
        Made::List(_) | Made::Fields(_) => {
            let file = match of {
                Of::Run => by_run(session, &site.plan, state)?.file,
                Of::Skill(path, attempt) => {
                    Some(site.session.attempt_dir(site.run, path, attempt)?.join(RUN_OUTPUT))
                }
            };
            let json = value(session, &made)?;
            if let Some(file) = &file {
                write_private(file, format!("{json:#}\n").as_bytes(), PRIVATE_FILE)
                    .map_err(|error| Fault::failed("cannot write what was made").because(error))?;
            }
            Ok((Some(Output::Json { json }), file))
        }
    }
}
