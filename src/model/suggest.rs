//! Did you mean: the known names nearest to one that is not known.

/// At most three of the `known` names that someone who typed `asked` may have meant, nearest first.
pub fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let asked = asked.to_lowercase();
    let tolerance = (asked.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| Some((distance(&asked, &name.to_lowercase(), tolerance)?, name)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How far apart two names are, if that is near enough; a name that holds the other is near.
fn distance(asked: &str, name: &str, tolerance: usize) -> Option<usize> {
    // A long name cannot be near, and comparing it would cost the product of both lengths.
    let too_long = name.len() > 256 || asked.len() > 256;
    let edits = if too_long { usize::MAX } else { strsim::osa_distance(asked, name) };
    let holds = asked.len() >= 3 && name.contains(asked);
    match (edits <= tolerance, holds) {
        (true, _) => Some(edits),
        (false, true) => Some(tolerance + 1),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_their_name() {
        let known = ["review-diff", "review", "commit", "release-notes"];
        let rows: [(&str, &[&str]); 7] = [
            ("reveiw", &["review"]),
            ("Review-Dif", &["review-diff"]),
            ("comit", &["commit"]),
            ("notes", &["release-notes"]),
            ("xyz", &[]),
            ("", &[]),
            ("review-dif", &["review-diff"]),
        ];
        for (asked, expected) in rows {
            assert_eq!(nearest(asked, known), expected, "{asked}");
        }
    }
}
