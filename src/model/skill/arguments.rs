//! The arguments of a skill: as they were typed, cut into words, and by name.

/// What a skill is called with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// All of them as typed: `$ARGUMENTS`.
    pub raw: String,
    /// Each by itself: `$0`, `$ARGUMENTS[0]`, ….
    pub list: Vec<String>,
    /// The declared names in order, each with its value if it has one: `$name`. The first belong
    /// to the arguments at the same positions.
    pub named: Vec<(String, Option<String>)>,
}

impl Arguments {
    /// The arguments of one line, as typed after a skill's name in Claude Code.
    pub fn from_line(line: &str, names: &[String]) -> Self {
        Self::new(line.to_owned(), split(line), names)
    }

    /// The arguments that a shell has cut already.
    pub fn from_words(words: &[String], names: &[String]) -> Self {
        let raw: Vec<String> = words.iter().map(|word| quote(word)).collect();
        Self::new(raw.join(" "), words.to_vec(), names)
    }

    fn new(raw: String, list: Vec<String>, names: &[String]) -> Self {
        let value = |(index, name): (usize, &String)| (name.clone(), list.get(index).cloned());
        Self { named: names.iter().enumerate().map(value).collect(), raw, list }
    }

    /// Gives a value to a name; one that is not declared is added.
    pub fn set(&mut self, name: &str, value: String) {
        match self.named.iter_mut().find(|(declared, _)| declared == name) {
            Some((_, slot)) => *slot = Some(value),
            None => self.named.push((name.to_owned(), Some(value))),
        }
    }
}

/// Cuts a line into words as a shell does: quotes hold words together, a backslash takes the next
/// character as it is. A line with an open quote is cut at its spaces.
pub fn split(line: &str) -> Vec<String> {
    words(line).unwrap_or_else(|| line.split_whitespace().map(str::to_owned).collect())
}

fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                quoted(&mut characters, character, word)?;
            }
            '\\' => word.get_or_insert_default().extend(characters.next()),
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

/// The text up to the closing quote; `None` if there is none.
fn quoted(characters: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Option<()> {
    loop {
        match (characters.next()?, quote) {
            (character, quote) if character == quote => return Some(()),
            ('\\', '"') => match characters.next()? {
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            (character, _) => word.push(character),
        }
    }
}

/// A word as it would have to be typed.
fn quote(word: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !"'\"\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let escaped: String = word
        .chars()
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_cut_as_by_a_shell() {
        let rows: [(&str, &[&str]); 12] = [
            ("", &[]),
            ("  ", &[]),
            ("a b\tc\nd", &["a", "b", "c", "d"]),
            (r#""one two" three"#, &["one two", "three"]),
            ("'a b' c'd e'f", &["a b", "cd ef"]),
            (r#"a "" ''"#, &["a", "", ""]),
            (r"a\ b \'c", &["a b", "'c"]),
            (r#""a\"b" "c\\d" "e\nf""#, &["a\"b", r"c\d", r"e\nf"]),
            (r"'a\b'", &[r"a\b"]),
            ("don't do this", &["don't", "do", "this"]),
            ("$HOME *.rs > x | y", &["$HOME", "*.rs", ">", "x", "|", "y"]),
            (r"end\", &["end"]),
        ];
        for (line, expected) in rows {
            assert_eq!(split(line), expected, "{line:?}");
        }
    }

    #[test]
    fn values_have_names_and_positions() {
        let names = ["first".to_owned(), "second".to_owned()];
        let mut arguments = Arguments::from_words(&["one two".to_owned()], &names);
        assert_eq!(arguments.raw, r#""one two""#);
        arguments.set("second", "2".to_owned());
        arguments.set("third", "3".to_owned());
        let named: Vec<(&str, Option<&str>)> =
            arguments.named.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(
            named,
            [("first", Some("one two")), ("second", Some("2")), ("third", Some("3"))]
        );
    }

    proptest! {
        #[test]
        fn words_survive_being_typed(words in proptest::collection::vec(any::<String>(), 0..5)) {
            let typed = Arguments::from_words(&words, &[]).raw;
            prop_assert_eq!(split(&typed), words);
        }
    }
}
