//! A command step: a program that the contract names, run without any model.
//!
//! It is started as a hook is, in a group and with a cookie of its own, and what it wrote is
//! durable before anybody builds on it.

use std::{
    ffi::OsString,
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::watch;

use super::{child_env::Child, judges, leftovers, look, output, site::Site, unit::Line};
use crate::{
    model::{
        call::{CallEnd, CallOutcome, Failure, LimitKind},
        check::{Check, CheckKind, CheckStatus},
        contract::{Parse, is_prose},
        judges::{JudgeFile, accuse},
        result::OwnFinding,
        run::{
            Event,
            event::{CommandEnded, Output},
            plan::CommandPlan,
        },
        tool_report::{self, ToolReport},
        value::Span,
    },
    sys::{
        pause::sleep_awake,
        process::{End, Exit, Finished, Program, RunLimits, run},
        signals::{Stop, asked},
    },
};

/// How much of what a command writes is kept; what is to be read as data has to fit.
const KEEP_BYTES: usize = 4 * 1024 * 1024;

/// How long something that a command started may hold its pipes after it.
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// At most so many characters of what a command said say why it failed.
const WHY: usize = 300;

/// One run of a command.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The step's path.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// What is planned.
    pub command: CommandPlan,
    /// The program and its arguments, with all values in place.
    pub argv: Vec<String>,
    /// The files that judge the work, as they were before the first call.
    pub judges: Vec<JudgeFile>,
    /// How long to wait first.
    pub after: Span,
    /// How urgently it has to end.
    pub stop: watch::Receiver<Stop>,
}

/// What came of it.
struct Came {
    outcome: CallOutcome,
    output: Option<Output>,
    checks: Vec<Check>,
    findings: Vec<OwnFinding>,
}

impl Came {
    fn only(outcome: CallOutcome) -> Self {
        Self { outcome, output: None, checks: Vec::new(), findings: Vec::new() }
    }

    fn broke(failure: Failure, reason: impl Into<String>) -> Self {
        Self::only(CallOutcome::Failed { failure, reason: reason.into() })
    }
}

