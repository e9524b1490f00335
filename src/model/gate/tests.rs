use proptest::prelude::*;
use serde_json::json;

use super::*;

fn tree(name: &str) -> TreeName {
    TreeName { tree: name.to_owned(), unstored: Vec::new() }
}

fn held() -> Held {
    Held::new("s", Bond::Broken { reason: "-".to_owned() })
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reasons: vec![reason.to_owned()] }
}

#[test]
fn a_refusal_is_told_to_the_agent_three_times_and_then_to_the_person() {
    let mut held = held();
    for count in 1..=3 {
        let Answer::Block(reason) = held.answer(Some(&tree("a")), refused("tests: 3 fail")) else {
            panic!("{count} is refused");
        };
        assert!(reason.starts_with(&format!("atlas gate: refused ({count} of 3).")), "{reason}");
        assert!(reason.contains("\n- tests: 3 fail\n"), "{reason}");
    }
    let Answer::Say(message) = held.answer(Some(&tree("a")), refused("tests: 3 fail")) else {
        panic!("it lets go");
    };
    assert!(message.starts_with("atlas gate: NOT VERIFIED.") && message.contains("3 fail"));
    assert!(!held.settled);
    let by = "1 command".to_owned();
    let told = held.answer(Some(&tree("b")), Outcome::Verified { by });
    assert_eq!(told, Answer::Say("atlas gate: verified: 1 command".to_owned()));
    assert!(held.settled);
}

#[test]
fn a_tree_is_known_once_it_was_judged_and_not_where_nobody_could_tell() {
    let mut held = held();
    held.answer(Some(&tree("a")), refused("x"));
    held.answer(Some(&tree("b")), Outcome::Verified { by: String::new() });
    held.answer(Some(&tree("c")), Outcome::Unknown { reasons: vec!["x".to_owned()] });
    assert_eq!(held.known(&tree("a")), Some(refused("x")));
    assert_eq!(held.known(&tree("b")), Some(Outcome::Unchanged));
    assert_eq!(held.known(&tree("c")), None);
    let same_tree_with_another_secret = TreeName {
        unstored: vec![crate::model::run::stand::UnstoredFile {
            path: ".env".to_owned(),
            size: 1,
            hash: "h".to_owned(),
            why: "looks-secret".to_owned(),
        }],
        ..tree("b")
    };
    assert_eq!(held.known(&same_tree_with_another_secret), None);
    let anew = held.anew(Bond::Broken { reason: "-".to_owned() });
    assert_eq!((anew.blocks, anew.judged.len(), anew.asked.len()), (2, 0, 0));
}

#[test]
fn what_is_told_is_bounded_and_holds_no_secret_and_no_escape() {
    let key = ["AKIA", "QWERTY7ZP2LKJ4MX"].concat();
    let Answer::Block(reason) = held().answer(None, refused(&format!("x: \u{1b}[2J {key}\nmore")))
    else {
        panic!("it is refused");
    };
    assert!(reason.contains("- x: ␛[2J") && reason.contains("\n  more"), "{reason}");
    assert!(!reason.contains(&key), "{reason}");
    let Answer::Block(long) = held().answer(None, refused(&"é".repeat(REASONS_BYTES))) else {
        panic!("it is refused");
    };
    assert!(long.len() < REASONS_BYTES + 500 && long.contains("bytes more"), "{}", long.len());
    let mut held = held();
    (0..3).for_each(|_| held.asks(&"é".repeat(ASKED_BYTES / 3)));
    assert!(held.asked.iter().map(String::len).sum::<usize>() <= ASKED_BYTES);
    held.asks("  ");
    assert_eq!(held.asked.len(), 2);
}

#[test]
fn what_claude_code_tells_is_read_leniently_but_for_what_is_needed() {
    let told = |json: serde_json::Value| Told::read(json.to_string().as_bytes());
    let whole = json!({
        "hook_event_name": "SubagentStop", "session_id": "s", "cwd": "/w", "new": [1],
        "last_assistant_message": "Done.",
    });
    let expected = Told {
        moment: Moment::Stop,
        session: "s".to_owned(),
        cwd: "/w".into(),
        prompt: String::new(),
        said: "Done.".to_owned(),
    };
    assert_eq!(told(whole.clone()), Ok(expected));
    for (key, value) in [
        ("hook_event_name", json!("PreToolUse")),
        ("hook_event_name", json!(null)),
        ("session_id", json!("")),
        ("cwd", json!("relative")),
        ("cwd", json!(3)),
    ] {
        let mut broken = whole.clone();
        broken[key] = value;
        assert!(told(broken.clone()).is_err(), "{broken}");
    }
    assert!(Told::read(b"hello").is_err());
}

#[test]
fn answers_are_in_claude_codes_words() {
    let json = |answer: Answer| answer.json().unwrap_or_default();
    assert_eq!(json(Answer::Silence), "");
    assert_eq!(json(Answer::Say("a\"b".to_owned())), "{\"systemMessage\":\"a\\\"b\"}\n");
    let block = json(Answer::Block("why".to_owned()));
    assert_eq!(block, "{\"decision\":\"block\",\"reason\":\"why\"}\n");
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Unchanged),
        Just(Outcome::Verified { by: "x".to_owned() }),
        "[a-z]{0,5}".prop_map(|reason| refused(&reason)),
        Just(Outcome::Unknown { reasons: Vec::new() }),
        Just(Outcome::Interrupted),
    ]
}

proptest! {
    /// Whatever comes of the looks, and however often a base is taken anew, the agent is stopped
    /// three times at most, and what did not pass is never called verified.
    #[test]
    fn no_session_is_held_forever(
        looks in prop::collection::vec((0..4u8, outcomes(), any::<bool>()), 0..20),
    ) {
        let mut held = held();
        let mut blocks = 0;
        for (name, outcome, anew) in looks {
            if anew && held.settled {
                held = held.anew(Bond::Broken { reason: "-".to_owned() });
            }
            let tree = tree(&name.to_string());
            let outcome = held.known(&tree).unwrap_or(outcome);
            let interrupted = outcome == Outcome::Interrupted;
            let passed = matches!(outcome, Outcome::Unchanged | Outcome::Verified { .. });
            match held.answer(Some(&tree), outcome) {
                Answer::Block(_) => blocks += 1,
                Answer::Say(message) => {
                    prop_assert_eq!(passed, !message.contains("NOT VERIFIED"));
                }
                Answer::Silence => prop_assert!(passed || interrupted),
            }
            prop_assert_eq!(held.settled, passed);
        }
        prop_assert!(blocks <= MOST_BLOCKS && held.blocks == blocks);
        let kept: Held = serde_json::from_str(&serde_json::to_string(&held).unwrap()).unwrap();
        prop_assert_eq!(kept, held);
    }
}
