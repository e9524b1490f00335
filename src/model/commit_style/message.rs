//! One commit message, taken apart.

/// Verbs that subjects begin with; none of them is a name.
const VERBS: [&str; 40] = [
    "add",
    "allow",
    "avoid",
    "build",
    "bump",
    "change",
    "clean",
    "correct",
    "create",
    "delete",
    "document",
    "drop",
    "enable",
    "ensure",
    "extend",
    "extract",
    "fix",
    "handle",
    "implement",
    "improve",
    "introduce",
    "keep",
    "make",
    "merge",
    "move",
    "prevent",
    "print",
    "refactor",
    "remove",
    "rename",
    "replace",
    "return",
    "set",
    "show",
    "simplify",
    "support",
    "test",
    "update",
    "use",
    "write",
];

/// Trailers by which somebody vouches for something.
const PERSONAL: [&str; 6] = [
    "signed-off-by:",
    "co-authored-by:",
    "reviewed-by:",
    "acked-by:",
    "tested-by:",
    "reported-by:",
];

/// A message in its parts.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    pub(super) subject: &'a str,
    /// What stands under the subject; it should be empty.
    pub(super) second_line: &'a str,
    body: &'a str,
}

/// What stands before the first colon of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix<'a> {
    /// Without the scope: `fix` of `fix(parser)!`.
    pub(super) kind: &'a str,
    /// The bytes with colon and blank.
    len: usize,
}

impl<'a> Message<'a> {
    /// The message, unless it is blank.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (subject, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (second_line, body) = rest.split_once('\n').unwrap_or((rest, ""));
        let (subject, second_line) = (subject.trim_end(), second_line.trim_end());
        (!subject.is_empty()).then_some(Self { subject, second_line, body })
    }

    /// Whether git or a forge wrote it.
    pub(super) fn is_made_by_git(&self) -> bool {
        ["Merge ", "Revert \"", "fixup! ", "squash! ", "amend! "]
            .iter()
            .any(|begin| self.subject.starts_with(begin))
    }

    /// What the subject begins with: one word, perhaps a scope, a colon and a blank.
    pub(super) fn prefix(&self) -> Option<Prefix<'a>> {
        let (prefix, _) = self.subject.split_once(": ")?;
        let kind = prefix.strip_suffix('!').unwrap_or(prefix);
        let kind = match kind.split_once('(') {
            Some((kind, scope)) if scope.ends_with(')') => kind,
            Some(_) => return None,
            None => kind,
        };
        let plain = |c: char| c.is_alphanumeric() || "-_./*{},+".contains(c);
        let area = !kind.is_empty() && kind.split(", ").all(|part| part.chars().all(plain));
        area.then_some(Prefix { kind, len: prefix.len() + ": ".len() })
    }

    /// Whether the first word after the prefix begins with a capital; nothing where it is code,
    /// a number, or all in capitals.
    pub(super) fn begins_with_capital(&self) -> Option<bool> {
        let word = self.first_word();
        let first = word.chars().next().filter(|c| c.is_alphabetic())?;
        let rest = &word[first.len_utf8()..];
        let plain = rest.chars().all(|c| c.is_lowercase() || "-'’,".contains(c));
        plain.then(|| first.is_uppercase())
    }

    /// Whether the first word after the prefix is one that is no name.
    pub(super) fn begins_with_verb(&self) -> bool {
        VERBS.contains(&self.first_word().to_lowercase().as_str())
    }

    /// The widest line of prose in the body, in characters; nothing where there is no body. What
    /// cannot be wrapped does not count: a single word such as an address, code, a table, a quote,
    /// a trailer.
    pub(super) fn body_width(&self) -> Option<usize> {
        let mut fenced = false;
        let mut widest = None;
        for line in self.body.lines() {
            fenced ^= line.trim_start().starts_with("```");
            let indented = line.starts_with("    ") || line.starts_with('\t');
            let quoted = line.starts_with(['|', '>']);
            if line.trim().is_empty() || fenced || indented || quoted || is_trailer(line) {
                continue;
            }
            let words = line.trim_start_matches(['-', '*', ' ']).split_whitespace().count();
            let width = if words > 1 { line.trim_end().chars().count() } else { 0 };
            widest = widest.max(Some(width));
        }
        widest
    }

    /// What was put around the message that does not belong to it.
    pub(super) fn wrapping(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.subject.starts_with("```") || self.subject.starts_with("~~~") {
            faults.push("the message stands in a fence; give it without".to_owned());
        }
        let quotes = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”')];
        let mut ends = self.subject.chars();
        if let (Some(first), Some(last)) = (ends.next(), ends.next_back())
            && quotes.contains(&(first, last))
            && (first != '`' || self.subject.matches('`').count() == 2)
        {
            faults.push("the subject stands in quotation marks; give it without".to_owned());
        }
        if self.subject.starts_with('#') || self.body.lines().any(|line| line.starts_with('#')) {
            faults.push("git takes a line that begins with `#` for a comment".to_owned());
        }
        faults
    }

    /// A trailer that only a person can give.
    pub(super) fn personal_trailer(&self) -> Option<&'a str> {
        self.body.lines().map(str::trim).find(|line| {
            let line = line.to_lowercase();
            PERSONAL.iter().any(|trailer| line.starts_with(trailer))
        })
    }

    fn first_word(&self) -> &'a str {
        let start = self.prefix().map_or(0, |prefix| prefix.len);
        self.subject[start..].split_whitespace().next().unwrap_or_default()
    }
}

/// `Reviewed-by: Ada`: words joined by hyphens, a colon, and something after it.
fn is_trailer(line: &str) -> bool {
    let Some((name, _)) = line.split_once(": ") else { return false };
    name.starts_with(char::is_uppercase)
        && name.contains('-')
        && name.chars().all(|c| c.is_alphanumeric() || c == '-')
}
