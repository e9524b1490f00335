//! `atlas check`: what is wrong with skills, contracts and configurations.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::{
    Exit,
    context::Context,
    global::Asked,
    skills::{SkillsArgs, roots},
};
use crate::{
    model::{
        Result, Status, config, contract,
        lint::{ALL, Finding, Level, Strictness},
        spawn, text,
    },
    report::{
        self, Mark,
        annotation::{Annotation, At, Region, RuleRow},
        findings::{findings, summary},
        github::github,
        gitlab::gitlab,
        sarif::sarif,
    },
    store::examine::{self, Examined, Ground, LookedAt},
};

/// Check skills, contracts and configurations without running anything
///
///   atlas check
///   atlas check skills/review-diff --strict
///   atlas check --format sarif > atlas.sarif
///
/// Looks at the repository's skills with their contracts, `.claude/contracts/` and
/// `.claude/atlas.yaml`, or at what the paths name. Each finding points into its file and says how
/// to mend it. Nothing is executed and nobody is asked for trust.
///
/// Exits 0 where nothing is wrong but for warnings, 8 where something is.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// A skill's folder or a file in it, a contract, a configuration, or a folder with any of these
    paths: Vec<PathBuf>,
    /// Let warnings count as errors: what the open specification says is law
    #[arg(long)]
    strict: bool,
    /// Only print the JSON Schema of a file, for an editor
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "strict"])]
    print_schema: Option<Schema>,
}

/// A file whose schema editors can use.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Schema {
    Contract,
    Config,
    Task,
}

#[derive(Serialize)]
struct Document<'a> {
    strict: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
    files: &'a [LookedAt],
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    level: Level,
    message: &'a str,
    fix: Option<&'a str>,
    path: String,
    #[serde(flatten)]
    region: Option<Region>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    if let Some(file) = args.print_schema {
        let schema = match file {
            Schema::Contract => contract::schema(),
            Schema::Config => config::schema(),
            Schema::Task => spawn::schema(),
        };
        context.printer.result(&report::json(&schema))?;
        return Ok(Status::Passed.into());
    }
    let strictness = if args.strict { Strictness::Strict } else { Strictness::Lenient };
    let examined = examined(args, context)?;
    for notice in &examined.notices {
        context.printer.warn(&text::sanitize_line(notice));
    }
    give(&examined, strictness, context)?;
    let found = &examined.findings;
    let broken = found.iter().any(|finding| finding.level(strictness) == Level::Error);
    let mark = match (broken, found.is_empty()) {
        (true, _) => Mark::Bad,
        (false, false) => Mark::Warning,
        (false, true) => Mark::Good,
    };
    let said = match examined.files.len() {
        0 => "there is nothing to check here".to_owned(),
        n_files => summary(found, n_files, strictness),
    };
    context.printer.say(&context.printer.look().line(mark, &said));
    let status = if broken { Status::Invalid } else { Status::Passed };
    Ok(status.into())
}

fn examined(args: &Args, context: &Context) -> Result<Examined> {
    let roots = roots(&SkillsArgs::default(), context)?;
    let folders = context.folders().ok();
    let user_config = folders.map(|folders| folders.config.join(crate::store::config::USER_FILE));
    let ground = Ground {
        root: &context.project().root,
        cwd: &context.cwd,
        user_config: user_config.as_deref(),
        roots: &roots,
        path: context.env.get_os("PATH").unwrap_or_default(),
    };
    if args.paths.is_empty() {
        return Ok(examine::repository(&ground));
    }
    examine::paths(&ground, &args.paths)
}

fn give(examined: &Examined, strictness: Strictness, context: &Context) -> Result<()> {
    let found = &examined.findings;
    let annotations = || -> Vec<Annotation> {
        found.iter().map(|finding| Annotation::of(finding, strictness)).collect()
    };
    match context.asked {
        // All but the first two are for other commands, and refused on the way here.
        Asked::Text | Asked::Json | Asked::Jsonl | Asked::Junit | Asked::Csv | Asked::Markdown => {
            context.give(
                || document(examined, strictness),
                |look| findings(found, strictness, look.style),
            )
        }
        Asked::Sarif => {
            let rules: Vec<RuleRow> = ALL.iter().map(|rule| RuleRow::from(*rule)).collect();
            context.printer.result(&report::json(&sarif(&rules, &annotations())))
        }
        Asked::Github => context.printer.result(&github(&annotations())),
        Asked::Gitlab => context.printer.result(&report::json(&gitlab(&annotations()))),
    }
}

fn document(examined: &Examined, strictness: Strictness) -> Document<'_> {
    let found = &examined.findings;
    let count = |level: Level| found.iter().filter(|it| it.level(strictness) == level).count();
    Document {
        strict: strictness == Strictness::Strict,
        errors: count(Level::Error),
        warnings: count(Level::Warning),
        notes: count(Level::Note),
        files: &examined.files,
        findings: found.iter().map(|finding| Row::of(finding, strictness)).collect(),
    }
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding, strictness: Strictness) -> Self {
        let spot = &finding.spot;
        Self {
            rule: finding.rule.id,
            level: finding.level(strictness),
            message: &spot.message,
            fix: spot.help.as_deref(),
            path: spot.path.display().to_string(),
            region: match Annotation::of(finding, strictness).at {
                At::Region(region) => Some(region),
                At::Line(_) | At::Anywhere => None,
            },
        }
    }
}