/// Runs it, and tells of its end.
pub(crate) async fn command(site: Rc<Site>, line: Line, order: Order) {
    let started = Instant::now();
    let came = carry_out(&site, &order).await;
    let ended = CommandEnded {
        step: order.step,
        attempt: order.attempt,
        outcome: came.outcome,
        output: came.output,
        checks: came.checks,
        findings: came.findings,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let _nobody_listens = line.commit(Event::CommandEnded(Box::new(ended))).await;
}

async fn carry_out(site: &Site, order: &Order) -> Came {
    let mut stop = order.stop.clone();
    tokio::select! {
        biased;
        () = asked(&mut stop, Stop::Polite) => return Came::only(stopped(site)),
        () = sleep_awake(order.after.0), if order.after != Span::default() => {}
        () = std::future::ready(()), if order.after == Span::default() => {}
    }
    let own = order.judges.iter().filter(|file| file.is_run_by(&order.command.id));
    let own: Vec<JudgeFile> = own.cloned().collect();
    let changed = if own.is_empty() {
        own
    } else {
        judges::changed(&site.trees.of(&order.step).root, &own).await
    };
    if let Some(reason) = accuse(&changed) {
        let check = Check::blocking("self-protection", CheckKind::Protection, CheckStatus::Failed);
        let mut came = Came::broke(Failure::NotStarted, reason.clone());
        came.checks.push(check.because(reason));
        return came;
    }
    let own_time = order.command.timeout;
    let limits = RunLimits {
        timeout: own_time.unwrap_or(site.plan.limits.time).0,
        grace: site.plan.limits.grace.0,
        keep_bytes: KEEP_BYTES,
        leak_grace: LEAK_GRACE,
    };
    match run(&program(site, order), Vec::new(), limits, order.stop.clone()).await {
        Err(error) => Came::broke(Failure::NotStarted, error.to_string()),
        Ok(done) => {
            if done.leaked || !matches!(done.end, End::Exited(_)) {
                leave_nobody(site, order).await;
            }
            came_of(site, order, &done)
        }
    }
}

fn stopped(site: &Site) -> CallOutcome {
    match site.stop_reason() {
        CallEnd::Limited(limit) => CallOutcome::Limit { limit, reason: "stopped by it".to_owned() },
        CallEnd::Exited(_)
        | CallEnd::Killed(_)
        | CallEnd::NeverStarted
        | CallEnd::Lingered
        | CallEnd::LoginRefused
        | CallEnd::Interrupted => CallOutcome::Interrupted,
    }
}

fn unit(order: &Order) -> String {
    format!("{}/{}", order.step, order.attempt)
}

fn program(site: &Site, order: &Order) -> Program {
    let mut argv = order.argv.iter();
    Program {
        path: argv.next().map(PathBuf::from).unwrap_or_default(),
        args: argv.map(OsString::from).collect(),
        cwd: site.trees.of(&order.step).cwd.clone(),
        env: site.child_env(Child::Hook, &unit(order), Some(&order.step), &order.command.env),
    }
}

/// A command that left something behind which holds its pipes, or that had to be stopped, is over
/// only when all of it is; whatever else is left ends with the run.
async fn leave_nobody(site: &Site, order: &Order) {
    leftovers::end(site.cookie(&unit(order)), site.plan.limits.grace.0, order.stop.clone()).await;
}

fn came_of(site: &Site, order: &Order, done: &Finished) -> Came {
    let stderr = done.stderr.text();
    let dir = || site.session.attempt_dir(site.run, &order.step, order.attempt);
    let kept = if stderr.is_empty() {
        Ok(())
    } else {
        dir().and_then(|dir| output::keep_stderr(&dir, &stderr))
    };
    if let Err(fault) = kept {
        return Came::broke(Failure::NotStarted, format!("stderr could not be kept: {fault}"));
    }
    let (read, unread) = match read(&order.command, done) {
        Ok(read) => (read, None),
        Err(why) => (Read::default(), Some(why)),
    };
    let Read { output, mut checks, findings, objects } = read;
    let stored = output.map(|output| dir().and_then(|dir| output::keep(site, &dir, output)));
    let stored = match stored.transpose() {
        Ok(stored) => stored,
        Err(fault) => {
            let why = format!("the output could not be kept: {fault}");
            return Came::broke(Failure::NotStarted, why);
        }
    };
    let outcome = match (done.end, unread) {
        (End::Exited(Exit::Code(0)), None) => CallOutcome::Succeeded,
        (End::Exited(Exit::Code(0)), Some(why)) => {
            CallOutcome::Failed { failure: Failure::Command, reason: why }
        }
        // Tools end with another code where they object to something, which their report tells.
        (End::Exited(Exit::Code(_)), None) if objects => CallOutcome::Succeeded,
        (End::Exited(exit), _) => {
            let said = [stderr, done.stdout.text()];
            let reason = format!("{exit}{}", last_words(&said));
            CallOutcome::Failed { failure: Failure::Command, reason }
        }
        (End::TimedOut, _) => {
            let limit = order.command.timeout.unwrap_or(site.plan.limits.time);
            let reason = format!("it took longer than {limit}");
            CallOutcome::Limit { limit: LimitKind::Time, reason }
        }
        (End::Stopped, _) => stopped(site),
    };
    if let (CallOutcome::Succeeded, Some(schema)) = (&outcome, &order.command.output) {
        checks.push(look::shape(site, stored.as_ref(), schema));
    }
    Came { outcome, output: stored, checks, findings }
}

/// The last line of the first text that has one.
fn last_words(said: &[String]) -> String {
    let line = said.iter().find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()));
    line.map_or_else(String::new, |line| {
        format!(": {}", line.trim().chars().take(WHY).collect::<String>())
    })
}

