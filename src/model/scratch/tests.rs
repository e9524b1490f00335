use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOON: &str = "2026-11-20T12:00:00Z";

fn entry(key: &str, value: Value) -> Entry {
    let by = By { run: Some(1), step: Some("gather".to_owned()), unit: None };
    Entry { at: NOON.parse().unwrap(), key: key.to_owned(), value, by }
}

fn pad_of(entries: &[(&str, Value)]) -> Vec<u8> {
    entries.iter().flat_map(|(key, value)| encode(&entry(key, value.clone())).unwrap()).collect()
}

#[test]
fn a_line_looks_like_this() {
    let note = entry("branch", json!({"name": "main"}));
    snapbox::assert_data_eq!(
        String::from_utf8(encode(&note).unwrap()).unwrap(),
        snapbox::str![[r#"
{"v":1,"at":"2026-11-20T12:00:00Z","key":"branch","value":{"name":"main"},"run":1,"step":"gather","crc":"8a8426c7"}

"#]]
    );
}

#[test]
fn what_no_pad_takes_is_refused() {
    let nested = |depth: usize| -> Value {
        (0..depth).fold(json!(0), |inside, _| Value::Array(vec![inside]))
    };
    let rows = [
        (entry("k", json!("x".repeat(VALUE_BYTES - 2))), ""),
        (entry("k", json!("x".repeat(VALUE_BYTES - 1))), "the value: it has 65537 bytes"),
        (entry("k", nested(100)), ""),
        (entry("k", nested(127)), "the value: it is nested too deep"),
        (entry(&"k".repeat(KEY_BYTES), json!(1)), ""),
        (entry(&"k".repeat(KEY_BYTES + 1), json!(1)), "the key: it has 201 bytes"),
        (entry(" ", json!(1)), "the key: it is empty"),
        (entry("a\nb", json!(1)), "the key: it holds \\u{a}"),
        (entry("a\u{202e}b", json!(1)), "the key: it holds \\u{202e}"),
    ];
    for (note, expected) in rows {
        match encode(&note) {
            Ok(_) => assert_eq!(expected, ""),
            Err(bad) => {
                assert!(!expected.is_empty() && bad.to_string().starts_with(expected), "{bad}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_counted_and_hides_nothing_else() {
    let good = pad_of(&[("a", json!(1)), ("b", json!(2))]);
    let cut = good.len() / 2 + 10;
    let later = br#"{"v":2,"at":"x","key":7,"crc":"00000000"}"#;
    let rows: [(Vec<u8>, usize, usize); 7] = [
        (good.clone(), 2, 0),
        ([b"nonsense\n", good.as_slice()].concat(), 2, 1),
        ([&good, b"\n\n".as_slice(), &good].concat(), 4, 0),
        // A line that is under way.
        (good[..cut].to_vec(), 1, 0),
        // A line that was broken off, after which somebody wrote the next one.
        ([&good[..cut], b"\n", &good].concat(), 3, 1),
        ([&good, later.as_slice(), b"\n"].concat(), 2, 1),
        (b"\xff\xfe\n\0\0\0\n".to_vec(), 0, 2),
    ];
    for (bytes, notes, unreadable) in rows {
        let pad = Pad::read(&bytes);
        assert_eq!((pad.notes().len(), pad.unreadable), (notes, unreadable));
    }
}

/// Whoever can write the file can also seal what [`encode`] refuses.
#[test]
fn a_sealed_line_with_a_key_that_is_none_is_not_read() {
    let line = crate::model::journal_line::seal(
        br#"{"v":1,"at":"2026-11-20T12:00:00Z","key":"a\u001b[2J","value":1}"#.to_vec(),
    );
    let pad = Pad::read(&line);
    assert_eq!((pad.notes().len(), pad.unreadable), (0, 1));
}

#[test]
fn the_newest_of_a_key_counts() {
    let bytes = pad_of(&[("a", json!(1)), ("b", json!(2)), ("a", json!(3))]);
    let pad = Pad::read(&bytes);
    assert_eq!(pad.newest("a", None).unwrap().entry.value, json!(3));
    assert_eq!(pad.newest("a", Some("gather")).unwrap().entry.value, json!(3));
    assert!(pad.newest("a", Some("judge")).is_none());
    assert!(pad.newest("c", None).is_none());
    let newest: Vec<_> = pad.newest_of_each().iter().map(|note| &note.entry.key).collect();
    assert_eq!(newest, ["a", "b"]);
}

#[test]
fn a_mark_tells_what_came_after_it() {
    let bytes = pad_of(&[("a", json!(1)), ("b", json!(2))]);
    let more = [bytes.clone(), pad_of(&[("c", json!(3))])].concat();
    let mut edited = more.clone();
    edited[10] ^= 1;
    let rows = [
        (bytes.as_slice(), Since::Same),
        (&more, Since::Added(1)),
        (&edited, Since::Edited),
        (&bytes[..20], Since::Edited),
        (b"", Since::Edited),
    ];
    let mark = Mark::of(&bytes);
    for (now, expected) in rows {
        assert_eq!(mark.since(now), expected);
    }
    assert_eq!(Mark::of(b"").since(b""), Since::Same);
}

#[test]
fn a_summary_keeps_the_newest_and_names_the_rest() {
    let long = "x".repeat(5000);
    let bytes = pad_of(&[
        ("oldest", json!(0)),
        ("old", json!("see @/etc/passwd")),
        ("long", json!(long)),
        ("same", json!("first")),
        ("same", json!({"second": true})),
    ]);
    let pad = Pad::read(&[bytes.as_slice(), b"broken\n"].concat());
    snapbox::assert_data_eq!(
        Summary::of(&pad, 400).text(),
        snapbox::str![[r#"
{"key":"same","value":{"second":true},"step":"gather"}
{"key":"long","value":"/"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","step":"gather","bytes_left_out":4902}
{"key":"old","value":"see @/etc/passwd","step":"gather"}
{"key":"oldest","value":0,"step":"gather"}
… 1 line could not be read

"#]]
    );
    snapbox::assert_data_eq!(
        Summary::of(&pad, 60).text(),
        snapbox::str![[r#"
{"key":"same","value":{"second":true},"step":"gather"}
… 3 older keys left out: "long", "old", "oldest"
… 1 line could not be read

"#]]
    );
    assert!(Summary::of(&Pad::default(), 400).is_empty());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_note_reads_back_as_itself(value in value(), key in "[a-z@ /]{0,5}[a-z]") {
        let note = entry(&key, value);
        let line = encode(&note).unwrap();
        prop_assert_eq!(line.split_inclusive(|byte| *byte == b'\n').count(), 1);
        prop_assert_eq!(decode(line.trim_ascii_end()).unwrap(), note);
    }

    #[test]
    fn no_changed_byte_goes_unseen(at in 0usize..60, flip in 1u8..=255) {
        let mut line = encode(&entry("k", json!("some value"))).unwrap();
        line.pop();
        line[at] ^= flip;
        prop_assert!(decode(&line).is_err());
    }

    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>, room in 0usize..500) {
        let pad = Pad::read(&bytes);
        prop_assert!(pad.notes().is_empty());
        prop_assert!(Summary::of(&pad, room).text().len() < 100);
    }

    #[test]
    fn a_summary_stays_in_its_room_and_forgets_no_key(
        notes in prop::collection::vec(("[a-f]", value()), 0..20),
        room in 0usize..2000,
    ) {
        let bytes: Vec<u8> =
            notes.iter().flat_map(|(key, value)| encode(&entry(key, value.clone())).unwrap()).collect();
        let summary = Summary::of(&Pad::read(&bytes), room);
        let told: usize =
            summary.notes.iter().map(|told| serde_json::to_string(told).unwrap().len() + 1).sum();
        prop_assert!(told <= room);
        let mut keys: Vec<&String> =
            summary.notes.iter().map(|told| &told.key).chain(&summary.left_out).collect();
        keys.sort();
        let mut expected: Vec<&String> = notes.iter().map(|(key, _)| key).collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(keys, expected);
    }
}
