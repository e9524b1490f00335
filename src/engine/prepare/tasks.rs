//! From tasks to a plan: reads what they name, and changes nothing.

use std::path::Path;

use super::{
    Around, FACT_BYTES, Files, Ground, Prepared, Since, chosen, expect_text, kept, settings,
};
use crate::{
    engine::{
        Purpose,
        login::{Payment, payment},
    },
    model::{
        Fault, Request, Result, Spot,
        digest::sha256,
        planning::{self, GivenTasks, Seen},
        run::plan::TaskOrder,
        spawn::{Task, Tasks},
        yaml::Spanned,
    },
    store::{config, day_ledger::DayLedger, history},
    sys::fs::read_capped,
};

/// Tasks, and how they were asked for.
#[derive(Debug)]
pub struct TaskRequest {
    /// What was typed beside them.
    pub request: Request,
    /// The tasks.
    pub tasks: Tasks,
    /// In which order their results are written.
    pub order: TaskOrder,
}

/// Makes the plan. Nothing of the project has a say: a sub-agent knows its task alone, so only the
/// user's own configuration, the environment and flags count.
///
/// # Errors
/// All files and folders together that tasks name and that cannot be used; faulty configuration.
pub fn prepare_tasks(asked: &TaskRequest, around: &Around) -> Result<Prepared> {
    let TaskRequest { request, tasks, order } = asked;
    chosen::expect_an_end(&around.env)?;
    let ground = Ground::find(&request.cwd, around)?;
    expect_text(&[&request.cwd, &ground.root])?;
    let user = config::user(&around.folders)?;
    let files = Files { user: user.as_ref(), project: None, contract: None };
    let settings = settings(request, around, files)?;
    let seen = look(tasks, &request.cwd)?;
    let sessions = kept(ground.sessions, &settings);
    let paid = DayLedger::paid_sessions(&around.folders.state);
    let history::Past { windows, .. } = history::of(&sessions, &request.skill, &paid);
    let said = serde_json::to_vec(&tasks.list).expect("tasks are JSON");
    let plan = planning::tasks(&GivenTasks {
        request,
        settings: &settings,
        tasks,
        seen: &seen,
        order: *order,
        digest: sha256(&said),
        windows,
        on_a_plan: payment(&around.env) == Payment::Plan,
    });
    Ok(Prepared {
        plan,
        // No task works on the tree by right, so nobody looks what became of it.
        repository: None,
        base: Since::Now,
        sessions,
        history: None,
        notices: Vec::new(),
        facts: Vec::new(),
        warnings: Vec::new(),
        purpose: Purpose::Work,
    })
}

/// Everything that tasks name, read and looked up.
fn look(tasks: &Tasks, cwd: &Path) -> Result<Vec<Seen>> {
    let mut looking = Looking { tasks, cwd, spots: Vec::new(), causes: Vec::new() };
    let seen = tasks.list.iter().map(|task| looking.task(task)).collect();
    if looking.spots.is_empty() && looking.causes.is_empty() {
        return Ok(seen);
    }
    let mut fault = Fault::invalid("tasks name what cannot be used");
    fault.causes = looking.causes;
    fault.spots = looking.spots;
    Err(fault)
}

struct Looking<'a> {
    tasks: &'a Tasks,
    cwd: &'a Path,
    spots: Vec<Spot>,
    causes: Vec<String>,
}

impl Looking<'_> {
    fn task(&mut self, task: &Task) -> Seen {
        let mut seen = Seen::default();
        for file in &task.files {
            match self.read(&file.value) {
                Ok(text) => seen.files.push((file.value.clone(), text)),
                Err(why) => self.fault(file, &why),
            }
        }
        if let Some(folder) = &task.cwd {
            let path = self.cwd.join(&folder.value);
            match path.canonicalize() {
                Ok(path) if path.is_dir() && path.to_str().is_some() => seen.cwd = Some(path),
                Ok(_) => self.fault(folder, "this is no folder"),
                Err(error) => self.fault(folder, &error.to_string()),
            }
        }
        seen
    }

    fn read(&self, file: &str) -> Result<String, String> {
        let limit = u64::try_from(FACT_BYTES).unwrap_or(u64::MAX);
        let bytes = read_capped(&self.cwd.join(file), limit).map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "this file is no UTF-8 text".to_owned())
    }

    fn fault(&mut self, at: &Spanned<String>, why: &str) {
        match self.tasks.spot(at, why) {
            Some(spot) => self.spots.push(spot),
            None => self.causes.push(format!("`{}`: {why}", at.value)),
        }
    }
}