/// What a command wrote, as its step reads it.
#[derive(Debug, Default, PartialEq)]
struct Read {
    output: Option<Output>,
    checks: Vec<Check>,
    findings: Vec<OwnFinding>,
    /// Whether it is a report that objects to something.
    objects: bool,
}

impl Read {
    fn of(output: Option<Output>) -> Self {
        Self { output, ..Self::default() }
    }

    fn of_report(report: ToolReport) -> Self {
        let objects = report.refuses();
        let ToolReport { output, checks, findings } = report;
        Self { output: Some(Output::Json { json: output }), checks, findings, objects }
    }
}

/// What the command wrote, as its step reads it; nothing where it wrote nothing.
fn read(command: &CommandPlan, done: &Finished) -> Result<Read, String> {
    let by_schema = command.output.as_ref().is_some_and(|schema| !is_prose(schema));
    let parse = command.parse.or(by_schema.then_some(Parse::Json));
    let Some(parse) = parse else {
        let text = done.stdout.text();
        return Ok(Read::of((!text.is_empty()).then_some(Output::Text { text })));
    };
    let whole = done.stdout.whole().ok_or_else(|| {
        format!("it wrote {} bytes, more than can be read as data", done.stdout.total())
    })?;
    let text = std::str::from_utf8(&whole).map_err(|_| "what it wrote is not UTF-8".to_owned())?;
    data(parse, text)
}

/// A text as data.
fn data(parse: Parse, text: &str) -> Result<Read, String> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let no_report = |why: String| format!("what it wrote is no report: {why}");
    let json = match parse {
        Parse::Json => {
            serde_json::from_str(text).map_err(|error| format!("what it wrote is no JSON: {error}"))
        }
        Parse::Jsonl => (1..)
            .zip(lines())
            .map(|(number, line)| {
                serde_json::from_str(line)
                    .map_err(|error| format!("line {number} is no JSON: {error}"))
            })
            .collect::<Result<Vec<Value>, _>>()
            .map(Value::Array),
        Parse::Lines => Ok(text.lines().map(Value::from).collect::<Vec<_>>().into()),
        Parse::Junit => return tool_report::junit(text).map(Read::of_report).map_err(no_report),
        Parse::Sarif => return tool_report::sarif(text).map(Read::of_report).map_err(no_report),
    };
    json.map(|json| Read::of(Some(Output::Json { json })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(parse: Parse, text: &str, expected: Result<Value, &str>) {
        let read = data(parse, text);
        match expected {
            Ok(json) => assert_eq!(read.unwrap(), Read::of(Some(Output::Json { json })), "{text}"),
            Err(why) => assert!(read.as_ref().is_err_and(|told| told.contains(why)), "{read:?}"),
        }
    }

    #[test]
    fn what_a_command_wrote_is_read_as_its_step_says() {
        check(Parse::Json, "{\"a\": [1]}\n", Ok(json!({"a": [1]})));
        check(Parse::Json, "", Err("no JSON"));
        check(Parse::Json, "{} {}", Err("no JSON"));
        check(Parse::Jsonl, "1\n\n\"b\"\n", Ok(json!([1, "b"])));
        check(Parse::Jsonl, "1\nx\n", Err("line 2"));
        check(Parse::Lines, "a\n\nb", Ok(json!(["a", "", "b"])));
        check(Parse::Lines, "", Ok(json!([])));
        check(Parse::Junit, "{}", Err("no report"));
        check(Parse::Sarif, "<testsuite/>", Err("no report"));
    }

    #[test]
    fn the_last_line_says_why() {
        assert_eq!(last_words(&["a\nb\n\n".to_owned(), "c".to_owned()]), ": b");
        assert_eq!(last_words(&[" \n".to_owned(), "c".to_owned()]), ": c");
        assert_eq!(last_words(&[String::new(), String::new()]), "");
    }
}
