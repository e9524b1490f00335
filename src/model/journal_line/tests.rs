use proptest::prelude::*;

use super::*;
use crate::model::{
    Request, Status,
    call::{CallOutcome, ContextUse, LimitKind, Spend},
    changes::TreeChanges,
    check::{Check, CheckKind, CheckStatus},
    run::{
        Plan, Point, StepStatus,
        event::{CallEnded, CallStarted, Output},
    },
    value::{Span, Usd},
};

/// One event of each type, built around a text, a number and a JSON value of the test's choice.
pub(crate) fn every_event(text: &str, n: u32, json: serde_json::Value) -> Vec<Event> {
    let mut events = events_of_a_run(text, n);
    events.extend(events_of_checks(text, n));
    events.extend(events_of_a_step(text, n, json));
    events
}

fn events_of_a_run(text: &str, run: u32) -> Vec<Event> {
    let reason = text.to_owned();
    let request = Box::new(Request { skill: text.to_owned(), ..Request::default() });
    let plan: Plan = serde_json::from_value(plan_json(text)).unwrap();
    vec![
        Event::RunStarted {
            run,
            request,
            atlas: "0.1.0".to_owned(),
            claude: Some(text.into()),
            stand: None,
            before: None,
        },
        Event::Plan { hash: text.to_owned(), plan: Box::new(plan) },
        Event::RunResumed {
            differences: vec![text.to_owned()],
            base: None,
            closed: Vec::new(),
            accepted: false,
        },
        Event::Interrupted { signal: 15 },
        Event::LimitReached { limit: LimitKind::Usd, reason: reason.clone() },
        Event::RunEnded { status: Status::Rejected, exit_code: 4, reason },
    ]
}

fn events_of_checks(text: &str, n: u32) -> Vec<Event> {
    let at = Point::Mid { step: text.to_owned(), attempt: n };
    let hook = text.to_owned();
    let check = Check::blocking(text, CheckKind::Hook, CheckStatus::Failed).because(text);
    vec![
        Event::ChecksStarted { at: Point::Pre },
        Event::ChecksEnded { at: Point::Post { round: n }, checks: vec![check.clone()] },
        Event::HookStarted { hook: hook.clone(), at: at.clone() },
        Event::HookEnded { hook, at, check },
    ]
}

fn events_of_a_step(text: &str, attempt: u32, json: serde_json::Value) -> Vec<Event> {
    let (step, reason) = (text.to_owned(), text.to_owned());
    let usd = Usd::from_micros(u64::from(attempt));
    let started = CallStarted {
        step: step.clone(),
        attempt,
        pid: attempt,
        start: Some(u64::MAX),
        claude_session: step.clone(),
        resumed: true,
        reservation: usd,
        cap: None,
        stream: 0,
        day: None,
    };
    let ended = CallEnded {
        step: step.clone(),
        attempt,
        outcome: CallOutcome::Succeeded,
        spend: Spend { usd: Some(usd), ..Spend::default() },
        conversation_cost: None,
        context: ContextUse { window: 200_000, window_assumed: false, peak: u64::from(attempt) },
        loaded: None,
        quota: None,
        model: Some(step.clone()),
        output: Some(Output::Json { json }),
        warnings: vec![step.clone()],
        ms: 17,
    };
    let after = Span::seconds(u64::from(attempt));
    let status = StepStatus::Rejected;
    vec![
        Event::StepStarted { step: step.clone(), attempt, grant: None },
        Event::CallStarted(started),
        Event::CallRetrying { step: step.clone(), attempt, reason: reason.clone(), after },
        Event::CallEnded(Box::new(ended)),
        Event::Changes {
            step: step.clone(),
            attempt,
            changes: TreeChanges::default(),
            stand: None,
            branch: None,
        },
        Event::Retry { step: step.clone(), reasons: vec![], supersedes: vec![step.clone()] },
        Event::StepEnded { step, attempt, status, reason: Some(reason), scratch: None, ends: None },
    ]
}

fn plan_json(text: &str) -> serde_json::Value {
    serde_json::json!({
        "skill": {"name": text, "dir": "/skills/a", "source": text, "digest": "00"},
        "root": null, "cwd": "/", "inputs": {text: text},
        "requires": {"files": [], "commands": [], "env": []},
        "hooks": [], "skipped": [], "isolation": "none", "apply": false, "steps": [], "output": null, "repair": text,
        "retry": {"times": 1, "on": ["failed"], "backoff": "1s"},
        "limits": {
            "usd": 2.0, "usd_per_day": null, "tokens": null, "turns": 50, "time": "30m",
            "idle": "5m", "start": "1m", "after_result": "30s", "grace": "3s",
            "context": "50%", "quota": "80%"
        },
        "require": "none", "settings": []
    })
}

