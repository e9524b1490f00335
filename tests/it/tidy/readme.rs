//! The README says what the code says.

use std::fs;

use atlas::model::TABLE;

use super::{expect_none, prove};

#[test]
fn the_readme_says_what_the_code_says() {
    let text = fs::read_to_string("README.md").expect("there is a README.md");
    let script = fs::read_to_string(".ci/run").expect("there is a .ci/run");
    let mut found = table_faults(&text);
    found.extend(command_faults((&text, &script)));
    expect_none(&found);
}

/// The exit codes stand there as the table of statuses has them, row by row and nothing else.
fn table_faults(text: &str) -> Vec<String> {
    let row =
        |row: &atlas::model::Row| format!("| {} | {} | {} |", row.code, row.name, row.meaning);
    let expected: Vec<String> = TABLE.iter().map(row).collect();
    let lines = text.lines().skip_while(|line| !line.starts_with("| code |")).skip(2);
    let found: Vec<&str> = lines.take_while(|line| line.starts_with('|')).collect();
    let fault = format!("README.md: the exit codes should read\n{}", expected.join("\n"));
    (found != expected).then_some(fault).into_iter().collect()
}

/// There are two commands to begin with, and the second one is what `.ci/run` begins with.
fn command_faults((text, script): (&str, &str)) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != "```sh").skip(1);
    let commands: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    let [_, second] = commands[..] else {
        return vec!["README.md: its first `sh` block should hold two commands".to_owned()];
    };
    let first = script.lines().find_map(|line| line.strip_prefix("run "));
    let fault =
        format!("`{second}` of README.md is not what .ci/run runs first; let them be equal");
    (first != Some(second)).then_some(fault).into_iter().collect()
}

#[test]
fn the_rules_can_fail() {
    prove(
        table_faults,
        &[
            ("", &["should read"]),
            (
                "| code | status | meaning |\n|---|---|---|\n| 0 | passed | fine |\n",
                &["| 4 | rejected |"],
            ),
        ],
    );
    let readme = "# x\n```sh\natlas list\ncargo test\n```\n```sh\nmore\n```\n";
    prove(
        command_faults,
        &[
            ((readme, "run() {\n}\nrun cargo test\nrun cargo fmt\n"), &[]),
            ((readme, "run cargo fmt\nrun cargo test\n"), &["let them be equal"]),
            ((readme, ""), &["let them be equal"]),
            (("```sh\ncargo test\n```", "run cargo test"), &["two commands"]),
            (("cargo test", "run cargo test"), &["two commands"]),
        ],
    );
}
