//! Secrets that are known by their form as a whole: private keys, web tokens, addresses.

use super::{
    Found,
    random::{is_placeholder, is_random},
};

/// A private key in PEM, with what is between its two lines. Its first line alone is no key: code
/// that reads keys holds it too.
pub(super) fn private_key(bytes: &[u8], at: usize) -> Option<Found> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const DASHES: &[u8] = b"-----";
    /// The longest kind of key there is, and its headers.
    const KIND: usize = 40;
    const HEADERS: usize = 300;
    const LEAST: usize = 32;
    let rest = bytes[at..].strip_prefix(BEGIN)?;
    let kind = &rest[..find(&rest[..rest.len().min(KIND)], DASHES)?];
    if !(kind.ends_with(b"PRIVATE KEY") || kind.ends_with(b"PRIVATE KEY BLOCK")) {
        return None;
    }
    let body = &rest[kind.len() + DASHES.len()..];
    let in_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let start = &body[..body.len().min(HEADERS)];
    let run = start.split(|byte| !in_base64(byte)).find(|run| run.len() >= LEAST)?;
    if !is_random(run, 3.0) {
        return None;
    }
    let begun = bytes.len() - body.len();
    // The next dashes end the search, whosever they are, so nothing is read twice.
    let dashes = find(body, DASHES).filter(|end| body[*end..].starts_with(b"-----END "));
    let end = if let Some(end) = dashes {
        let line = body[end..].iter().take(KIND + BEGIN.len() + DASHES.len());
        end + line.take_while(|byte| byte.is_ascii_uppercase() || b"- ".contains(byte)).count()
    } else {
        let in_key = |byte: &&u8| in_base64(byte) || b"\r\n\\ ".contains(byte);
        body.iter().take_while(in_key).count()
    };
    Some(Found { rule: "a private key", range: at..begun + end })
}

/// Three parts between dots, of which the first two are JSON objects in base64.
pub(super) fn web_token(bytes: &[u8], at: usize) -> Option<Found> {
    const JSON: &[u8] = b"eyJ";
    const LEAST: usize = 10;
    /// Headers are short; what is longer would be read again at each of its words.
    const HEADER: usize = 400;
    /// The subject `1234567890`, which every tutorial shows.
    const TUTORIAL: &[u8] = b"eyJzdWIiOiIxMjM0NTY3ODkwI";
    let in_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let rest = bytes[at..].strip_prefix(JSON)?;
    let header = rest.iter().take(HEADER).take_while(in_part).count();
    let payload = rest[header..].strip_prefix(b".")?;
    if header < LEAST || !payload.starts_with(JSON) || payload.starts_with(TUTORIAL) {
        return None;
    }
    let claims = payload.iter().take_while(in_part).count();
    let signature = payload[claims..].strip_prefix(b".")?;
    let signed = signature.iter().take_while(in_part).count();
    if claims < LEAST || signed < LEAST {
        return None;
    }
    let end = bytes.len() - signature.len() + signed;
    Some(Found { rule: "a JSON web token", range: at..end })
}

/// `scheme://user:password@host`, where the password is none that stands for one.
pub(super) fn password_in_url(bytes: &[u8], at: usize) -> Option<Found> {
    const MARK: &[u8] = b"://";
    const LONGEST: usize = 300;
    if !at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric()) {
        return None;
    }
    let rest = bytes[at..].strip_prefix(MARK)?;
    let authority = rest.iter().take(LONGEST).take_while(|byte| in_authority(**byte)).count();
    let authority = &rest[..authority];
    let login = &authority[..authority.iter().rposition(|byte| *byte == b'@')?];
    let colon = login.iter().position(|byte| *byte == b':')?;
    let (user, password) = (&login[..colon], &login[colon + 1..]);
    if stands_for_one(password) || user == password {
        return None;
    }
    let start = at + MARK.len() + colon + 1;
    Some(Found { rule: "a password in a URL", range: start..start + password.len() })
}

fn in_authority(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'\\' | b'?' | b'#')
}

fn stands_for_one(password: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] = [b"pass", b"pw", b"pwd", b"token", b"test", b"root"];
    let lower = password.to_ascii_lowercase();
    password.len() < 4
        || WORDS.contains(&lower.as_slice())
        || is_placeholder(password)
        || matches!(password[0], b'$' | b'{' | b'<' | b'*' | b'[' | b'%' | b'.')
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
