//! Whether a quote stands in a text, and where.

/// Of a quote with fewer letters and digits hardly any text is free.
const LEAST: usize = 4;

/// The lines, from 1, at which the quote stands. Blanks at the ends of a line do not count; a
/// quote may begin and end within a line.
pub fn places(text: &str, quote: &str) -> Vec<usize> {
    // What was made inert for a prompt may come back as it was shown.
    let plain = quote.replace("\\@", "@");
    let wanted = [quote, plain.as_str()].map(|quote| {
        let lines: Vec<&str> = quote.trim().lines().map(str::trim).collect();
        lines
    });
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let stands = |at: usize| wanted.iter().any(|wanted| stands(&lines[at..], wanted));
    (0..lines.len()).filter(|at| stands(*at)).map(|at| at + 1).collect()
}

/// Whether a quote says enough to be looked up: a brace stands everywhere and proves nothing.
pub fn says_something(quote: &str) -> bool {
    quote.chars().filter(|c| c.is_alphanumeric()).count() >= LEAST
}

fn stands(lines: &[&str], wanted: &[&str]) -> bool {
    match wanted {
        [] => false,
        [only] => lines.first().is_some_and(|line| line.contains(only)),
        [first, middle @ .., last] => {
            lines.len() >= wanted.len()
                && lines[0].ends_with(first)
                && lines[1..].iter().zip(middle).all(|(line, wanted)| line == wanted)
                && lines[wanted.len() - 1].starts_with(last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_where_they_stand() {
        let text =
            "fn main() {\n    let total = sum(&items);\t\n\n    print(total);\r\n}\n@dataclass\n";
        let rows: [(&str, &[usize]); 9] = [
            ("    let total = sum(&items);", &[2]),
            ("sum(&items)", &[2]),
            ("total", &[2, 4]),
            ("let total = sum(&items);\n\n    print(total);", &[2]),
            ("print(total);\n}\n", &[4]),
            ("\\@dataclass", &[6]),
            ("let total = sum(items);", &[]),
            ("let total = sum(&items);\nprint(total);", &[]),
            ("   \n", &[]),
        ];
        for (quote, lines) in rows {
            assert_eq!(places(text, quote), lines, "{quote:?}");
        }
    }

    #[test]
    fn a_brace_is_no_quote() {
        for (quote, enough) in [("}", false), ("  x = ", false), ("a, b", false), ("true", true)] {
            assert_eq!(says_something(quote), enough, "{quote:?}");
        }
    }
}
