//! What looks like a key: shapes that services give their secrets, so that none leaves unseen.
//!
//! The rules look at shapes only and know about twenty of them. They find what somebody forgot,
//! not what somebody hid; the page of a recording says so too.

#[cfg(test)]
mod tests;

/// Something that looks like a secret. Never holds the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it looks like, in words.
    pub rule: &'static str,
    /// The line, from 1.
    pub line: usize,
}

/// The first thing in these bytes that looks like a secret.
pub fn find(bytes: &[u8]) -> Option<Hit> {
    let mut found: Option<(usize, &'static str)> = None;
    let mut take = |at: Option<usize>, rule: &'static str| {
        if let Some(at) = at
            && found.is_none_or(|(first, _)| at < first)
        {
            found = Some((at, rule));
        }
    };
    for Token { prefix, least, rule } in TOKENS {
        take(token(bytes, prefix.as_bytes(), *least), rule);
    }
    take(private_key(bytes), "a private key");
    take(web_token(bytes), "a JSON web token");
    take(password_in_url(bytes), "a password in a URL");
    let (at, rule) = found?;
    let line = bytes[..at].split(|byte| *byte == b'\n').count();
    Some(Hit { rule, line })
}

/// A prefix that a service gives its keys, and how much follows it at least.
struct Token {
    prefix: &'static str,
    least: usize,
    rule: &'static str,
}

const fn row(prefix: &'static str, least: usize, rule: &'static str) -> Token {
    Token { prefix, least, rule }
}

const TOKENS: &[Token] = &[
    row("sk-ant-", 20, "an Anthropic key"),
    row("sk-proj-", 20, "an OpenAI key"),
    row("sk-svcacct-", 20, "an OpenAI key"),
    row("AKIA", 16, "an AWS key"),
    row("ASIA", 16, "an AWS key"),
    row("ghp_", 30, "a GitHub token"),
    row("gho_", 30, "a GitHub token"),
    row("ghu_", 30, "a GitHub token"),
    row("ghs_", 30, "a GitHub token"),
    row("ghr_", 30, "a GitHub token"),
    row("github_pat_", 22, "a GitHub token"),
    row("glpat-", 20, "a GitLab token"),
    row("xoxa-", 10, "a Slack token"),
    row("xoxb-", 10, "a Slack token"),
    row("xoxp-", 10, "a Slack token"),
    row("xoxr-", 10, "a Slack token"),
    row("xoxs-", 10, "a Slack token"),
    row("AIza", 35, "a Google key"),
    row("ya29.", 20, "a Google token"),
    row("GOCSPX-", 20, "a Google client secret"),
    row("npm_", 36, "an npm token"),
    row("pypi-", 40, "a PyPI token"),
    row("sk_live_", 16, "a Stripe key"),
    row("rk_live_", 16, "a Stripe key"),
    row("SG.", 40, "a SendGrid key"),
    row("hf_", 30, "a Hugging Face token"),
    row("dop_v1_", 40, "a DigitalOcean token"),
    row("shpat_", 32, "a Shopify token"),
    row("AGE-SECRET-KEY-1", 40, "an age key"),
];

/// Placeholders such as `sk-ant-xxxxxxxx` and the examples of manuals are no secrets.
const DISTINCT: usize = 7;

fn token(bytes: &[u8], prefix: &[u8], least: usize) -> Option<usize> {
    starts(bytes, prefix).find(|at| {
        let rest = &bytes[at + prefix.len()..];
        let body = &rest[..rest.iter().take_while(|byte| in_token(**byte)).count()];
        body.len() >= least && is_random(body)
    })
}

/// Where `prefix` stands at the beginning of a word.
fn starts<'a>(bytes: &'a [u8], prefix: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let places = bytes.windows(prefix.len()).enumerate();
    places
        .filter(move |(at, window)| *window == prefix && begins_word(bytes, *at))
        .map(|(at, _)| at)
}

fn begins_word(bytes: &[u8], at: usize) -> bool {
    // `\n` in a JSON text ends in a letter that is no part of what follows.
    let escaped = at >= 2 && bytes[at - 2] == b'\\' && b"nrt".contains(&bytes[at - 1]);
    at == 0 || escaped || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_random(body: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in body {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    distinct >= DISTINCT && !body.windows(7).any(|window| window == b"EXAMPLE")
}

fn private_key(bytes: &[u8]) -> Option<usize> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const END: &[u8] = b"PRIVATE KEY-----";
    bytes.windows(BEGIN.len()).enumerate().find_map(|(at, window)| {
        let rest = &bytes[at..bytes.len().min(at + 64)];
        let whole = window == BEGIN && rest.windows(END.len()).any(|end| end == END);
        whole.then_some(at)
    })
}

/// Three parts between dots, of which the first two are JSON objects in base64.
fn web_token(bytes: &[u8]) -> Option<usize> {
    starts(bytes, b"eyJ").find(|at| {
        let rest = &bytes[*at..];
        let whole = &rest[..rest.iter().take_while(|byte| in_token(**byte)).count()];
        let mut parts = whole.split(|byte| *byte == b'.');
        let long = |part: Option<&[u8]>| part.is_some_and(|part| part.len() >= 10);
        long(parts.next())
            && parts.next().is_some_and(|part| part.len() >= 10 && part.starts_with(b"eyJ"))
            && long(parts.next())
    })
}

/// `scheme://user:password@host`, where the password is none that stands for one.
fn password_in_url(bytes: &[u8]) -> Option<usize> {
    const MARK: &[u8] = b"://";
    bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).find_map(
        |(at, _)| {
            let rest = &bytes[at + MARK.len()..];
            let authority = &rest[..rest.iter().take_while(|byte| in_authority(**byte)).count()];
            let login = &authority[..authority.iter().rposition(|byte| *byte == b'@')?];
            let password = &login[login.iter().position(|byte| *byte == b':')? + 1..];
            (!stands_for_one(password)).then_some(at)
        },
    )
}

fn in_authority(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'\\' | b'?' | b'#')
}

fn stands_for_one(password: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"pass", b"password", b"secret", b"pw", b"PASSWORD"];
    password.len() < 4
        || WORDS.contains(&password)
        || matches!(password[0], b'$' | b'{' | b'<' | b'*' | b'[' | b'%')
}
