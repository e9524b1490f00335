use super::*;

/// Keys are put together here, so that this file itself holds none.
fn key(prefix: &str, body: &str) -> String {
    format!("{prefix}{body}")
}

const BODY: &str = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d";

fn check(text: &str, expected: Option<&str>) {
    assert_eq!(find(text.as_bytes()).map(|hit| hit.rule), expected, "{text}");
}

#[test]
fn every_rule_finds_its_key_in_a_text_and_in_json() {
    for Token { prefix, rule, .. } in TOKENS {
        let upper = matches!(*prefix, "AKIA" | "ASIA");
        let body = if upper { BODY.to_uppercase() } else { BODY.to_owned() };
        let found = key(prefix, &body);
        check(&format!("token = {found}\n"), Some(rule));
        check(&format!(r#"{{"text":"first\n{found}"}}"#), Some(rule));
    }
    check(&key("-----BEGIN RSA PRIVATE", " KEY-----\nMII"), Some("a private key"));
    check(&key("-----BEGIN PRIVATE", " KEY-----"), Some("a private key"));
    let token = format!("{}.{}.{}", key("eyJ", BODY), key("eyJ", BODY), BODY);
    check(&token, Some("a JSON web token"));
    check(&key("postgres://ada:", "h7Tq2p@db:5432/x"), Some("a password in a URL"));
    check(&key("https://ada:", "h7Tq2p@example.org"), Some("a password in a URL"));
}

#[test]
fn what_only_looks_alike_is_none() {
    let rows = [
        "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-ant-api03",
        "set AKIAIOSFODNN7EXAMPLE in the manual",
        "the task-antibody-research-of-many-words",
        "ghp_short",
        "-----BEGIN PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9 alone",
        "https://example.org:8080/a@b",
        "postgres://ada:password@localhost/x",
        "postgres://ada:${PASSWORD}@localhost/x",
        "ssh://git@github.com/a/b",
        "",
    ];
    for text in rows {
        check(text, None);
    }
}

#[test]
fn the_first_one_is_told_by_its_line() {
    let text = format!("one\ntwo {}\n{}\n", key("npm_", BODY), key("sk-ant-", BODY));
    assert_eq!(find(text.as_bytes()), Some(Hit { rule: "an npm token", line: 2 }));
}
