//! What is read from a file of tasks, and what is said of one that is faulty.

use std::path::Path;

use proptest::prelude::*;
use snapbox::{IntoData as _, assert_data_eq, file, str};

use super::{
    words::{Typed, prompt},
    *,
};
use crate::model::Fault;

fn tasks(text: &str) -> Result<Tasks, Fault> {
    read(Path::new("tasks.jsonl"), text)
}

/// All that is said of a faulty file: the line, what is wrong, and what is underlined.
fn said(text: &str) -> String {
    let fault = tasks(text).unwrap_err();
    let spot = |spot: &Spot| {
        let line = spot.source[..spot.span.start].matches('\n').count() + 1;
        let help = spot.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("\n{line}: {} [{}]{help}", spot.message, &spot.source[spot.span.clone()])
    };
    let spots: String = fault.spots.iter().map(spot).collect();
    let hint = |hint: &String| format!("\nhint: {hint}");
    let hints: String = fault.hints.iter().map(hint).collect();
    format!("{fault}{spots}{hints}\n")
}

#[test]
fn every_key_is_read() {
    let text = r#"
{"id": "a.b-1", "task": "Say hello", "context": {"to": ["Ada"]}, "files": ["a.md", "b.md"], "cwd": "sub", "tools": ["Read"], "model": "haiku", "schema": {"type": "object"}, "usd": 0.25}

  {"task":"\"quoted\" \ud83d\ude00 {not: [json"}
"#;
    let Tasks { list, path, text } = tasks(text).unwrap();
    assert_eq!(path.as_deref(), Some(Path::new("tasks.jsonl")));
    let [first, second] = &list[..] else { panic!("two: {list:?}") };
    assert_eq!(
        serde_json::to_value(first).unwrap(),
        serde_json::json!({
            "id": "a.b-1", "task": "Say hello", "context": {"to": ["Ada"]},
            "files": ["a.md", "b.md"], "cwd": "sub", "tools": ["Read"], "model": "haiku",
            "schema": {"type": "object"}, "usd": 0.25,
        })
    );
    assert_eq!(&text[first.files[1].span.clone()], "\"b.md\"");
    assert_eq!(&text[first.cwd.as_ref().unwrap().span.clone()], "\"sub\"");
    assert_eq!((second.id.as_str(), second.task.as_str()), ("2", "\"quoted\" 😀 {not: [json"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = r#"{"id": "a", "task": "Fine"}
{"id": "a", "taks": "Say hello"}
{"task": "", "usd": -1, "tools": ["Read", "Bash(git *)"]}
["task"]
{"task": "x", "schema": {"type": "no such"}, "task": "y"}
{"task": "x",
{"id": "über", "task": "x", "files": ["a", 3]}
"#;
    assert_data_eq!(said(text), str![[r#"
the tasks of tasks.jsonl are faulty
2: `task` is missing: what shall be done [{"id": "a", "taks": "Say hello"}]
2: `a` is the id of task 1 too [{"id": "a", "taks": "Say hello"}]
2: unknown key `taks` ["taks"] | did you mean `task`?
3: this says nothing [""]
3: an amount of dollars is wanted here: `-1` is no amount of dollars, write 0.50 [-1]
3: a tool's name, such as Read; what it may do is said by `--allow` ["Bash(git *)"]
4: a task is an object, such as {"task": "…"} [["task"]]
5: this is no JSON Schema: "no such" is not valid under any of the schemas listed in the 'anyOf' keyword [{"type": "no such"}]
5: `task` stands here twice ["task"]
6: EOF while parsing a value [,]
7: an id has letters, digits, `.`, `_` and `-`, and at most 64 of them ["über"]
7: a text is wanted here [3]

"#]].raw());
}

#[test]
fn a_file_without_a_task_is_none() {
    assert_data_eq!(
        said("\n  \n"),
        str![[r#"
tasks.jsonl holds no task
hint: write one JSON object a line, such as {"task": "…"}

"#]]
        .raw()
    );
}

#[test]
fn a_file_full_of_faults_shows_some_and_counts_the_rest() {
    let fault = tasks(&"{}\n".repeat(1000)).unwrap_err();
    assert_eq!(fault.spots.len(), crate::model::yaml::MAX_FAULTS);
    assert_eq!(fault.causes, ["980 more faults are not shown"]);
}

#[test]
fn words_of_the_command_line_are_tasks() {
    let words = ["Say hello".to_owned(), "@notes.md".to_owned()];
    let tasks = from_words(&words).unwrap();
    let ids: Vec<&str> = tasks.list.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(
        from_words(&["a".to_owned(), " ".to_owned()]).unwrap_err().to_string(),
        "task 2 says nothing"
    );
}

#[test]
fn the_published_schema_is_current_and_says_what_the_reader_does() {
    let published = file!["../../../docs/reference/task.schema.json"].raw();
    assert_data_eq!(format!("{:#}\n", schema()), published);
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let rows = [
        (r#"{"task": "x"}"#, true),
        (r#"{"task": "x", "id": "a/b"}"#, false),
        (r#"{"task": "x", "files": ["a"], "cwd": ".", "tools": [], "usd": 1}"#, true),
        (r#"{"task": "x", "tools": ["Bash(x)"]}"#, false),
        (r#"{"task": "x", "schema": []}"#, false),
        (r#"{"task": "x", "model": null}"#, false),
        (r#"{"task": ""}"#, false),
        (r#"{"tasks": "x"}"#, false),
        (r#"{"id": "x"}"#, false),
        (r#""x""#, false),
    ];
    for (line, valid) in rows {
        let value = serde_json::from_str(line).unwrap();
        assert_eq!((tasks(line).is_ok(), validator.is_valid(&value)), (valid, valid), "{line}");
    }
}

#[test]
fn the_published_schema_of_a_result_is_current() {
    let published = file!["../../../docs/reference/task-result.schema.json"].raw();
    assert_data_eq!(format!("{:#}\n", TaskResult::schema()), published);
}

#[test]
fn what_tasks_share_stands_before_what_they_are_told() {
    let line = r#"{"task": "Ask @ada", "context": {"mail": "a@b"}}"#;
    let task = &tasks(line).unwrap().list[0];
    let files = [("n.md".to_owned(), "```\nno end".to_owned())];
    assert_data_eq!(
        prompt(task, &files, Typed::InAFile),
        str![[r#"
The context:

```
{
  "mail": "a\@b"
}
```

The file `n.md`:

````
```
no end
````

In the blocks above, `\@` stands for a plain at sign.

Ask \@ada

"#]]
        .raw()
    );
    let typed = Task { task: "Read @a.md".into(), ..Task::default() };
    assert_eq!(prompt(&typed, &[], Typed::ByThePerson), "Read @a.md\n");
    assert_eq!(prompt(&typed, &[], Typed::InAFile), "Read \\@a.md\n");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,200}") {
        drop(tasks(&text));
        drop(super::members::members(&text));
    }

    /// Whatever stands in a task, it is read back as it was written, and each place is its own.
    #[test]
    fn a_task_reads_back_as_itself(task in "[^\\s].{0,40}", file in "[^\\s].{0,20}", more: bool) {
        let written = Task {
            id: "a".into(),
            task,
            context: more.then(|| serde_json::json!({ "a\"b": [{}, "]", null, 1.5] })),
            files: vec![Spanned::unplaced(file.clone()); 2],
            ..Task::default()
        };
        let line = serde_json::to_string(&written).unwrap();
        let read = tasks(&line).unwrap();
        prop_assert_eq!(&read.list[0], &written);
        for placed in &read.list[0].files {
            let text: String = serde_json::from_str(&line[placed.span.clone()]).unwrap();
            prop_assert_eq!(&text, &file);
        }
    }
}
