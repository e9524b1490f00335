use super::{
    tokens::{Body, TOKENS},
    *,
};

/// Keys are put together here, so that this file itself holds none.
fn key(prefix: &str, body: &str) -> String {
    format!("{prefix}{body}")
}

const BODY: &str = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d";
const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015";
const CAPITALS: &str = "QWERTY7ZP2LKJ4MX";
const BASE64: &str =
    "q9Zt/4bX1cV7nM+2aS5dF8gH0jK3lP6oI9uY7tR4eW1qA2sZ5xD8cF0vG3bH6nJ9mK1lO4pQ7wE+8rTz5yU2iA==";

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    assert_eq!(find(text.as_bytes()).map(|hit| hit.rule), expected, "{text}");
}

#[test]
fn every_token_is_found_in_a_text_and_in_json_and_in_color() {
    for token in TOKENS {
        let body = match token.body {
            Body::Word | Body::Dotted | Body::Path => BODY.to_owned(),
            Body::Base64 => BASE64.to_owned(),
            Body::Capitals => CAPITALS.to_owned(),
            Body::Hex => HEX.to_owned(),
            Body::Marked => format!("{}T3BlbkFJ{}", &BODY[..20], &BODY[20..]),
        };
        let found = key(token.prefix, &body);
        check(&format!("it is {found}\n"), Some(token.rule));
        check(&format!(r#"{{"text":"first\n{found}"}}"#), Some(token.rule));
        check(&format!("\x1b[1;31m{found}\x1b[0m"), Some(token.rule));
        // One that is too short, one in the middle of a word, and one that is no key at all.
        for none in [&found[..token.prefix.len() + token.least - 1], &format!("x{found}")] {
            assert_ne!(find(none.as_bytes()).map(|hit| hit.rule), Some(token.rule), "{none}");
        }
        check(&key(token.prefix, &"x".repeat(90)), None);
        check(&key(token.prefix, &"EXAMPLE".repeat(13)), None);
        assert!(!redact(&found).contains(&body[..8]), "{}", redact(&found));
    }
}

#[test]
fn other_shapes_are_found() {
    let lines = |kind: &str| {
        let [begin, end] = ["BEGIN", "END"].map(|side| format!("-----{side} {kind}-----"));
        format!("{begin}\n{BODY}\n{BASE64}\n{end}\n")
    };
    for kind in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        let text = lines(kind);
        check(&text, Some("a private key"));
        assert_eq!(redact(&text), "[redacted: a private key]\n");
        let service = serde_json::json!({ "type": "service_account", "private_key": text });
        let shown = redact(&service.to_string()).into_owned();
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["private_key"], "[redacted: a private key]\\n".replace("\\n", "\n"));
    }
    let encrypted = lines("RSA PRIVATE KEY").replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n",
        1,
    );
    assert_eq!(redact(&encrypted), "[redacted: a private key]\n");
    let cut = key("-----BEGIN PRIVATE", &format!(" KEY-----\n{BODY}\n(cut)"));
    assert_eq!(redact(&cut), "[redacted: a private key](cut)");
    check(&lines("PUBLIC KEY"), None);
    check(&lines("CERTIFICATE"), None);

    let token = format!("{}.{}.{}", key("eyJ", BODY), key("eyJ", BODY), BODY);
    check(&token, Some("a JSON web token"));
    check(&key("postgres://ada:", "h7Tq2p@db:5432/x"), Some("a password in a URL"));
    let url = key("https://ada:", "h7Tq2p@example.org");
    assert_eq!(redact(&url), "https://ada:[redacted: a password in a URL]@example.org");
}

