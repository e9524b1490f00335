//! `--dry-run`: the whole plan, before anything is spent.

mod panel;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use super::{
    before, flow,
    look::{Look, Tone},
    table::table,
    words,
};
use crate::model::{
    GivenWork,
    check::{Require, Timing},
    contract::{Isolation, On},
    run::{
        Plan,
        plan::{CommandPlan, HookPlan, KnownKey, Limits, StepPlan},
    },
    skill::stages::SectionFile,
    text,
    value::Tokens,
};

/// A plan, and what only the engine can add to it.
#[derive(Clone, Copy, Debug)]
pub struct DryRun<'a> {
    /// What would happen.
    pub plan: &'a Plan,
    /// The program and arguments of each step's first call, in the order of the steps.
    pub commands: &'a [Vec<String>],
    /// The names of the variables that claude would see; never their values.
    pub environment: &'a [String],
    /// Things worth knowing, such as that the run would be isolated.
    pub notices: &'a [String],
    /// By what earlier results are found that may stand for steps; `None` where only the run knows.
    pub keys: &'a BTreeMap<String, Option<KnownKey>>,
}

impl DryRun<'_> {
    /// For people.
    pub fn text(&self, look: Look) -> String {
        let plan = self.plan;
        let mut page = before::headline(plan, None, look);
        page.push_str(&before::notices(self.notices, look));
        section(&mut page, "skill", &skill(plan, look), look);
        section(&mut page, "checks", &checks(plan, look), look);
        if let Some(asked) = &plan.panel {
            section(&mut page, "panel", &panel::panel(asked, look), look);
        }
        if let Some(work) = &plan.work {
            section(&mut page, "work", &self::work(work, look), look);
        }
        if flow::is_tree(plan) {
            section(&mut page, "steps", &flow::lines(plan, self.keys, look), look);
        }
        for (place, step) in plan.called().iter().enumerate() {
            let command = self.commands.get(place).map_or(&[][..], Vec::as_slice);
            let title = format!("step {}", words::first_line(&step.id, look));
            section(&mut page, &title, &self::step(step, command, look), look);
        }
        for command in &plan.commands {
            let title = format!("step {}", words::first_line(&command.id, look));
            section(&mut page, &title, &self::command(command), look);
        }
        section(&mut page, "environment", &environment(self.environment), look);
        section(&mut page, "limits", &limits(&plan.limits, look), look);
        let settings: Vec<[String; 3]> = plan
            .settings
            .iter()
            .map(|setting| [setting.key.clone(), setting.value.clone(), setting.source.clone()])
            .collect();
        // Every source counts here, so no column is cut.
        let uncut = Look { width: None, ..look };
        let settings = table(["key", "value", "source"], &settings, uncut);
        section(&mut page, "settings", &settings, look);
        page.push_str("\nnothing was started, and nothing was spent\n");
        page
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let steps = self.plan.called().iter().enumerate().map(|(place, step)| {
            json!({
                "id": step.id,
                "command": self.commands.get(place),
                "system_tokens": Tokens::estimate(step.system.len() as u64),
                "prompt_tokens": Tokens::estimate(step.prompt.len() as u64),
                "bytes_by_stage": {
                    "header": step.stages.header,
                    "outline": step.outline_bytes(),
                    "sections": step.stages.sections,
                    "sections_in_files": step.stages.in_files(),
                },
            })
        });
        json!({
            "schema_version": 1,
            "dry_run": true,
            "calls": steps.collect::<Vec<_>>(),
            "environment": self.environment,
            "notices": self.notices,
            "keys": self.keys,
            "plan": self.plan,
        })
    }
}

fn section(page: &mut String, title: &str, body: &str, look: Look) {
    let _ = writeln!(page, "\n{}", look.paint(title, Tone::Faint));
    for line in body.lines() {
        let _ = writeln!(page, "  {line}");
    }
}

