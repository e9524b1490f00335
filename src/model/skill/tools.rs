//! Lists of tools, in every shape that people write them.

/// The tools that a text names, separated by commas or spaces; parentheses hold a rule together,
/// as in `Read, Bash(git add *)`.
pub fn split(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let separator = move |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (character == ',' || character.is_whitespace())
    };
    text.split(separator).filter(|tool| !tool.is_empty()).map(str::to_owned).collect()
}

/// The tool of a rule: `Bash` of `Bash(git add *)`.
pub fn tool_of(rule: &str) -> &str {
    rule.split_once('(').map_or(rule, |(tool, _)| tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_split() {
        let rows: [(&str, &[&str]); 8] = [
            ("", &[]),
            (" , ,", &[]),
            ("Read", &["Read"]),
            ("Read Grep", &["Read", "Grep"]),
            ("Read, Grep,Glob", &["Read", "Grep", "Glob"]),
            ("Bash(git add *), Read", &["Bash(git add *)", "Read"]),
            ("Bash(a (b, c) d) mcp__x__y", &["Bash(a (b, c) d)", "mcp__x__y"]),
            ("Bash(git add *, Read", &["Bash(git add *, Read"]),
        ];
        for (text, expected) in rows {
            assert_eq!(split(text), expected, "{text:?}");
        }
        assert_eq!(tool_of("Bash(git add *)"), "Bash");
        assert_eq!(tool_of("Read"), "Read");
    }
}
