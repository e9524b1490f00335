//! What differs between two results, as a person reads it.

use serde_json::Value;

/// More differences than these help nobody.
const SHOWN: usize = 20;

/// So much of a value is shown.
const WIDTH: usize = 120;

/// One line for each place that differs: where, what was expected, what is there.
pub(super) fn differences(then: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", then, now, &mut found);
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

fn walk(place: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            let inner = |key: &String| {
                if place.is_empty() { key.clone() } else { format!("{place}.{key}") }
            };
            for (key, value) in then {
                walk(&inner(key), value, now.get(key).unwrap_or(&Value::Null), found);
            }
            for (key, value) in now.iter().filter(|(key, _)| !then.contains_key(*key)) {
                walk(&inner(key), &Value::Null, value, found);
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            for at in 0..then.len().max(now.len()) {
                let of = |list: &[Value]| list.get(at).cloned().unwrap_or(Value::Null);
                walk(&format!("{place}[{at}]"), &of(then), &of(now), found);
            }
        }
        _ if then == now => {}
        _ => found.push(format!("{place}: expected {}, got {}", shown(then), shown(now))),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_that_differs_is_told_once() {
        let then = json!({"status": "passed", "checks": [{"name": "a"}], "spend": 1, "gone": 2});
        let now =
            json!({"status": "rejected", "checks": [{"name": "a"}, "b"], "spend": 1, "new": 3});
        assert_eq!(
            differences(&then, &now),
            [
                r#"status: expected "passed", got "rejected""#,
                r#"checks[1]: expected nothing, got "b""#,
                "gone: expected 2, got nothing",
                "new: expected nothing, got 3",
            ]
        );
        assert!(differences(&then, &then).is_empty());
        let long = json!("x".repeat(200));
        assert!(differences(&then, &long)[0].ends_with('…'));
    }
}
