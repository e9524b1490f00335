use proptest::prelude::*;

use super::*;

const PLACES: Places<'_> = Places { skill_dir: "/s k", session_id: "id", project_dir: "/p" };

fn arguments(line: &str, names: &[&str]) -> Arguments {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Arguments::from_line(line, &names)
}

#[test]
fn the_golden_vector_of_claude_code() {
    let body = r"ALL=[$ARGUMENTS] 0=[$0] 1=[$1] A0=[$ARGUMENTS[0]] f=[$first] s=[$second] esc=[\$ARGUMENTS] two=[$2] price=$5.00 none=$nothing";
    let expected = r#"ALL=["one two" three] 0=[one two] 1=[three] A0=[one two] f=[one two] s=[three] esc=[$ARGUMENTS] two=[$2] price=$5.00 none=$nothing"#;
    let typed = arguments(r#""one two" three"#, &["first", "second"]);
    assert_eq!(substitute(body, &typed, PLACES).text, expected);
    // The same, cut by a shell.
    let names = ["first".to_owned(), "second".to_owned()];
    let cut = Arguments::from_words(&["one two".to_owned(), "three".to_owned()], &names);
    assert_eq!(substitute(body, &cut, PLACES).text, expected);
}

/// Every row is what claude 2.1.328 makes of it.
#[test]
fn placeholders_end_where_they_end() {
    let rows = [
        (
            "$ARGUMENTS[1]|$ARGUMENTS[9]|$ARGUMENTS[]|$ARGUMENTS[x]|$ARGUMENTSx",
            "b c|$ARGUMENTS[9]|a 'b c'[]|a 'b c'[x]|a 'b c'x",
        ),
        (
            "$0$1|$0.|$0x|$00|$1_|$99999999999999999999999",
            "ab c|a.|$0x|a|$1_|$99999999999999999999999",
        ),
        ("$long|$long-name|$longer|$long[0]|$LONG", "a|b c|$longer|$long[0]|$LONG"),
        ("${CLAUDE_SKILL_DIR}/x|${CLAUDE_SESSION_ID}|${CLAUDE_PROJECT_DIR}", "/s k/x|id|/p"),
        ("${CLAUDE_OTHER}|${0}|$|$$|$$0|", "${CLAUDE_OTHER}|${0}|$|$$|$a|"),
        (r"\$0|\$long|\${CLAUDE_SKILL_DIR}|\$HOME|\$|\\$0", r"$0|$long|\/s k|\$HOME|\$|\\a"),
        (r"\$ARGUMENTS|\$5.00|\$9|\$ARGUMENTS[9]|\\\$0", r"$ARGUMENTS|$5.00|$9|$ARGUMENTS[9]|\\\a"),
        ("ä$0ö|[$gone]|$1é|${ARGUMENTS}|$gone-x", "äaö|[]|b cé|${ARGUMENTS}|-x"),
        (r"\$gone|\$nothing", r"$gone|\$nothing"),
    ];
    let arguments = arguments("a 'b c'", &["long", "long-name", "gone"]);
    for (body, expected) in rows {
        assert_eq!(substitute(body, &arguments, PLACES).text, expected, "{body:?}");
    }
}

#[test]
fn what_is_placed_nowhere_is_told() {
    let rows: [(&str, &[usize], &[&str]); 7] = [
        ("nothing", &[0, 1], &["extra"]),
        ("$ARGUMENTS", &[], &["extra"]),
        (r"\$ARGUMENTS", &[0, 1], &["extra"]),
        ("$1 $9", &[0], &["extra"]),
        ("$first", &[1], &["extra"]),
        ("$0 $second $extra", &[], &[]),
        ("$extra", &[0, 1], &[]),
    ];
    let mut arguments = arguments("one two", &["first", "second", "third"]);
    arguments.set("extra", "value".to_owned());
    for (body, positions, names) in rows {
        let result = substitute(body, &arguments, PLACES);
        assert_eq!(result.unplaced, positions, "{body:?}");
        assert_eq!(result.unplaced_names, names, "{body:?}");
    }
}

proptest! {
    #[test]
    fn values_are_never_expanded(value in r"[$0-9A-Z{}\[\]a-z\\ ]{0,20}", before in "[a-z ]{0,5}") {
        let arguments = Arguments::from_words(std::slice::from_ref(&value), &["a".to_owned()]);
        let body = format!("{before}$0|$a|$ARGUMENTS[0]");
        let expected = format!("{before}{value}|{value}|{value}");
        prop_assert_eq!(substitute(&body, &arguments, PLACES).text, expected);
    }

    #[test]
    fn text_without_dollars_is_itself(body in "[^$]*", line in any::<String>()) {
        let arguments = Arguments::from_line(&line, &[]);
        prop_assert_eq!(substitute(&body, &arguments, PLACES).text, body);
    }

    #[test]
    fn any_body_is_fine(body in r"(\$|\\|ARGUMENTS|\[|\]|[0-9a-z{}_-]|CLAUDE_SKILL_DIR|é){0,30}", line in any::<String>()) {
        let names = ["a".to_owned(), "b-c".to_owned(), String::new()];
        let arguments = Arguments::from_line(&line, &names);
        let unplaced = substitute(&body, &arguments, PLACES).unplaced;
        prop_assert!(unplaced.iter().all(|position| *position < arguments.list.len()));
        if !body.contains('\\') && body.contains("$ARGUMENTS") && !body.contains("$ARGUMENTS[") {
            prop_assert!(unplaced.is_empty());
        }
    }
}
