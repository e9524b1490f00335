//! The pages of the reference that are written from the command line's own tables.
//!
//! `SNAPSHOTS=overwrite cargo test` writes them anew.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use atlas::{
    cli,
    model::{
        bundled_hook::BundledHook,
        config::{self, VARIABLES},
        contract, lint,
    },
};
use clap::{Arg, ArgAction, Command};
use regex::Regex;
use snapbox::{assert_data_eq, file};

#[test]
fn the_page_of_the_commands_is_current() {
    let mut page =
        "# Commands\n\nEvery command also takes the options of `atlas` itself.\n".to_owned();
    write_command(&cli::command(), &mut page);
    assert_data_eq!(page, file!["../../../docs/reference/cli.md"].raw());
}

#[test]
fn the_page_of_the_environment_is_current() {
    assert_data_eq!(environment(), file!["../../../docs/reference/environment.md"].raw());
}

#[test]
fn the_page_of_the_rules_is_current() {
    assert_data_eq!(lint::page(), file!["../../../docs/reference/check.md"].raw());
}

#[test]
fn the_page_of_the_hooks_is_current() {
    assert_data_eq!(hooks(), file!["../../../docs/reference/hooks.md"].raw());
}

/// For editors: what may be written in the files that a person writes.
#[test]
fn the_schemas_of_the_files_are_current() {
    let text = |schema: &serde_json::Value| format!("{schema:#}\n");
    let contract = file!["../../../docs/reference/contract.schema.json"].raw();
    assert_data_eq!(text(&contract::schema()), contract);
    let config = file!["../../../docs/reference/config.schema.json"].raw();
    assert_data_eq!(text(&config::schema()), config);
}

#[test]
fn every_variable_in_the_source_is_documented() {
    let name = Regex::new(r#""((?:ATLAS|ANTHROPIC|CLAUDE|CLAUDE_CODE)_[A-Z_]+)""#).unwrap();
    let mut named = BTreeSet::new();
    for text in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        // Unit tests make names up.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        named.extend(name.captures_iter(text).map(|found| found[1].to_owned()));
    }
    assert!(named.contains("ATLAS_CLAUDE"), "{named:?}");
    let page = environment();
    let missing: Vec<_> = named.iter().filter(|name| !page.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "add to cli::environment: {missing:?}");
}

/// To be mentioned somewhere is not enough: what atlas itself reads stands in one of its tables.
#[test]
fn every_variable_that_is_read_by_name_has_a_row() {
    let read = Regex::new(r#"env\s*\.get(?:_os)?\(\s*"([A-Z_]+)"\s*\)"#).unwrap();
    let rows: BTreeSet<&str> =
        cli::READ.iter().map(|it| it.name).chain(VARIABLES.iter().map(|it| it.name)).collect();
    let mut found = BTreeSet::new();
    for text in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        found.extend(read.captures_iter(text).map(|name| name[1].to_owned()));
    }
    assert!(found.contains("ATLAS_CLAUDE"), "{found:?}");
    let missing: Vec<_> = found.iter().filter(|name| !rows.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "add rows to cli::environment::READ: {missing:?}");
}

fn write_command(command: &Command, page: &mut String) {
    let name = command.get_display_name().unwrap_or(command.get_name()).replace('-', " ");
    let about = command.get_long_about().or(command.get_about()).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    writeln!(page, "\n## {name}\n\n```text\n{usage}\n```\n\n{}", prose(&about.to_string()))
        .unwrap();
    let own = |arg: &&Arg| arg.get_id() != "help" && (!arg.is_global_set() || name == "atlas");
    let rows: Vec<&Arg> = command.get_arguments().filter(own).collect();
    if !rows.is_empty() {
        page.push_str("\n| argument | meaning | default |\n|---|---|---|\n");
    }
    for arg in rows {
        writeln!(page, "| {} | {} | {} |", form(arg), cell(arg), default(arg)).unwrap();
    }
    command.get_subcommands().for_each(|below| write_command(below, page));
}

/// Examples are indented in the help, and code on a page.
fn prose(about: &str) -> String {
    let paragraphs = about.split("\n\n").map(|paragraph| {
        if paragraph.starts_with("  ") {
            let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
            format!("```text\n{}\n```", lines.join("\n"))
        } else {
            paragraph.trim_end().to_owned()
        }
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn form(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let value = value.filter(|_| takes).unwrap_or_default();
    let may_be_left_out = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
    let value =
        match (arg.is_positional(), value.is_empty(), may_be_left_out && !arg.is_positional()) {
            (true, ..) => value,
            (false, true, _) => String::new(),
            (false, false, true) => format!("[={value}]"),
            (false, false, false) => format!(" {value}"),
        };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    format!("`{}{value}`", names.join("`, `"))
}

fn cell(arg: &Arg) -> String {
    let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let words =
        if takes && !words.is_empty() { format!(": {}", words.join(", ")) } else { String::new() };
    format!("{meaning}{words}").replace('|', "\\|")
}

fn default(arg: &Arg) -> String {
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let values = arg.get_default_values().iter().filter(|_| takes);
    values.map(|value| format!("`{}`", value.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn environment() -> String {
    let mut page =
        "# Environment\n\n## Settings\n\nAbove the configuration files, below flags.\n\n\
                    | variable | flag | key | meaning |\n|---|---|---|---|\n"
            .to_owned();
    for it in VARIABLES {
        writeln!(page, "| `{}` | `{}` | `{}` | {} |", it.name, it.flag, it.key, it.meaning)
            .unwrap();
    }
    page.push_str("\n## Also read\n\n| variable | meaning |\n|---|---|\n");
    for it in cli::READ {
        writeln!(page, "| `{}` | {} |", it.name, it.meaning).unwrap();
    }
    page.push_str(
        "\n## What a child sees\n\nOf your environment only this, so that no key reaches a command \
         that does not need it. `env: [NAME]` in a contract or configuration passes on more, but \
         never the last row.\n\n| who | variables |\n|---|---|\n",
    );
    for (who, names) in cli::children() {
        let names: Vec<String> = names.split(' ').map(|name| format!("`{name}`")).collect();
        writeln!(page, "| {who} | {} |", names.join(" ")).unwrap();
    }
    page
}

/// The pages of the folder `hooks` as one, each a chapter.
fn hooks() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let link = Regex::new(r"\]\(([a-z-]+)\.md\)").unwrap();
    let overview = read("README.md").replace("](../docs/", "](../");
    let mut page = link.replace_all(&overview, "](#$1)").into_owned();
    for hook in BundledHook::ALL {
        let own = read(&format!("{hook}.md"));
        page.extend(["\n", &one_level_lower(&link.replace_all(&own, "](#$1)"))]);
    }
    page
}

/// Headings become those of a chapter; a `#` in an example is none.
fn one_level_lower(text: &str) -> String {
    let mut in_code = false;
    let mut lower = String::new();
    for line in text.lines() {
        in_code ^= line.trim_start().starts_with("```");
        let mark = if line.starts_with('#') && !in_code { "#" } else { "" };
        lower.extend([mark, line, "\n"]);
    }
    lower
}

/// The text of every source file but those of tests alone.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            texts.extend(sources(&path));
        } else {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
    texts
}
