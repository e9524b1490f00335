//! Where the result of a run goes: stdout or a file, and any number of reports besides.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use clap::ValueEnum as _;
use uuid::Uuid;

use crate::{
    cli::{Exit, context::Context, global::Asked},
    model::{Fault, Result, result::RunResult, value::NotAValue},
    report::{About, Form, Told, report, step_summary::step_summary},
    sys::fs::{append, write_result},
};

/// Where the result goes, as it was typed.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct OutletArgs {
    /// Write the result to FILE in place of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Write a report to FILE besides, in any format but `text`; repeat for more
    #[arg(long, value_name = "FORMAT=FILE", value_parser = wanted)]
    report: Vec<Wanted>,
    /// Whether the reports are written already.
    #[arg(skip)]
    written: Cell<bool>,
}

/// A report that is wanted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    form: Form,
    file: PathBuf,
}

fn wanted(typed: &str) -> Result<Wanted, NotAValue> {
    let forms: Vec<String> = Asked::value_variants()
        .iter()
        .filter(|asked| asked.form().is_some())
        .map(|asked| asked.name())
        .collect();
    let unclear = || NotAValue(format!("write FORMAT=FILE, FORMAT being {}", forms.join(", ")));
    let (format, file) = typed.split_once('=').ok_or_else(unclear)?;
    let form = Asked::from_str(format, false).ok().and_then(Asked::form).ok_or_else(unclear)?;
    if file.is_empty() || file == "-" {
        return Err(NotAValue("name a file; `--format` decides what stdout gets".to_owned()));
    }
    Ok(Wanted { form, file: file.into() })
}

/// A file can be written here, as far as that can be seen before there is something to write.
pub(in crate::cli) fn expect_place(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    if folder.is_dir() && !file.is_dir() {
        return Ok(());
    }
    let what = if file.is_dir() { "it is a folder" } else { "its folder does not exist" };
    let shown = file.display();
    Err(Fault::usage(format!("the result cannot be written to {shown}")).because(what))
}

impl OutletArgs {
    /// What is to be written is looked at before anything is spent.
    pub(in crate::cli) fn expect_writable(&self, context: &Context) -> Result<()> {
        // Where that says no, nothing is written at all.
        self.looked_at(context).inspect_err(|_| self.written.set(true))
    }

    fn looked_at(&self, context: &Context) -> Result<()> {
        let files: Vec<PathBuf> = self.files().map(|file| context.cwd.join(file)).collect();
        for (at, file) in files.iter().enumerate() {
            if files[..at].contains(file) {
                let shown = file.display();
                return Err(Fault::usage(format!("two results would be written to {shown}")));
            }
            expect_place(file)?;
        }
        Ok(())
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        let reports = self.report.iter().map(|wanted| wanted.file.as_path());
        self.output.as_deref().into_iter().chain(reports)
    }

    /// Whether some outlet of these wants the events too.
    pub(super) fn keeps_events(&self) -> bool {
        self.report.iter().any(|wanted| wanted.form == Form::Jsonl)
    }

    /// Writes the reports, each whole or not at all, and the summary of a step on GitHub. Says
    /// what could not be written, and the exit code of a run that would end with `code`.
    pub(super) fn write_reports(
        &self,
        told: &Told,
        events: &[String],
        (code, context): (u8, &Context),
    ) -> Exit {
        self.written.set(true);
        let mut exit = Exit(code);
        for Wanted { form, file } in &self.report {
            let text = report(*form, told, events, &token());
            if let Err(error) = write_result(&context.cwd.join(file), text.as_bytes()) {
                let fault = Fault::failed("cannot write a report").because(error);
                context.printer.fault(&fault);
                exit = Exit(fault.exit_code);
            }
        }
        let on_github = self.report.iter().any(|wanted| wanted.form == Form::Github);
        if on_github || context.asked == Asked::Github {
            summarize(told, context);
        }
        exit
    }

    /// What was to be made of the command line; where that failed, the reports tell why.
    pub(in crate::cli) fn reporting<T>(&self, made: Result<T>, context: &Context) -> Result<T> {
        made.inspect_err(|fault| self.report_fault(fault, None, context))
    }

    /// Writes the reports of a run that never began, so that a CI shows why; unless they tell of
    /// its end already.
    pub(in crate::cli) fn report_fault(
        &self,
        fault: &Fault,
        skill: Option<&str>,
        context: &Context,
    ) {
        if self.written.get() {
            return;
        }
        let result = RunResult { skill: skill.map(str::to_owned), ..RunResult::of_fault(fault) };
        let told = Told::of(&result, &About::default());
        self.write_reports(&told, &[], (fault.exit_code, context));
    }
}

/// A step's summary is an extra: a run does not fail for it.
fn summarize(told: &Told, context: &Context) {
    let Some(file) = context.env.get_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty())
    else {
        return;
    };
    if let Err(error) = append(Path::new(&file), step_summary(told).as_bytes()) {
        context.printer.warn(&format!("the summary of this step cannot be written: {error}"));
    }
}

/// A word that no answer can have foreseen.
pub(super) fn token() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_its_form_and_its_file() {
        let rows = [
            ("junit=a.xml", Some((Form::Junit, "a.xml"))),
            ("jsonl=a=b", Some((Form::Jsonl, "a=b"))),
            ("json=out/x", Some((Form::Json, "out/x"))),
            ("text=a", None),
            ("xml=a", None),
            ("junit", None),
            ("junit=", None),
            ("junit=-", None),
        ];
        for (typed, expected) in rows {
            let expected = expected.map(|(form, file)| Wanted { form, file: file.into() });
            assert_eq!(wanted(typed).ok(), expected, "{typed}");
        }
    }
}
