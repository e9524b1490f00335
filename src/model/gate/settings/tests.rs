use proptest::prelude::*;

use super::*;

const GATE: &str = "atlas gate";

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_new_file_holds_the_hooks_and_nothing_else() {
    let text = install(None, GATE).unwrap();
    let hook = |seconds: u64| json!([{ "hooks": [{ "type": "command", "command": GATE, "timeout": seconds }] }]);
    let expected = json!({ "hooks": {
        "UserPromptSubmit": hook(120), "Stop": hook(WAITS), "SubagentStop": hook(WAITS),
    }});
    assert_eq!(value(&text), expected);
    assert!(text.ends_with("}\n"), "{text}");
    assert_eq!(remove(&text).unwrap(), EMPTY);
}

/// What others wrote, and how: tabs, an order of keys, lists on one line, a comment.
const OTHERS: &str = "{\n\t// mine\n\t\"model\": \"sonnet\",\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t\
    {\"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]}\n\t\t]\n\t},\n\t\
    \"permissions\": {\"allow\": [\"Bash(ls)\", \"Read\"]}\n}\n";

#[test]
fn what_others_wrote_stays_byte_for_byte() {
    let with = install(Some(OTHERS), GATE).unwrap();
    for part in ["\t// mine\n", "say done", "{\"allow\": [\"Bash(ls)\", \"Read\"]}\n}\n"] {
        assert!(with.contains(part), "{part}: {with}");
    }
    assert_eq!(with.matches("\"Stop\"").count(), 1, "{with}");
    assert_eq!(remove(&with).unwrap(), OTHERS);
}

#[test]
fn once_is_enough_and_another_command_takes_the_place() {
    let once = install(Some(OTHERS), GATE).unwrap();
    assert_eq!(install(Some(&once), GATE).unwrap(), once);
    let other = install(Some(&once), "'/opt/my tools/atlas' gate --contract x").unwrap();
    assert_eq!(other.matches("gate").count(), 3, "{other}");
    assert_eq!(remove(&other).unwrap(), OTHERS);
}

#[test]
fn only_commands_of_the_gate_are_ours() {
    for (command, ours) in [
        ("atlas gate", true),
        ("/usr/bin/atlas gate --contract x", true),
        ("'/my tools/atlas' gate", true),
        ("atlas gates", false),
        ("atlas run gate", false),
        ("not-atlas gate", false),
        ("echo atlas gate", false),
        ("atlas", false),
        ("", false),
    ] {
        assert_eq!(is_gate(command), ours, "{command}");
    }
}

#[test]
fn what_is_no_settings_file_is_not_touched() {
    for text in ["[]", "3", "{\"hooks\": []}", "{\"hooks\": {\"Stop\": {}}}", "{", "hooks: 3"] {
        assert!(install(Some(text), GATE).is_err() && remove(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn all_else_means_what_it_meant(
        keys in prop::collection::btree_map("[a-z]{1,4}", 0..9i64, 0..3),
        stops in prop::collection::vec("[a-z ]{1,6}", 0..3),
        compact in any::<bool>(),
    ) {
        let mut settings = json!(keys);
        if !stops.is_empty() {
            let groups: Vec<Value> =
                stops.iter().map(|stop| json!({ "hooks": [{ "command": stop }] })).collect();
            settings["hooks"] = json!({ "Stop": groups });
        }
        let text = if compact { settings.to_string() } else { format!("{settings:#}\n") };
        let with = install(Some(&text), GATE).unwrap();
        prop_assert_eq!(&install(Some(&with), GATE).unwrap(), &with);
        prop_assert_eq!(value(&remove(&with).unwrap()), settings);
    }
}