fn skill(plan: &Plan, look: Look) -> String {
    let inert = |words: &str| text::sanitize_line(words).into_owned();
    let mut lines = vec![
        format!("{} from {}", inert(&plan.skill.name), inert(&plan.skill.source)),
        inert(&plan.skill.dir.to_string_lossy()),
        format!("steps run in {}", inert(&plan.cwd.to_string_lossy())),
        format!("hooks run in {}", inert(&plan.hook_dir().to_string_lossy())),
        match plan.isolation {
            Isolation::None => "the work happens in this tree".to_owned(),
            Isolation::Worktree => "the work happens in a worktree of its own".to_owned(),
        },
    ];
    for (name, value) in &plan.inputs {
        lines.push(format!("input {}: {}", inert(name), words::first_line(value, Look::PLAIN)));
    }
    lines.extend(given(plan, look));
    lines.join("\n")
}

/// What the agent is given of the repository, and what not.
fn given(plan: &Plan, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for fact in &plan.facts {
        let (name, about) = (fact.fact, words::first_line(&fact.about, look));
        let tokens = Tokens::estimate(fact.bytes as u64);
        lines.push(match &fact.empty {
            Some(empty) => format!("given {name}: {}", words::first_line(empty, look)),
            None if fact.bytes == 0 => format!("given {name}: {about}"),
            None => format!("given {name}: {about}, {} {tokens} tokens", look.about()),
        });
        for file in &fact.left_out {
            lines.push(format!("not given: {}", words::first_line(file, look)));
        }
    }
    lines
}

fn checks(plan: &Plan, look: Look) -> String {
    let mut lines = Vec::new();
    let requires = &plan.requires;
    let needed =
        [("file", &requires.files), ("command", &requires.commands), ("variable", &requires.env)];
    for (kind, names) in needed {
        for name in names {
            lines.push(format!("needs the {kind} {}", words::first_line(name, look)));
        }
    }
    lines.extend(
        requires.given.iter().map(|fact| format!("needs a fact that is not empty: {fact}")),
    );
    lines.extend(plan.hooks.iter().map(|hook| self::hook(hook, look)));
    for check in &plan.skipped {
        let reason = check.reason.as_deref().unwrap_or("it does not apply");
        let (name, reason) =
            (words::first_line(&check.name, look), words::first_line(reason, look));
        lines.push(format!("skipped {name}: {reason}"));
    }
    if plan.output.is_some() {
        lines.push("the run's output must satisfy its schema".to_owned());
    }
    let judges = plan.judges.iter().filter(|judge| judge.existed());
    let judges: Vec<_> = judges.map(ToString::to_string).collect();
    if lines.is_empty() {
        lines.push("nobody checks the work".to_owned());
    }
    let require = match plan.require {
        Require::None => "a pass needs nothing but an agent that finished",
        Require::Checks => "a pass needs a blocking check that was content",
        Require::Panel => "a pass needs a panel that confirmed",
    };
    lines.push(require.to_owned());
    if !judges.is_empty() {
        let judges = words::first_line(&judges.join(", "), look);
        lines.push(format!("the work must not change {judges}"));
    }
    let times = plan.retry.times as usize;
    let repair = words::first_line(&plan.repair, look);
    let nobody = plan.work.is_some() || plan.repair.is_empty();
    lines.push(if nobody {
        "refused work goes back to nobody".to_owned()
    } else {
        format!("refused work goes back to {repair}, {} over", words::count(times, "time"))
    });
    lines.join("\n")
}

fn hook(hook: &HookPlan, look: Look) -> String {
    let timing = match hook.timing {
        Timing::Pre => "pre",
        Timing::Mid => "mid",
        Timing::Post => "post",
    };
    let advisory = if hook.blocking { "" } else { ", advisory" };
    let steps = match &hook.steps {
        None if hook.on == On::Edit => ", after each edit".to_owned(),
        Some(steps) if hook.on == On::Edit => {
            format!(", after each edit of {}", words::first_line(&steps.join(" and "), look))
        }
        Some(steps) => format!(", after {}", words::first_line(&steps.join(" and "), look)),
        None => String::new(),
    };
    let needs = if hook.needs.is_empty() {
        String::new()
    } else {
        format!(", needs {}", words::first_line(&hook.needs.join(" and "), look))
    };
    format!(
        "{timing} hook {} ({}{advisory}{steps}{needs}, at most {}): {}",
        words::first_line(&hook.name, look),
        words::first_line(&hook.source, look),
        hook.timeout,
        shell_line(&hook.command),
    )
}

