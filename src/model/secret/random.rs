//! Whether something was made by chance: keys are, examples and placeholders are not.

/// So much of a key says enough about all of it.
const LOOKED_AT: usize = 64;

/// Words that stand where a key would. They are far too long to turn up in one by chance.
const PLACEHOLDERS: [&[u8]; 14] = [
    b"example",
    b"placeholder",
    b"changeme",
    b"change-me",
    b"change_me",
    b"dummy",
    b"your",
    b"xxxx",
    b"redacted",
    b"sample",
    b"fake",
    b"notreal",
    b"password",
    b"secret",
];

/// Whether a key may read so: many different characters, in no order, no word for a key.
pub(super) fn is_random(body: &[u8], least_bits: f64) -> bool {
    let body = &body[..body.len().min(LOOKED_AT)];
    // The cheapest first: this is asked at every place where a key could begin.
    n_different(body) >= DIFFERENT
        && !is_row(body)
        && bits(body) >= least_bits
        && !is_placeholder(body)
}

/// Fewer different characters than these are no key's.
const DIFFERENT: usize = 7;

fn n_different(body: &[u8]) -> usize {
    let mut seen = [false; 256];
    body.iter().filter(|byte| !std::mem::replace(&mut seen[usize::from(**byte)], true)).count()
}

/// Whether it holds a word that stands for a key.
pub(super) fn is_placeholder(body: &[u8]) -> bool {
    let lower = body.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.windows(word.len()).any(|window| window == *word))
}

/// `abcdefgh`, `12345678`, `aaaaaaaa`: most of it follows from what comes before.
fn is_row(body: &[u8]) -> bool {
    let steps = body.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1).count();
    steps * 2 > body.len()
}

/// Shannon's entropy of one character, in bits.
fn bits(body: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in body {
        counts[usize::from(*byte)] += 1;
    }
    let all = f64::from(counts.iter().sum::<u32>());
    let share = |count: &u32| f64::from(*count) / all;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_examples_are_not() {
        let rows = [
            ("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", true),
            ("9f86d081884c7d659a2feaa0c55ad015", true),
            ("QWERTY7ZP2LKJ4MX", true),
            ("xxxxxxxxxxxxxxxxxxxxxxxx", false),
            ("0000000000000000000000000000000000000000", false),
            ("abcdefghijklmnopqrstuvwxyz0123456789", false),
            ("1234567890abcdef1234567890abcdef", false),
            ("IOSFODNN7EXAMPLE", false),
            ("yourKeyGoesHere8f7g6h5j4k3l", false),
            ("ababababababababab", false),
            ("", false),
        ];
        for (body, expected) in rows {
            assert_eq!(is_random(body.as_bytes(), 2.8), expected, "{body}");
        }
    }
}
