//! The scripted model by itself, asked over a bare socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::model::{Failure, Gate, Model, rule};

/// Sends a request and leaves the answer to be read.
fn send(model: &Model, method: &str, path: &str, body: &Value) -> TcpStream {
    let address = model.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         x-claude-code-session-id: s-1\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream
}

/// Sends a request and reads the whole answer, headers and all.
fn ask(model: &Model, body: &Value) -> String {
    let mut answer = Vec::new();
    send(model, "POST", "/v1/messages?beta=true", body).read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn user(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}

/// The texts of an answer that was not streamed.
fn text_of(answer: &str) -> String {
    let message = answer.lines().find(|line| line.starts_with('{')).unwrap();
    let message: Value = serde_json::from_str(message).unwrap();
    message["content"][0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_rule_that_holds_answers() {
    let model = Model::start([
        rule().when_user("^once$").times(1).says("first"),
        rule().when_prompt(r#""system prompt (\d)""#).says("system $1"),
        rule().when_offered("Read").says("has Read"),
        rule().after_tool_result().says("after a tool"),
        rule().before_tool_result().when_user("^(o)n(c)e").says("$2$1"),
    ]);
    let tool_result = json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]);
    let rows = [
        (user("once"), "first"),
        (user("once"), "co"),
        (json!({"system": "system prompt 7", "messages": []}), "system 7"),
        (json!({"tools": [{"name": "Read"}], "messages": []}), "has Read"),
        (json!({"messages": [{"role": "user", "content": tool_result}]}), "after a tool"),
        (user("else"), "no rule matched"),
    ];
    for (body, expected) in rows {
        assert_eq!(text_of(&ask(&model, &body)), expected, "{body}");
    }
    let unmatched = model.log().unmatched();
    assert_eq!(unmatched.iter().map(|request| request.user()).collect::<Vec<_>>(), ["else"]);
}

#[test]
fn a_coin_falls_alike_in_every_run() {
    let falls = |seed| {
        let model = Model::start([rule().by_chance(0.5, seed).says("1"), rule().says("0")]);
        (0..20).map(|_| text_of(&ask(&model, &user("toss")))).collect::<String>()
    };
    assert_eq!(falls(1), falls(1));
    assert_ne!(falls(1), falls(2));
    assert!(falls(1).contains('0') && falls(1).contains('1'));
}

#[test]
fn failures_have_the_status_and_the_words_of_the_api() {
    let rows = [
        (Failure::unauthorized(), "HTTP/1.1 401", "authentication_error"),
        (Failure::forbidden(), "HTTP/1.1 403", "permission_error"),
        (Failure::prompt_too_long(), "HTTP/1.1 400", "prompt is too long: "),
        (Failure::rate_limited().retry_after(7), "HTTP/1.1 429", "retry-after: 7\r\n"),
        (Failure::overloaded(), "HTTP/1.1 529", "overloaded_error"),
        (Failure::new(500, "api_error", "it broke"), "HTTP/1.1 500", "it broke"),
    ];
    for (failure, status, words) in rows {
        let model = Model::start([rule().fails(failure)]);
        let answer = ask(&model, &user("hello"));
        assert!(answer.starts_with(status) && answer.contains(words), "{status} {words}: {answer}");
    }
}

#[test]
fn a_stream_has_pieces_usage_and_a_reason_to_stop() {
    let model = Model::start([rule()
        .says("one two")
        .in_chunks_of(4)
        .usage(10, 20)
        .cached(30, 40)
        .stops_with("refusal")]);
    let mut body = user("hello");
    body["stream"] = json!(true);
    let answer = ask(&model, &body);
    for part in [
        r#""text":"one ""#,
        r#""text":"two""#,
        r#""input_tokens":10"#,
        r#""output_tokens":20"#,
        r#""cache_read_input_tokens":30"#,
        r#""cache_creation_input_tokens":40"#,
        r#""stop_reason":"refusal""#,
        "event: message_stop\n",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

#[test]
fn a_cut_sends_what_comes_before_it() {
    let model = Model::start([rule().says("one two").in_chunks_of(4).cut_after(3)]);
    let mut body = user("hello");
    body["stream"] = json!(true);
    let answer = ask(&model, &body);
    assert!(answer.contains("one ") && !answer.contains("two"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "the body has no end: {answer}");
}

#[test]
fn a_gate_holds_an_answer_until_it_is_opened() {
    let gate = Gate::shut();
    let model = Model::start([rule().says("at last").held_by(&gate)]);
    let mut held = send(&model, "POST", "/v1/messages", &user("hello"));
    gate.wait_until_reached();
    assert_eq!(model.log().wait_for_requests(1)[0].user(), "hello");

    gate.open();

    let mut answer = String::new();
    held.read_to_string(&mut answer).unwrap();
    assert_eq!(text_of(&answer), "at last");
}

#[test]
fn a_client_that_goes_away_is_noted() {
    let gate = Gate::shut();
    let model = Model::start([rule().says("nobody hears this").held_by(&gate)]);
    let held = send(&model, "POST", "/v1/messages", &user("hello"));
    gate.wait_until_reached();

    drop(held);

    assert_eq!(model.log().wait_for_abandoned(1)[0].order, 0);
}

#[test]
fn only_messages_count_as_requests() {
    let model = Model::start([rule().says("hi")]);
    let others = [
        ("HEAD", "/", "200 OK"),
        ("GET", "/v1/models", "404 Not Found"),
        ("POST", "/v1/messages/count_tokens", r#"{"input_tokens":"#),
    ];
    for (method, path, expected) in others {
        let mut answer = String::new();
        send(&model, method, path, &user("hello")).read_to_string(&mut answer).unwrap();
        assert!(answer.contains(expected), "{method} {path}: {answer}");
    }
    ask(&model, &json!({"model": "m", "tools": [{"name": "Read"}], "messages": []}));

    let [request] = &model.log().requests()[..] else { panic!("one message") };
    assert_eq!((request.model(), request.tools()), ("m", vec!["Read"]));
    assert_eq!(request.session.as_deref(), Some("s-1"));
    let all = model.log().all();
    let methods: Vec<_> = all.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["HEAD", "GET", "POST", "POST"]);
}
