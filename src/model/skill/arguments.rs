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

/// Cuts a line into words as Claude Code does: quotes hold words together, what stands in quotes
/// stays as it is, a backslash outside takes the next character, and an open quote takes the rest
/// of the line. Operators and assignments of a shell, which swallow words there, are words here:
/// nothing that a user typed gets lost.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\'' | '"' => {
                let end = closing(rest, character);
                let word = word.get_or_insert_default();
                if let Some(end) = end {
                    word.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                } else {
                    word.push(character);
                    word.push_str(rest.trim_end());
                    rest = "";
                }
            }
            '\\' => {
                let next = rest.chars().next();
                word.get_or_insert_default().extend(next);
                rest = &rest[next.map_or(0, char::len_utf8)..];
            }
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

/// Where the quote closes; a backslash protects a double quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut protected = false;
    text.char_indices().find_map(|(at, character)| {
        let closes = character == quote && !protected;
        protected = quote == '"' && character == '\\' && !protected;
        closes.then_some(at)
    })
}

/// A word as it would have to be typed.
fn quote(word: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !"'\"\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(['"', '\\']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_cut_as_by_a_shell() {
        // Measured on claude 2.1.328, but for the last two rows.
        let rows: [(&str, &[&str]); 17] = [
            ("", &[]),
            ("  ", &[]),
            ("a\tb  c", &["a", "b", "c"]),
            (r#""one two" three"#, &["one two", "three"]),
            (r#"a"b c"d 'e f'g"#, &["ab cd", "e fg"]),
            (r#""" '' c"#, &["", "", "c"]),
            (r#"a\"b a\\b \n a\ b"#, &["a\"b", r"a\b", "n", "a b"]),
            (r#"x "a\\b" "\$x" "c\"d""#, &["x", r"a\\b", r"\$x", r#"c\"d"#]),
            (r"'a\b'", &[r"a\b"]),
            ("don't do this", &["don't do this"]),
            ("x \"open y z", &["x", "\"open y z"]),
            (r"'it\'s' b", &[r"it\s' b"]),
            ("-x --long=v k=v *.rs ~", &["-x", "--long=v", "k=v", "*.rs", "~"]),
            (r#"ä "ö ü""#, &["ä", "ö ü"]),
            (r"end\", &["end"]),
            ("k=v $HOME > x | y", &["k=v", "$HOME", ">", "x", "|", "y"]),
            ("a;b `c` #d", &["a;b", "`c`", "#d"]),
        ];
        for (line, expected) in rows {
            assert_eq!(split(line), expected, "{line:?}");
        }
    }

    #[test]
    fn values_have_names_and_positions() {
        let declared = ["first".to_owned(), "second".to_owned()];
        let mut arguments = Arguments::from_words(&["one two".to_owned()], &declared);
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