fn moment(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap()
}

fn sample() -> Vec<u8> {
    let event = Event::StepStarted { step: "gather".to_owned(), attempt: 2, grant: None };
    encode(17, "2026-11-20T09:28:42.5Z".parse().unwrap(), &event).unwrap()
}

/// Reads a whole line, newline included.
fn read(line: &[u8]) -> Result<Line, BadLine> {
    decode(line.strip_suffix(b"\n").expect("a line ends in a newline"))
}

#[test]
fn a_line_looks_like_this() {
    let shown = String::from_utf8(sample()).unwrap();
    snapbox::assert_data_eq!(
        shown,
        snapbox::str![[r#"
{"v":1,"seq":17,"at":"2026-11-20T09:28:42.5Z","type":"step_started","step":"gather","attempt":2,"crc":"e2296cbb"}

"#]]
    );
}

#[test]
fn what_is_no_line_is_refused() {
    let resealed = |text: &str| {
        let mut line = seal(text.as_bytes().to_vec());
        line.pop();
        line
    };
    let cut = sample();
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "its checksum does not hold"),
        (b"{}".to_vec(), "its checksum does not hold"),
        (cut.clone(), "its checksum does not hold"),
        (cut[..cut.len() - 2].to_vec(), "its checksum does not hold"),
        (
            resealed(r#"{"v":2,"seq":"new","type":"step_started"}"#),
            "it has format version 2, this atlas reads 1",
        ),
        (
            resealed(r#"{"v":1,"seq":1,"at":"2026-11-20T09:28:42Z","type":"run_resumed"}"#),
            "its checksum holds but its content does not: missing field `differences` at line 1 column 81",
        ),
        (
            resealed(r#"{"seq":1,"v":1,"at":"2026-11-20T09:28:42Z","type":"x"}"#),
            "its checksum holds but its content does not: missing field `v` at line 1 column 6",
        ),
        (
            resealed(r#"{"v":1,"seq":1,"at":"noon","type":"x"}"#),
            "its checksum holds but its content does not: failed to parse four digit integer as year: invalid digit, expected 0-9 but got n at line 1 column 26",
        ),
    ];
    for (line, expected) in rows {
        let shown = decode(&line).unwrap_err().to_string();
        assert_eq!(shown, expected, "{}", String::from_utf8_lossy(&line));
    }
}

#[test]
fn an_event_of_a_later_atlas_is_skipped_not_refused() {
    let line = seal(
        br#"{"v":1,"seq":3,"at":"2026-11-20T09:28:42Z","type":"telepathy","of":[1],"at_all":{}}"#
            .to_vec(),
    );
    assert_eq!(read(&line).unwrap().event, Event::Unknown);
}

#[test]
fn every_event_reads_back_as_itself() {
    for (n, event) in every_event("ü \"\n\u{1b}[2J\u{0}", 7, serde_json::json!({"crc": [1]}))
        .into_iter()
        .enumerate()
    {
        let line = encode(n as u64 + 1, moment(5), &event).unwrap();
        assert_eq!(line.split(|byte| *byte == b'\n').count(), 2, "one event, one line");
        let expected = Line { v: VERSION, seq: n as u64 + 1, at: moment(5), event };
        assert_eq!(read(&line).unwrap(), expected);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".*".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map(".*", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_event_reads_back_as_itself(
        text in ".*", n: u32, seq: u64, nanos: i64, json in json(), pick: prop::sample::Index,
    ) {
        let events = every_event(&text, n, json);
        let event = events[pick.index(events.len())].clone();
        let line = encode(seq, moment(nanos), &event).unwrap();
        prop_assert_eq!(read(&line).unwrap(), Line { v: VERSION, seq, at: moment(nanos), event });
    }

    #[test]
    fn one_changed_byte_never_goes_unseen(text in ".{0,20}", pick: prop::sample::Index, flip in 1u8..) {
        let event = Event::StepStarted { step: text, attempt: 1, grant: None };
        let mut line = encode(1, moment(0), &event).unwrap();
        line.pop();
        let at = pick.index(line.len());
        line[at] ^= flip;
        prop_assert_eq!(decode(&line), Err(BadLine::Checksum));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>) {
        prop_assert!(decode(&bytes).is_err());
        let object = [b"{\"k\":\"".as_slice(), &bytes, b"\"}"].concat();
        let mut line = seal(object);
        line.pop();
        prop_assert!(is_sealed(&line));
        prop_assert!(decode(&line).is_err());
    }
}