#[test]
fn what_is_assigned_to_a_name_of_a_secret() {
    const VALUE: &str = "hT8kQ2vL9xWz4";
    let secret = Some("a password or key");
    let rows = [
        (format!("password = \"{VALUE}\""), secret),
        (format!("  \"db_password\": \"{VALUE}\","), secret),
        (format!(r#"{{\"apiKey\":\"{VALUE}\"}}"#), secret),
        (format!("const clientSecret = '{VALUE}';"), secret),
        (format!("let auth_token := `{VALUE}`"), secret),
        (format!(":secret_key => \"{VALUE}\""), secret),
        (format!("export DB_PASSWORD={VALUE}\n"), secret),
        (format!("+TOKEN={VALUE}"), secret),
        (format!("spring.datasource.password: {VALUE}\n"), secret),
        (format!("aws_secret_access_key = {}\n", &BASE64[..40]), secret),
        (format!("TWILIO_AUTH_TOKEN={HEX}"), secret),
        // Names of something else.
        (format!("password_hash = \"{VALUE}\""), None),
        (format!("nextPageToken: \"{VALUE}\""), None),
        (format!("checksum = \"{HEX}\""), None),
        (format!("if password == \"{VALUE}\""), None),
        (format!("if password != \"{VALUE}\""), None),
        (format!("let x = f(token = {VALUE})"), None),
        // Values of something else.
        ("password = \"correct horse 8 battery 9\"".to_owned(), None),
        ("password = \"changeme1234\"".to_owned(), None),
        ("password: \"test-password-1\"".to_owned(), None),
        ("secret = \"${VAULT_2_SECRET_9}\"".to_owned(), None),
        ("api_key = \"<YOUR_API_KEY_42>\"".to_owned(), None),
        ("token: \"550e8400-e29b-41d4-a716-446655440000\"".to_owned(), None),
        ("password = \"$2b$12$KIXQ9f86d081884c7d659a2f\"".to_owned(), None),
        (format!("password = \"sha256:{HEX}\""), None),
        ("token = parse_next_token2(input4)\n".to_owned(), None),
        ("secret: \"/run/secrets/db2/p4ssw0rd9x\"".to_owned(), None),
        ("\"input_tokens\": 12345678901234,".to_owned(), None),
        ("password = \"short1\"".to_owned(), None),
        ("password = \"onlyletterswithoutdigits\"".to_owned(), None),
        ("password = \"aaaaaaaaaaaaaaa11\"".to_owned(), None),
    ];
    for (text, expected) in rows {
        check(&text, expected);
    }
}

#[test]
fn what_only_looks_alike_is_none() {
    let rows = [
        "sk-ant-api03",
        "set AKIAIOSFODNN7EXAMPLE in the manual",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "the task-antibody-research-of-many-words",
        "sk-learn-is-a-library-of-many-words-and-more-words-still",
        "ghp_short",
        "-----BEGIN PRIVATE KEY-----",
        "if line.starts_with(\"-----BEGIN RSA PRIVATE KEY-----\") { return load(path_of_the_key) }",
        "eyJhbGciOiJIUzI1NiJ9 alone",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.\
         SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "https://example.org:8080/a@b",
        "postgres://ada:password@localhost/x",
        "postgres://postgres:postgres@localhost/x",
        "postgres://ada:${PASSWORD}@localhost/x",
        "ssh://git@github.com/a/b",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "id: 550e8400-e29b-41d4-a716-446655440000",
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "SKU9f86d081884c7d659a2feaa0c55ad0",
        "",
    ];
    for text in rows {
        check(text, None);
    }
}

#[test]
fn all_are_found_by_their_lines_and_the_rest_stays() {
    let text = format!("öne\ntwo {}, ends\n\n{}\n", key("npm_", BODY), key("sk-ant-", BODY));
    let hits: Vec<(&str, usize)> =
        find_all(text.as_bytes()).map(|hit| (hit.rule, hit.line)).collect();
    assert_eq!(hits, [("an npm token", 2), ("an Anthropic key", 4)]);
    let expected = "öne\ntwo [redacted: an npm token], ends\n\n[redacted: an Anthropic key]\n";
    assert_eq!(redact(&text), expected);
    assert!(matches!(redact("nothing"), Cow::Borrowed("nothing")));
}

/// Every rule that reads ahead is given a text in which it could read again and again. Reading all
/// of it at each place would take many minutes; the bound leaves room for a busy machine.
#[test]
fn no_text_takes_long() {
    let units = [
        "sk-ant-",
        "eyJ-",
        "eyJa.eyJ",
        "://a:",
        "a://",
        "password=",
        "=:",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "token: \"",
        "sig=",
        "A",
        "\\n",
        "\x1b[1m",
        "ghp_aB3dE5fG",
    ];
    for unit in units {
        let text = unit.repeat(300_000 / unit.len());
        let begun = std::time::Instant::now();
        let _found = find_all(text.as_bytes()).count();
        let took = begun.elapsed();
        assert!(took.as_secs() < 20, "{unit:?} took {took:?}");
    }
}

#[test]
fn what_is_left_beside_a_secret_is_looked_at_again() {
    let text = "-----BEGIN PRIVATE KEY-----sk-ant-0AAa0AAAa1BbBacd0e0CaAAapassword=\"eyJAAaaaaaAAaAAeyJeyJ0AaaA00MBCDE";
    let shown = redact(text);
    assert!(find(shown.as_bytes()).is_none(), "{shown}");
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_redacted(text in "(?s)(.|sk-ant-|AKIA|://a:|password=\"|-----BEGIN PRIVATE KEY-----|eyJ|[a-zA-Z0-9]{12}){0,40}") {
        let shown = redact(&text);
        // What is left holds no more of them, and the notes are none themselves.
        proptest::prop_assert!(find(shown.as_bytes()).is_none(), "{}", shown);
    }
}
