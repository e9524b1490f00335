//! Lines of aligned columns, for lists.

use super::{
    look::{Look, Symbols, Tone},
    wrap,
};
use crate::model::text;

/// Columns are this far apart.
const GAP: usize = 2;

/// With fewer columns left for it, the last cell of a row says too little.
const NARROWEST_LAST: usize = 16;

/// Rows under a head; every text may come from anywhere and is made inert. On a terminal the last
/// column is cut to the width, since a folded row cannot be read. Where that leaves too little, or
/// a screen reader listens, each row is a block of its own, every cell after its title.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]], look: Look) -> String {
    let inert: Vec<[String; N]> = rows
        .iter()
        .map(|row| std::array::from_fn(|column| text::sanitize_line(&row[column]).into_owned()))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = inert.iter().map(|row| wrap::columns(&row[column]));
        cells.chain([wrap::columns(head[column])]).max().unwrap_or_default()
    });
    let before_last: usize = widths[..N.saturating_sub(1)].iter().map(|width| width + GAP).sum();
    let narrow = look.width.is_some_and(|width| usize::from(width) < before_last + NARROWEST_LAST);
    if narrow || look.symbols == Symbols::Words {
        return inert.iter().map(|cells| block(&head, cells, look)).collect();
    }
    let heading = row(&head.map(str::to_owned), &widths, look);
    let mut lines = format!("{}\n", look.paint(&heading, Tone::Faint));
    for cells in &inert {
        lines.push_str(&row(cells, &widths, look));
        lines.push('\n');
    }
    lines
}

fn block<const N: usize>(head: &[&str; N], cells: &[String; N], look: Look) -> String {
    const INDENT: usize = 2;
    let mut lines = String::new();
    let filled = head.iter().zip(cells).enumerate().filter(|(_, (_, cell))| !cell.is_empty());
    for (place, (title, cell)) in filled {
        let line =
            if place == 0 { cell.clone() } else { format!("{title}: {}", cell.trim_start()) };
        let indent = if place == 0 { 0 } else { INDENT };
        lines.extend(std::iter::repeat_n(' ', indent));
        lines.push_str(&wrap::text(&line, look.width, indent));
        lines.push('\n');
    }
    lines
}

fn row<const N: usize>(cells: &[String; N], widths: &[usize; N], look: Look) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (column, cell) in cells.iter().enumerate() {
        if column + 1 == N {
            let room = look.width.map(|width| usize::from(width).saturating_sub(used));
            let shown = match room {
                Some(room) => wrap::cut(cell, room.max(1), look.ellipsis()),
                None => cell.clone(),
            };
            line.push_str(&shown);
        } else {
            line.push_str(cell);
            let padding = widths[column] - wrap::columns(cell) + GAP;
            line.extend(std::iter::repeat_n(' ', padding));
            used += widths[column] + GAP;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, str};

    use super::*;

    fn rows() -> Vec<[String; 3]> {
        vec![
            ["review-diff".into(), "user".into(), "Reviews a diff, and says why".into()],
            ["日本".into(), "bundled".into(), "wide\u{1b}[2J\nforged row".into()],
            ["x".into(), String::new(), String::new()],
        ]
    }

    #[test]
    fn columns_are_aligned_whatever_they_hold() {
        let shown = table(["name", "source", "description"], &rows(), Look::PLAIN);
        assert_data_eq!(
            shown,
            str![[r#"
name         source   description
review-diff  user     Reviews a diff, and says why
日本         bundled  wide␛[2J␊forged row
x

"#]]
            .raw()
        );
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let look = Look { width: Some(40), ..Look::PLAIN };
        let shown = table(["name", "source", "description"], &rows(), look);
        assert!(shown.lines().all(|line| wrap::columns(line) <= 40), "{shown}");
        assert_data_eq!(
            shown,
            str![[r#"
name         source   description
review-diff  user     Reviews a diff, a…
日本         bundled  wide␛[2J␊forged r…
x

"#]]
            .raw()
        );
    }

    #[test]
    fn where_no_row_fits_each_is_told_by_itself() {
        let look = Look { width: Some(30), ..Look::PLAIN };
        let shown = table(["name", "source", "description"], &rows(), look);
        assert!(shown.lines().all(|line| wrap::columns(line) <= 30), "{shown}");
        assert_data_eq!(
            shown,
            str![[r#"
review-diff
  source: user
  description: Reviews a diff,
  and says why
日本
  source: bundled
  description: wide␛[2J␊forged
  row
x

"#]]
            .raw()
        );
        let spoken = Look { symbols: Symbols::Words, ..Look::PLAIN };
        let spoken = table(["name", "source", "description"], &rows(), spoken);
        assert!(spoken.contains("\n  description: Reviews a diff, and says why\n"), "{spoken}");
    }
}
