//! Help, completions and manual pages.

use snapbox::str;

use crate::support::{files, world::World};

#[test]
fn the_short_help_fits_a_screen() {
    let world = World::new();
    let output = world.atlas(["-h"]).run().expect_code(0);
    assert_eq!(output.stderr, "");
    world.check(
        &output.stdout,
        str![[r#"
Run Claude Agent Skills the way a build tool runs a build: checked and recorded

Usage: atlas [OPTIONS] <COMMAND>

Commands:
  run          Run a skill, check what came of it, and keep a record
  verify       Judge work that was done elsewhere by a skill's contract
  resume       Go on with a run where it stopped: finished steps are not paid again
  spawn        Give tasks to sub-agents, each with a fresh context of its own
  list         List the skills that can be run here
  show         Show what a skill says: its header and outline, one section, or one of its files
  check        Check skills, contracts and configurations without running anything
  new          Make a skill, or a contract for one, to begin with
  session      List, show, compare and remove sessions: what was run here, and what came of it
  scratch      Leave notes in a session for later steps, and read what others left
  stats        Count the runs of this repository: how many passed, what they took, cost and loaded
  report       Make a page about a session: what was asked, how it ended and why, what it cost and
               changed
  test         Play recorded runs of skills and compare what comes of them
  hooks        List hooks, and ask them outside of a run
  gate         Hold a session of Claude Code to a contract
  trust        Trust what this repository wants to execute, after a look at it
  config       Show every setting with its value and where that was said
  doctor       Check that everything a run needs is there, and say what to do where it is not
  completions  Print a completion script for a shell, or put it where the shell looks for it
  man          Print the manual page, or write one page for each command into a folder
  help         Show help of a command, or on `exit-codes` or `environment`

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Everywhere:
      --format <FORMAT>  Give the result as text, or as one JSON document on stdout whatever
                         happens; a run also as its events or as a report for a CI, which `atlas
                         check` and `atlas test` have in part, `atlas stats` as `csv`, and `atlas
                         report` as `markdown` [default: text] [possible values: text, json, jsonl,
                         junit, sarif, github, gitlab, csv, markdown]
  -q, --quiet            Say less on stderr: only what went wrong
  -v, --verbose...       Say more on stderr
      --color <WHEN>     Use colors; `auto` does on a terminal, unless `NO_COLOR` is set or `TERM`
                         is `dumb` [default: auto] [possible values: auto, always, never]
      --plain            Write plain lines without tables, symbols or movement, as screen readers
                         like them
  -C <DIR>               Do everything as if started in DIR

Begin with `atlas doctor`, then `atlas list` and `atlas run <SKILL>`.
`atlas help exit-codes` and `atlas help environment` say the rest.

"#]],
    );
}

#[test]
fn help_is_the_same_by_flag_and_by_command() {
    let world = World::new();
    for path in [&["run"][..], &["session", "show"], &["config", "explain"]] {
        let flag = world.atlas([path, &["--help"]].concat()).run().expect_code(0);
        let command = world.atlas([&["help"], path].concat()).run().expect_code(0);
        assert_eq!(flag.stdout, command.stdout);
        assert!(flag.stdout.contains(&format!("Usage: atlas {}", path.join(" "))), "{flag}");
    }
}

#[test]
fn the_version_is_one_line() {
    let output = World::new().atlas(["--version"]).run().expect_code(0);
    assert_eq!(output.stdout, concat!("atlas ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn topics_beside_the_commands() {
    let world = World::new();
    let codes = world.atlas(["help", "exit-codes"]).run().expect_code(0).stdout;
    assert!(codes.contains("  6  limit         no     a limit on money"), "{codes}");
    let environment = world.atlas(["help", "environment"]).run().expect_code(0).stdout;
    for name in ["ATLAS_MAX_USD", "ATLAS_CLAUDE", "NODE_OPTIONS", "CLAUDE_CODE_OAUTH_TOKEN"] {
        assert!(environment.contains(name), "{name} in {environment}");
    }
}

#[test]
fn help_survives_twenty_columns() {
    let world = World::new();
    for args in [&["--help"][..], &["run", "--help"], &["help", "environment"]] {
        world.atlas(args).env("COLUMNS", "20").run().expect_code(0);
    }
}

#[test]
fn completions_are_scripts_of_their_shell() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world.atlas(["completions", shell]).run().expect_code(0).stdout;
        assert!(script.contains("doctor") && !script.contains("__warden"), "{shell}");
        if shell == "bash" {
            world.program("bash".as_ref(), ["-n"]).stdin(script).run().expect_code(0);
        }
    }
}

/// What a shell completes is asked of the shell itself.
#[test]
fn bash_completes_by_the_installed_script() {
    let world = World::new();
    let said = world.atlas(["completions", "bash", "--install"]).run().expect_code(0);
    let script = world.home().join(".local/share/bash-completion/completions/atlas");
    assert!(said.stderr.contains(script.to_str().unwrap()), "{said}");
    assert_eq!(said.stdout, "");
    let complete = "source \"$1\"; COMP_WORDS=(atlas sess); COMP_CWORD=1\n\
                    _atlas atlas sess atlas; echo \"${COMPREPLY[@]}\"";
    let ended = world.program("bash".as_ref(), ["-c", complete, "bash"]).args([script]).run();
    assert_eq!(ended.expect_code(0).stdout, "session\n");
}

#[test]
fn completions_go_where_they_are_asked_to() {
    let world = World::new();
    for (shell, file) in [("zsh", "_atlas"), ("fish", "atlas.fish"), ("elvish", "atlas.elv")] {
        let printed = world.atlas(["completions", shell]).run().expect_code(0).stdout;
        world.atlas(["completions", shell, "--install=a/b"]).run().expect_code(0);
        assert_eq!(world.read(&format!("a/b/{file}")), printed, "{shell}");
    }
    let zsh = world.atlas(["completions", "zsh", "--install"]).run().expect_code(0);
    assert!(zsh.stderr.contains("fpath=("), "{zsh}");
    assert!(world.home().join(".zfunc/_atlas").is_file());
    world.atlas(["completions", "elvish", "--install"]).run().expect_code(2);
    world.write("file", "");
    world.atlas(["completions", "zsh", "--install=file"]).run().expect_code(1);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let world = World::new();
    let one = world.atlas(["man"]).run().expect_code(0).stdout;
    assert!(one.starts_with(".ie") && one.contains(".TH atlas 1"), "{one}");
    let output = world.atlas(["man", "pages"]).run().expect_code(0);
    assert!(output.stderr.contains("pages written to"), "{output}");
    for name in ["atlas", "atlas-run", "atlas-session-show", "atlas-config-explain"] {
        let page = files::read(&world.dir().join(format!("pages/{name}.1")));
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
    }
}
