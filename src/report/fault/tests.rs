use std::path::Path;

use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::skill::front_matter;

fn spot(source: &str, needle: &str) -> Spot {
    let start = source.find(needle).unwrap();
    Spot {
        path: "skills/review/SKILL.md".into(),
        source: source.into(),
        span: start..start + needle.len(),
        message: "this is wrong".to_owned(),
        help: Some("write something else".to_owned()),
    }
}

#[test]
fn a_fault_says_what_why_where_and_what_to_do() {
    let source = "---\nname: réview\ndescription: Use: this\n---\nbody\n";
    let fault = Fault::invalid("the skill `review` cannot be read")
        .because("the front matter is not valid YAML")
        .at(spot(source, "Use: this"))
        .at(spot(source, "---"))
        .hint("put it in quotes")
        .hint("two\nlines");
    assert_data_eq!(
        render(&fault, Style::Plain),
        str![[r#"
error: the skill `review` cannot be read
caused by: the front matter is not valid YAML
 --> skills/review/SKILL.md:3:14
  |
2 | name: réview
3 | description: Use: this
  |              ^^^^^^^^^ this is wrong
4 | ---
  |
  = help: write something else
 --> skills/review/SKILL.md:1:1
  |
1 | ---
  | ^^^ this is wrong
2 | name: réview
  |
  = help: write something else
hint: put it in quotes
hint: two
    lines

"#]]
        .raw()
    );
}

#[test]
fn a_warning_carries_its_message_once() {
    let shown = render_warning(&spot("a\nb: \tc\nd\n", "c"), Style::Plain);
    assert_data_eq!(
        shown + &render_notice("no place", Style::Plain),
        str![[r#"
warning: this is wrong
 --> skills/review/SKILL.md:2:5
  |
1 | a
2 | b:     c
  |        ^
3 | d
  |
  = help: write something else
warning: no place

"#]]
        .raw()
    );
}

#[test]
fn colors_only_where_asked() {
    let fault = Fault::usage("no").at(spot("x", "x")).hint("yes");
    let colored = render(&fault, Style::Colored);
    assert!(colored.contains("\x1b["), "{colored:?}");
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), render(&fault, Style::Plain));
}

#[test]
fn hostile_text_is_inert() {
    let source = "first\nevil \x1b[2J\u{202e} and \x07\r\nlast\x1b]0;title\x07";
    let mut place = spot(source, "\x1b[2J\u{202e} and \x07");
    place.path = "a\x1b[31m\nb/SKILL.md".into();
    place.message = "bad\x1b[0m\nerror: forged".to_owned();
    place.help = Some("\u{200b}\x08help".to_owned());
    let fault = Fault::invalid("m\x1b[1m\nerror: forged")
        .because("c\u{9b}31m")
        .at(place.clone())
        .hint("h\rint: x");
    let shown = render(&fault, Style::Plain) + &render_warning(&place, Style::Plain);
    assert!(!shown.chars().any(|c| text::is_hidden(c) && c != '\n'), "{shown:?}");
    assert_data_eq!(
        shown,
        str![[r#"
error: m␛[1m
    error: forged
caused by: c�31m
 --> a␛[31m␊b/SKILL.md:2:6
  |
1 | first
2 | evil ␛[2J� and ␇
  |      ^^^^^^^^^^^ bad␛[0m␊error: forged
3 | last␛]0;title␇
  |
  = help: �␈help
hint: h␍int: x
warning: bad␛[0m
    error: forged
 --> a␛[31m␊b/SKILL.md:2:6
  |
1 | first
2 | evil ␛[2J� and ␇
  |      ^^^^^^^^^^^
3 | last␛]0;title␇
  |
  = help: �␈help

"#]]
        .raw()
    );
}

#[test]
fn odd_places_are_drawn_all_the_same() {
    let long = format!("{}X{}\n", "a".repeat(100_000), "b".repeat(100_000));
    let rows = [
        ("", 0..0),
        ("text\n", 5..5),
        ("a\nb\nc\n", 0..6),
        ("é", 1..1),
        ("short", 90..99),
        (long.as_str(), 100_000..100_001),
    ];
    let shown: Vec<String> = rows
        .into_iter()
        .map(|(source, span)| {
            render_warning(&Spot { span, help: None, ..spot(source, "") }, Style::Plain)
        })
        .collect();
    assert_data_eq!(shown.join("\n"), str![[r#"
warning: this is wrong
 --> skills/review/SKILL.md:1:1
  |
1 |
  | ^

warning: this is wrong
 --> skills/review/SKILL.md:1:6
  |
1 | text
  |     ^

warning: this is wrong
 --> skills/review/SKILL.md:1:1
  |
1 | a
  | ^
2 | b
  |

warning: this is wrong
 --> skills/review/SKILL.md:1:1
  |
1 | é
  | ^

warning: this is wrong
 --> skills/review/SKILL.md:1:6
  |
1 | short
  |      ^

warning: this is wrong
 --> skills/review/SKILL.md:1:100001
  |
1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...
  |                                                                    ^

"#]].raw());
}

#[test]
fn many_places_are_counted() {
    let fault = (0..30).fold(Fault::invalid("m"), |fault, _| fault.at(spot("x", "x")));
    let shown = render(&fault, Style::Plain);
    assert_eq!(shown.matches("SKILL.md:1:1").count(), 20);
    assert!(shown.ends_with("… and 10 more\n"), "{shown}");
}

#[test]
fn broken_front_matter_is_underlined() {
    let source = "---\nname: a\ntags: {b: c\n}}\n---\n";
    let path = Path::new("skills/a/SKILL.md");
    let sources = [source, "---\nname: a\n\n# Body\n"];
    let refused = sources.map(|source| front_matter::parse(path, &source.into()).unwrap().refused);
    let shown = refused.map(|spot| render_warning(&spot.unwrap(), Style::Plain)).concat();
    assert_data_eq!(
        shown,
        str![[r#"
warning: the front matter is not valid YAML: misplaced bracket
 --> skills/a/SKILL.md:4:2
  |
3 | tags: {b: c
4 | }}
  |  ^
5 | ---
  |
  = help: each key is read by itself
warning: the front matter is not closed
 --> skills/a/SKILL.md:1:1
  |
1 | ---
  | ^^^
2 | name: a
  |
  = help: close it with a line `---`

"#]]
        .raw()
    );
}