fn step(step: &StepPlan, command: &[String], look: Look) -> String {
    let tokens = |text: &str| Tokens::estimate(text.len() as u64);
    let mut lines = vec![
        format!("system prompt {} {} tokens", look.about(), tokens(&step.system)),
        format!("prompt {} {} tokens, by stdin", look.about(), tokens(&step.prompt)),
    ];
    lines.extend(staged(step, look));
    lines.push(format!("reserves {}", step.reserve));
    if step.output.is_some() {
        lines.push("its output must satisfy its schema".to_owned());
    }
    if !command.is_empty() {
        lines.push(shell_line(command));
    }
    lines.join("\n")
}

/// What stands in it as a template gets its values only once the run knows them.
fn command(command: &CommandPlan) -> String {
    let mut lines = vec![format!("runs {}", shell_line(&command.argv))];
    lines.extend(command.timeout.map(|timeout| format!("takes at most {timeout}")));
    if command.output.is_some() {
        lines.push("its output must satisfy its schema".to_owned());
    }
    lines.join("\n")
}

/// What of a staged skill is in the prompt, and what has to be read.
fn staged(step: &StepPlan, look: Look) -> Vec<String> {
    let files = &step.stages.files;
    if files.is_empty() {
        return Vec::new();
    }
    let about = |bytes: u64| format!("{} {}", look.about(), Tokens::estimate(bytes));
    let mut lines = vec![format!(
        "of the skill at once: header {}, outline {} tokens; in {}, when read: {} tokens",
        about(step.stages.header),
        about(step.outline_bytes()),
        words::count(files.len(), "file"),
        about(step.stages.in_files())
    )];
    let row = |file: &SectionFile| {
        format!("  {} {}", about(file.bytes()), words::first_line(&file.title, look))
    };
    lines.extend(files.iter().map(row));
    lines
}

/// What is judged.
fn work(work: &GivenWork, look: Look) -> String {
    let file = work.file.as_ref().map(|file| file.to_string_lossy());
    let from = words::first_line(file.as_deref().unwrap_or("stdin"), look);
    let tokens = Tokens::estimate(work.text.len() as u64);
    let mut lines = vec![format!("{from}, {} {tokens} tokens, done elsewhere", look.about())];
    lines.extend(
        work.base.as_ref().map(|base| {
            format!("and what the tree changed since {}", words::first_line(base, look))
        }),
    );
    lines.join("\n")
}

fn environment(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| text::sanitize_line(name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(" ") }
}

fn limits(limits: &Limits, look: Look) -> String {
    let mut rows = Vec::new();
    let mut row = |key: &str, value: String| rows.push([key.to_owned(), value]);
    row("usd", limits.usd.map_or_else(|| "none".to_owned(), |usd| usd.to_string()));
    row("usd-per-day", limits.usd_per_day.map_or_else(|| "none".to_owned(), |usd| usd.to_string()));
    row("tokens", limits.tokens.map_or_else(|| "none".to_owned(), |tokens| tokens.to_string()));
    row("turns", limits.turns.to_string());
    row("time", limits.time.to_string());
    row("idle", limits.idle.to_string());
    row("start", limits.start.to_string());
    row("after-result", limits.after_result.to_string());
    row("grace", limits.grace.to_string());
    row("context", limits.context.to_string());
    row("quota", limits.quota.to_string());
    table(["limit", "value"], &rows, look)
}

/// A command as a shell would take it: for people to copy. Characters that a terminal would obey
/// are written as escapes, so the line stays true and harmless at once.
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(text::is_hidden) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' => quoted.push_str(r"\'"),
            '\\' => quoted.push_str(r"\\"),
            '\n' => quoted.push_str(r"\n"),
            '\t' => quoted.push_str(r"\t"),
            hidden if text::is_hidden(hidden) => {
                let _ = write!(quoted, r"\U{:08x}", u32::from(hidden));
            }
            shown => quoted.push(shown),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests;
