//! Finds out where everything stands. What a value may look like is left to `serde_json`.

use super::{Kind, Member, Node};

/// Deeper than any file that a person writes.
const MAX_DEPTH: usize = 128;

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// The line, from 1.
    pub line: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// Reads a whole text. Comments as in JavaScript count as blanks.
///
/// # Errors
/// It is no JSON, or nested too deeply.
pub fn parse(text: &str) -> Result<Node, NotJson> {
    let mut scan = Scan { text, at: 0, depth: 0 };
    let node = scan.value()?;
    scan.blanks();
    if scan.at < text.len() {
        return Err(scan.fault("the end of the file"));
    }
    Ok(node)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn fault(&self, expected: &'static str) -> NotJson {
        NotJson { line: 1 + self.text[..self.at].matches('\n').count(), expected }
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank =
                rest.len() - rest.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']).len();
            self.at += blank;
            let rest = self.rest();
            let comment = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += comment;
        }
    }

    fn takes(&mut self, character: char) -> bool {
        self.blanks();
        let there = self.rest().starts_with(character);
        self.at += if there { character.len_utf8() } else { 0 };
        there
    }

    fn value(&mut self) -> Result<Node, NotJson> {
        self.blanks();
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('{') => self.deeper(Self::object)?,
            Some('[') => self.deeper(Self::array)?,
            Some('"') => Kind::Text(self.string()?),
            _ => self.plain()?,
        };
        Ok(Node { span: start..self.at, kind })
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Kind, NotJson>,
    ) -> Result<Kind, NotJson> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault("less nesting"));
        }
        self.depth += 1;
        self.at += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, NotJson> {
        let mut members = Vec::new();
        if self.takes('}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.blanks();
            let start = self.at;
            if !self.rest().starts_with('"') {
                return Err(self.fault("a name in quotes"));
            }
            let key = self.string()?;
            if !self.takes(':') {
                return Err(self.fault("`:`"));
            }
            members.push(Member { key, start, value: self.value()? });
            if self.takes('}') {
                return Ok(Kind::Object(members));
            }
            if !self.takes(',') {
                return Err(self.fault("`,` or `}`"));
            }
        }
    }

    fn array(&mut self) -> Result<Kind, NotJson> {
        let mut items = Vec::new();
        if self.takes(']') {
            return Ok(Kind::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.takes(']') {
                return Ok(Kind::Array(items));
            }
            if !self.takes(',') {
                return Err(self.fault("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let quoted = end.and_then(|end| rest.get(..end + 2));
        let text = quoted.and_then(|quoted| serde_json::from_str(quoted).ok());
        let (Some(quoted), Some(text)) = (quoted.map(str::len), text) else {
            return Err(self.fault("a text that ends"));
        };
        self.at += quoted;
        Ok(text)
    }

    fn plain(&mut self) -> Result<Kind, NotJson> {
        let word: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            .collect();
        if serde_json::from_str::<serde_json::Value>(&word).is_err() {
            return Err(self.fault("a value"));
        }
        self.at += word.len();
        Ok(Kind::Plain)
    }
}
