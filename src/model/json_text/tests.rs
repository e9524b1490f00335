use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Without its comments, which `serde_json` does not know.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn everything_has_its_place() {
    let text = "\u{feff}{ // why\n \"a\\n\": [1, \"x]\\\"\", {}], /* } */ \"b\": -1.5e3 }\n";
    let node = parse(text).unwrap();
    let shown: Vec<(&str, &str)> = node
        .members()
        .iter()
        .map(|member| (member.key.as_str(), &text[member.value.span.clone()]))
        .collect();
    assert_eq!(shown, [("a\n", "[1, \"x]\\\"\", {}]"), ("b", "-1.5e3")]);
    let items = node.get("a\n").unwrap().items();
    assert_eq!(items[1].text(), Some("x]\""));
    assert_eq!(items[2].members(), []);
}

#[test]
fn what_is_no_json_is_told_by_its_line() {
    for (text, line, expected) in [
        ("", 1, "a value"),
        ("{\n  a: 1\n}", 2, "a name in quotes"),
        ("{\"a\" 1}", 1, "`:`"),
        ("[1 2]", 1, "`,` or `]`"),
        ("{\"a\": 1\n\"b\": 2}", 2, "`,` or `}`"),
        ("[1,\n]", 2, "a value"),
        ("\"a", 1, "a text that ends"),
        ("\"\\x\"", 1, "a text that ends"),
        ("{} {}", 1, "the end of the file"),
        ("nul", 1, "a value"),
        ("/* no end", 1, "a value"),
    ] {
        assert_eq!(parse(text), Err(NotJson { line, expected }), "{text:?}");
    }
    assert_eq!(parse(&"[".repeat(100_000)).unwrap_err().expected, "less nesting");
}

#[test]
fn what_is_put_in_looks_like_what_is_there() {
    let value = json!({ "x": [1] });
    for (text, expected) in [
        ("{}", "{\n  \"k\": {\n    \"x\": [\n      1\n    ]\n  }\n}"),
        ("{ }\n", "{\n  \"k\": {\n    \"x\": [\n      1\n    ]\n  }\n}\n"),
        ("{\"a\": 1}", "{\"a\": 1, \"k\": { \"x\": [ 1 ] }}"),
        (
            "{\n\t\"a\": [\n\t\t1\n\t]\n}\n",
            "{\n\t\"a\": [\n\t\t1\n\t],\n\t\"k\": {\n\t\t\"x\": [\n\t\t\t1\n\t\t]\n\t}\n}\n",
        ),
        (
            "{\n    \"a\": 1 // one\n}",
            "{\n    \"a\": 1,\n    \"k\": {\n        \"x\": [\n            1\n        ]\n    } // one\n}",
        ),
    ] {
        let node = parse(text).unwrap();
        assert_eq!(insert_member(text, &node, "k", &value), expected, "{text:?}");
    }
}

#[test]
fn with_a_part_goes_its_comma() {
    let text = "[1, 2, 3]";
    let node = parse(text).unwrap();
    let without: Vec<String> = (0..4).map(|index| remove_item(text, &node, index)).collect();
    assert_eq!(without, ["[2, 3]", "[1, 3]", "[1, 2]", "[1, 2, 3]"]);
    let text = "{\n  \"a\": 1\n}\n";
    assert_eq!(remove_member(text, &parse(text).unwrap(), 0), "{}\n");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-d\"\\\\]{1,3}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is put in at the end and taken out again leaves the value as it was, and what is
    /// put in is there, in whichever of the two ways the text is written.
    #[test]
    fn putting_in_and_taking_out_are_opposites(
        members in prop::collection::vec(("[a-c]{1,2}", values()), 0..4),
        added in values(),
        compact in any::<bool>(),
    ) {
        let before = Value::Object(members.into_iter().collect());
        let text = if compact { before.to_string() } else { format!("{before:#}\n") };
        let with = insert_member(&text, &parse(&text).unwrap(), "added", &added);
        let mut expected = before.clone();
        expected["added"] = added;
        prop_assert_eq!(read(&with), expected);
        let node = parse(&with).unwrap();
        let without = remove_member(&with, &node, node.members().len() - 1);
        prop_assert_eq!(read(&without), before);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:,\"a1 /*\\\\\n-]{0,40}") {
        if let Ok(node) = parse(&text) {
            prop_assert!(text.is_char_boundary(node.span.start) && node.span.end <= text.len());
        }
    }

    #[test]
    fn the_same_texts_are_json_as_for_everybody(value in values()) {
        let text = format!("{value:#}");
        let node = parse(&text).unwrap();
        prop_assert_eq!(node.span, 0..text.len());
    }
}
