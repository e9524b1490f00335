//! `password = "…"`: a value that looks random, after a name that says that it is a secret.
//!
//! The weakest of the rules, so it asks for the most: a name that ends in a word for a secret, and
//! a value of letters and digits mixed, that is no hash, no id, no path and no word for a secret.

use super::{
    Found,
    random::{is_placeholder, is_random},
    tokens,
};

/// What a name ends in, without `_`, `-` and `.`.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "authkey",
    "credential",
];
/// Names that end so and are no secrets.
const HARMLESS: [&str; 4] = ["pagetoken", "nexttoken", "synctoken", "continuationtoken"];
const LONGEST_NAME: usize = 40;
const SHORTEST: usize = 12;
const LONGEST: usize = 200;
/// What a stored hash begins with, in small letters.
const HASHES: [&[u8]; 6] = [b"sha", b"md5", b"pbkdf2", b"argon2", b"bcrypt", b"scrypt"];

/// Takes the place of a `:` or a `=`.
pub(super) fn found(bytes: &[u8], at: usize) -> Option<Found> {
    let (name, quoted_name) = name(bytes, at)?;
    let after = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'>'));
    if matches!(bytes.get(at + 1), Some(b'=' | b':')) {
        return None;
    }
    let blanks = bytes[after..].iter().take(3).take_while(|byte| **byte == b' ').count();
    let start = after + blanks;
    let escaped = usize::from(bytes.get(start) == Some(&b'\\'));
    let range = match bytes.get(start + escaped)? {
        quote @ (b'"' | b'\'' | b'`') => {
            let start = start + escaped + 1;
            let length = length(&bytes[start..], |byte| {
                byte.is_ascii_graphic() && byte != *quote && byte != b'\\'
            })?;
            let end = bytes.get(start + length)?;
            if end != quote && *end != b'\\' {
                return None;
            }
            start..start + length
        }
        _ if quoted_name || !begins_line(bytes, name.start) => return None,
        _ => {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_.~!@#%^&*-".contains(&byte);
            let length = length(&bytes[start..], plain)?;
            if !matches!(bytes.get(start + length), None | Some(b'\n' | b'\r')) {
                return None;
            }
            start..start + length
        }
    };
    let own = tokens::found(bytes, range.start).is_some();
    (!own && is_secret(&bytes[range.clone()])).then_some(Found { rule: "a password or key", range })
}

/// Where the name before a sign of assignment stands, if it is one of a secret, and whether it
/// stands in quotes.
fn name(bytes: &[u8], at: usize) -> Option<(std::ops::Range<usize>, bool)> {
    let mut end = at;
    // `:=` and `key =`; but `==` and `!=` compare.
    if end > 0 && bytes[at] == b'=' && bytes[end - 1] == b':' {
        end -= 1;
    }
    while end > 0 && at - end < 3 && bytes[end - 1] == b' ' {
        end -= 1;
    }
    let quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'`');
    if quoted {
        end -= 1;
        if end > 0 && bytes[end - 1] == b'\\' {
            end -= 1;
        }
    }
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let tail = &bytes[end.saturating_sub(LONGEST_NAME)..end];
    let length = tail.iter().rev().take_while(in_name).count();
    let joined: String = bytes[end - length..end]
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let names = NAMES.iter().any(|name| joined.ends_with(name));
    let harmless = HARMLESS.iter().any(|name| joined.ends_with(name));
    (names && !harmless).then_some((end - length..end, quoted))
}

/// How much of it holds, if that is as long as a secret.
fn length(rest: &[u8], holds: impl Fn(u8) -> bool) -> Option<usize> {
    let length = rest.iter().take(LONGEST + 1).take_while(|byte| holds(**byte)).count();
    (SHORTEST..=LONGEST).contains(&length).then_some(length)
}

/// Whether nothing but blanks, signs of a list or a patch, or `export` stand before it in its line.
fn begins_line(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(LONGEST_NAME)..at];
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = line.len() < before.len() || before.len() == at;
    let line = line.trim_ascii();
    whole && line.strip_suffix(b"export").unwrap_or(line).iter().all(|byte| b" +-".contains(byte))
}

fn is_secret(value: &[u8]) -> bool {
    let n = |of: fn(&u8) -> bool| value.iter().filter(|byte| of(byte)).count();
    let (digits, letters) = (n(u8::is_ascii_digit), n(u8::is_ascii_alphabetic));
    let lower = value.to_ascii_lowercase();
    let refers = matches!(value[0], b'$' | b'{' | b'<' | b'%' | b'*' | b'[' | b'/' | b'.' | b'~')
        || value.windows(2).any(|pair| matches!(pair, b"${" | b"{{" | b"$(" | b"//" | b"()"));
    digits >= 2
        && letters >= 3
        && !refers
        && !HASHES.iter().any(|hash| lower.starts_with(hash))
        && !is_uuid(value)
        && !is_placeholder(value)
        && is_random(value, 3.2)
}

/// `8-4-4-4-12` hexadecimal digits: an id of something, more often than a secret.
fn is_uuid(value: &[u8]) -> bool {
    let parts: Vec<usize> = value.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    parts == [8, 4, 4, 4, 12] && value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}
