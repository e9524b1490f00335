//! Pages that can be sent to somebody: one HTML file that needs nothing else, or Markdown.
//!
//! Nearly every word on a page comes from a model, a repository or a hook. Three things keep it
//! words. Every text is made inert before a template sees it, wherever in the story it stands:
//! secrets are taken out, and characters that hide or turn text are made visible. Templates escape
//! whatever they print. And a content security policy lets a browser run and draw nothing but the
//! one script and the one style of this page, whose hashes it names, and fetch nothing at all.

mod markdown;
mod patch;
mod story;
mod timeline;

#[cfg(test)]
mod tests;

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, Value, context, escape_formatter, value::Serde,
};
use serde::Serialize;

pub use patch::PatchStory;
pub use story::{Asked, Conversation, Excerpt, ExcerptLine, Material, RunStory, Story};

use super::words;
use crate::model::{
    digest, secret,
    stats::{Group, Stats},
    text,
    value::{Bytes, Tokens, Usd},
};

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const TEMPLATES: [(&str, &str); 5] = [
    ("layout.html", include_str!("page/layout.html")),
    ("parts.html", include_str!("page/parts.html")),
    ("run.html", include_str!("page/run.html")),
    ("stats.html", include_str!("page/stats.html")),
    (MARKDOWN, include_str!("page/run.md")),
];

/// The one template that is no HTML.
const MARKDOWN: &str = "run.md";

/// The page about one session.
pub fn run(story: &Story) -> String {
    render("run.html", story)
}

/// The same as Markdown, for a pull request or a mail.
pub fn run_markdown(story: &Story) -> String {
    render(MARKDOWN, story)
}

/// The page about many runs.
pub fn stats(stats: &Stats) -> String {
    #[derive(Serialize)]
    struct Page<'a> {
        stats: &'a Stats,
        weeks: Vec<Week<'a>>,
    }
    let weeks = weeks(&stats.weeks);
    render("stats.html", &Page { stats, weeks })
}

/// One week of a chart, in percents of the busiest and the dearest.
#[derive(Serialize)]
struct Week<'a> {
    name: &'a str,
    runs: u64,
    passed: u64,
    usd: Usd,
    success: Option<f64>,
    passed_height: f64,
    others_height: f64,
    usd_height: f64,
}

/// More weeks than this make no chart that can be read.
const WEEKS: usize = 26;

fn weeks(weeks: &[Group]) -> Vec<Week<'_>> {
    let shown = &weeks[weeks.len().saturating_sub(WEEKS)..];
    let most = float(shown.iter().map(|week| week.runs).max().unwrap_or_default());
    let dearest = shown.iter().map(|week| week.usd).max().unwrap_or_default().dollars();
    shown
        .iter()
        .map(|Group { name, runs, passed, usd, success, .. }| Week {
            name,
            runs: *runs,
            passed: *passed,
            usd: *usd,
            success: *success,
            passed_height: timeline::share(float(*passed), most),
            others_height: timeline::share(float(runs - passed), most),
            usd_height: timeline::share(usd.dollars(), dearest),
        })
        .collect()
}

fn render(template: &str, page: &impl Serialize) -> String {
    let mut page = serde_json::to_value(page).expect("keys are strings and numbers are finite");
    make_inert(&mut page);
    let environment = environment();
    let template = environment.get_template(template).expect("the templates are a part of atlas");
    let page = context! {
        page => Value::from(Serde(page)),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        policy => policy(),
        version => env!("CARGO_PKG_VERSION"),
    };
    template.render(page).expect("a test renders every template with strict names")
}

/// Nothing but the one style and the one script, by their hashes; nothing is fetched or sent.
fn policy() -> String {
    let hash = |text: &str| digest::sha256_base64(text.as_bytes());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'; trusted-types 'none'; require-trusted-types-for 'script'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Takes secrets out of every text, and makes visible what would hide or turn a part of it.
fn make_inert(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(words) => {
            *words = text::sanitize(&secret::redact(words)).into_owned();
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(make_inert),
        serde_json::Value::Object(fields) => {
            // Names of hooks, inputs and files are keys here and there.
            let inert = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                make_inert(&mut value);
                (text::sanitize(&secret::redact(&key)).into_owned(), value)
            });
            *fields = inert.collect();
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name {
        MARKDOWN => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::Html,
    });
    environment.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Custom(_) => markdown::write(out, value),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("duration", words::duration);
    environment.add_filter("usd", |dollars: f64| {
        Usd::from_dollars(dollars).map_or_else(String::new, |usd| usd.to_string())
    });
    environment.add_filter("tokens", |tokens: u64| Tokens(tokens).to_string());
    environment.add_filter("bytes", |bytes: u64| Bytes(bytes).to_string());
    environment.add_filter("percent", super::stats::percent);
    environment.add_filter("counted", |number: u64, thing: &str| {
        words::count(usize::try_from(number).unwrap_or(usize::MAX), thing)
    });
    environment.add_filter("fenced", markdown::fenced);
    environment.add_filter("truncated", |words: &str, most: usize| truncated(words, most));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("a test renders every template");
    }
    environment
}

fn truncated(words: &str, most: usize) -> String {
    match words.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts as far as 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
