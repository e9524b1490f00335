use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn recorded() -> Parts {
    Parts {
        contract: "c".into(),
        inputs: BTreeMap::from([("base".into(), "1".into()), ("who".into(), "2".into())]),
        tree: "t".into(),
        skill: "s".into(),
        wording: "w".into(),
        reasons: "r".into(),
    }
}

fn check(change: impl FnOnce(&mut Parts), expected: &str) {
    let mut now = recorded();
    change(&mut now);
    let fit = match recorded().fit(&now) {
        Fit::Match => "match".to_owned(),
        Fit::Stale(words) => format!("stale: {}", words.join(", ")),
        Fit::Missing(parts) => format!("missing: {}", parts.join(", ")),
    };
    assert_eq!(fit, expected);
}

#[test]
fn words_make_a_recording_stale_and_anything_else_makes_it_another_one() {
    check(|_| {}, "match");
    check(|now| now.skill = "x".into(), "stale: the skill's text");
    check(|now| now.wording = "x".into(), "stale: atlas's own words");
    check(|now| now.reasons = "x".into(), "stale: what hooks said");
    check(|now| now.tree = "x".into(), "missing: the tree before the call");
    check(|now| now.contract = "x".into(), "missing: the contract's part of the prompt");
    check(|now| drop(now.inputs.insert("base".into(), "x".into())), "missing: the input `base`");
    check(|now| drop(now.inputs.remove("who")), "missing: the input `who`, which is not given");
    check(
        |now| drop(now.inputs.insert("new".into(), "x".into())),
        "missing: the input `new`, which was not given",
    );
    let both = |now: &mut Parts| {
        now.skill = "x".into();
        now.tree = "x".into();
    };
    check(both, "missing: the tree before the call");
}

fn places() -> Places {
    Places::new([
        (Place::Home, "/home/ada".to_owned()),
        (Place::Repository, "/home/ada/work".to_owned()),
        (Place::Session, "/home/ada/work/.claude/sessions/1".to_owned()),
        (Place::Skill, String::new()),
    ])
}

#[test]
fn places_are_hidden_inside_out_and_filled_with_those_of_here() {
    let text = "/home/ada/work/.claude/sessions/1/x, /home/ada/work/a and /home/ada/.config";
    let hidden = places().hide(text);
    assert_eq!(hidden, "{{atlas:session}}/x, {{atlas:repository}}/a and {{atlas:home}}/.config");
    assert_eq!(places().fill(&hidden), text);
    let there = Places::new([(Place::Repository, "/tmp/\"odd\"".to_owned())]).in_json();
    let line = there.fill(r#"{"cwd":"{{atlas:repository}}","user":"{{atlas:user}}"}"#);
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line, json!({"cwd": "/tmp/\"odd\"", "user": "user"}));
}

#[test]
fn the_first_line_of_a_stream_tells_nothing_of_the_machine() {
    let stream = concat!(
        r#"{"type":"system","subtype":"init","cwd":"/home/ada/work","skills":["private"],"tools":[]}"#,
        "\n",
        r#"{"type":"assistant","message":"init \"init\" at /home/ada"}"#,
        "\n",
    );
    assert_eq!(
        places().hide_stream(stream),
        concat!(
            r#"{"type":"system","subtype":"init","cwd":"{{atlas:repository}}","tools":[]}"#,
            "\n",
            r#"{"type":"assistant","message":"init \"init\" at {{atlas:home}}"}"#,
            "\n",
        )
    );
}

#[test]
fn names_are_hidden_as_words_unless_they_are_content() {
    let names = || [(Place::User, "adalove".to_owned()), (Place::Host, "engine9".to_owned())];
    let words = Words::new(names(), |word| word == "engine9");
    assert_eq!(
        words.hide("adalove on engine9, adalovelace, (adalove)"),
        "{{atlas:user}} on engine9, adalovelace, ({{atlas:user}})"
    );
    let common = Words::new([(Place::User, "root".to_owned())], |_| false);
    assert_eq!(common.hide("the root cause"), "the root cause");
}

#[test]
fn what_two_runs_do_not_share_is_taken_out() {
    let mut value = json!({
        "session": "20261120-101112-abcd",
        "checks": [{"name": "x", "ms": 12, "reason": "ok in 0.03s, 2 of 3 at /home/ada/work/a"}],
        "changes": {"base": "1f", "tree": "2f", "files": []},
        "duration_ms": 4,
    });
    normalize(&mut value, &places());
    assert_eq!(
        value,
        json!({
            "session": null,
            "checks": [{
                "name": "x", "ms": null,
                "reason": "ok in [time], 2 of 3 at {{atlas:repository}}/a"
            }],
            "changes": {"base": null, "tree": null, "files": []},
            "duration_ms": null,
        })
    );
    let rows = [
        ("took 12 ms.", "took [time]."),
        ("3 seconds", "[time]"),
        ("12 sheep", "12 sheep"),
        ("a1s", "a1s"),
        ("1.2.3", "1.2.3"),
        ("line 3", "line 3"),
    ];
    for (text, expected) in rows {
        let mut value = json!(text);
        normalize(&mut value, &Places::default());
        assert_eq!(value, json!(expected));
    }
}

const CASE_TEXT: &str = "\
version: 1
skill: tidy
made: by hand
claude: 2.1.328
git: { branch: main, log: [first] }
calls: []
";

fn read(text: &str) -> String {
    use crate::model::yaml;
    match yaml::read(&FORMAT, std::path::Path::new(CASE), text) {
        Ok(document) => document.value.skill,
        Err(fault) => fault.spots.iter().map(|spot| spot.message.clone()).collect(),
    }
}

#[test]
fn a_case_is_read_strictly() {
    assert_eq!(read(CASE_TEXT), "tidy");
    let rows = [
        ("version: 1", "version: 2", "version 2: this atlas reads version 1"),
        ("git:", "folder: ../..\ngit:", "folder: it leads out of the repository"),
        ("git:", "folder: /etc\ngit:", "folder: it leads out of the repository"),
        (
            "log: [first]",
            "log: [first], base: main",
            "git.base: write a full name such as refs/heads/main",
        ),
        ("log: [first]", "log: [first], ahead: 1", "git.ahead: there are fewer commits in git.log"),
    ];
    for (old, new, expected) in rows {
        assert_eq!(read(&CASE_TEXT.replace(old, new)), expected);
    }
    assert!(read(&CASE_TEXT.replace("made", "maid")).contains("maid"));
}

#[test]
fn no_step_leads_out_of_the_folder_of_calls() {
    let call = |step: &str| Call {
        step: step.to_owned(),
        attempt: 2,
        role: AGENT.to_owned(),
        exit: 0,
        parts: recorded(),
    };
    assert_eq!(call("skill").stem(), "skill-2-agent");
    assert_eq!(call("../a/B").stem(), "%2e%2e%2fa%2f%42-2-agent");
}
