//! Keys that say by their first letters whose they are.

use super::{Found, random::is_random};

/// A prefix that a service gives its keys, and what follows it.
pub(super) struct Token {
    pub(super) prefix: &'static str,
    pub(super) body: Body,
    /// How many characters follow at least.
    pub(super) least: usize,
    pub(super) rule: &'static str,
}

/// What a key's body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same and `.`.
    Dotted,
    /// The same and `/`, for the path of an address.
    Path,
    /// Letters, digits, `+`, `/`, `=` and `%`.
    Base64,
    /// Capital letters and digits, and exactly so many.
    Capitals,
    /// Digits and small letters to `f`, and exactly so many.
    Hex,
    /// A word that holds the mark of the older keys of `OpenAI`.
    Marked,
}

const fn row(prefix: &'static str, body: Body, least: usize, rule: &'static str) -> Token {
    Token { prefix, body, least, rule }
}

pub(super) const TOKENS: &[Token] = &[
    row("sk-ant-", Body::Word, 20, "an Anthropic key"),
    row("sk-proj-", Body::Word, 20, "an OpenAI key"),
    row("sk-svcacct-", Body::Word, 20, "an OpenAI key"),
    row("sk-admin-", Body::Word, 20, "an OpenAI key"),
    row("sk-", Body::Marked, 40, "an OpenAI key"),
    row("AKIA", Body::Capitals, 16, "an AWS key"),
    row("ASIA", Body::Capitals, 16, "an AWS key"),
    row("ghp_", Body::Word, 36, "a GitHub token"),
    row("gho_", Body::Word, 36, "a GitHub token"),
    row("ghu_", Body::Word, 36, "a GitHub token"),
    row("ghs_", Body::Word, 36, "a GitHub token"),
    row("ghr_", Body::Word, 36, "a GitHub token"),
    row("github_pat_", Body::Word, 22, "a GitHub token"),
    row("glpat-", Body::Dotted, 20, "a GitLab token"),
    row("gldt-", Body::Word, 20, "a GitLab token"),
    row("glrt-", Body::Dotted, 20, "a GitLab token"),
    row("glptt-", Body::Word, 20, "a GitLab token"),
    row("xoxa-", Body::Word, 20, "a Slack token"),
    row("xoxb-", Body::Word, 20, "a Slack token"),
    row("xoxe-", Body::Word, 20, "a Slack token"),
    row("xoxp-", Body::Word, 20, "a Slack token"),
    row("xoxr-", Body::Word, 20, "a Slack token"),
    row("xoxs-", Body::Word, 20, "a Slack token"),
    row("xapp-", Body::Word, 20, "a Slack token"),
    row("hooks.slack.com/services/", Body::Path, 30, "a Slack webhook"),
    row("sk_live_", Body::Word, 20, "a Stripe key"),
    row("rk_live_", Body::Word, 20, "a Stripe key"),
    row("whsec_", Body::Base64, 30, "a Stripe signing secret"),
    row("AIza", Body::Word, 35, "a Google key"),
    row("ya29.", Body::Dotted, 20, "a Google token"),
    row("GOCSPX-", Body::Word, 24, "a Google client secret"),
    row("npm_", Body::Word, 36, "an npm token"),
    row("pypi-", Body::Word, 40, "a PyPI token"),
    row("AccountKey=", Body::Base64, 80, "an Azure storage key"),
    row("SharedAccessKey=", Body::Base64, 40, "an Azure key"),
    row("sig=", Body::Base64, 43, "an Azure signature"),
    row("SG.", Body::Dotted, 40, "a SendGrid key"),
    row("SK", Body::Hex, 32, "a Twilio key"),
    row("hf_", Body::Word, 34, "a Hugging Face token"),
    row("dop_v1_", Body::Word, 40, "a DigitalOcean token"),
    row("doo_v1_", Body::Word, 40, "a DigitalOcean token"),
    row("shpat_", Body::Word, 32, "a Shopify token"),
    row("dckr_pat_", Body::Word, 20, "a Docker token"),
    row("dapi", Body::Hex, 32, "a Databricks token"),
    row("hvs.", Body::Word, 24, "a Vault token"),
    row("AGE-SECRET-KEY-1", Body::Word, 40, "an age key"),
];

/// Whether a token, or a web token, may begin with this byte.
pub(super) fn begins(byte: u8) -> bool {
    const FIRST: [bool; 256] = first();
    FIRST[usize::from(byte)]
}

const fn first() -> [bool; 256] {
    let mut first = [false; 256];
    first[b'e' as usize] = true;
    let mut at = 0;
    while at < TOKENS.len() {
        first[TOKENS[at].prefix.as_bytes()[0] as usize] = true;
        at += 1;
    }
    first
}

/// The token that begins at this byte, which begins a word.
pub(super) fn found(bytes: &[u8], at: usize) -> Option<Found> {
    TOKENS.iter().find_map(|token| {
        let rest = bytes[at..].strip_prefix(token.prefix.as_bytes())?;
        let length = token.body.length(rest, token.least)?;
        let start = at + token.prefix.len();
        // What leads up to a secret address, or a parameter, is no secret.
        let begin = if matches!(token.body, Body::Path | Body::Base64) { start } else { at };
        Some(Found { rule: token.rule, range: begin..start + length })
    })
}

impl Body {
    /// How long the body is that begins here; `None` where it is none, or no key's.
    fn length(self, rest: &[u8], least: usize) -> Option<usize> {
        // First no more than decides, so that no place of a text is read again and again.
        let start = &rest[..rest.len().min(least)];
        if start.len() < least || !start.iter().all(|byte| self.holds(*byte)) {
            return None;
        }
        if !is_random(start, self.bits()) {
            return None;
        }
        let length = least + rest[least..].iter().take_while(|byte| self.holds(**byte)).count();
        let is_whole = !rest.get(least).is_some_and(u8::is_ascii_alphanumeric);
        let fits = match self {
            Self::Word | Self::Dotted | Self::Path | Self::Base64 => true,
            Self::Capitals | Self::Hex => is_whole,
            Self::Marked => rest[..length.min(64)].windows(8).any(|window| window == b"T3BlbkFJ"),
        };
        fits.then_some(length)
    }

    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Word | Self::Marked => byte.is_ascii_alphanumeric() || b"_-".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"_-.".contains(&byte),
            Self::Path => byte.is_ascii_alphanumeric() || b"_-./".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"+/=%".contains(&byte),
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        }
    }

    /// How different its characters are at least.
    fn bits(self) -> f64 {
        match self {
            Self::Capitals | Self::Hex => 2.5,
            Self::Word | Self::Dotted | Self::Path | Self::Base64 | Self::Marked => 3.0,
        }
    }
}
