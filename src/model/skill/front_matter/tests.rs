mod broken;

use proptest::prelude::*;
use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;

/// One line for what was understood, one for each thing forgiven, or the fault.
fn show(source: &str) -> String {
    let source: Arc<str> = source.into();
    let place = |spot: &Spot| {
        let help = spot.help.as_ref().map(|help| format!(" [{help}]")).unwrap_or_default();
        format!("{:?}: {}{help}", &source[spot.span.clone()], spot.message)
    };
    match parse(Path::new("SKILL.md"), &source) {
        Ok(parsed) => {
            let front = parsed.front;
            let fields = front.fields.iter().map(|field| format!("{}={:?}", field.key, field.text));
            let mut shown = vec![format!(
                "{} | {:?}",
                fields.collect::<Vec<_>>().join(" "),
                &source[parsed.body..]
            )];
            shown.extend(front.allowed_tools.map(|tools| format!("tools: {tools:?}")));
            shown.extend(parsed.refused.iter().map(|spot| format!("refused: {}", place(spot))));
            shown.extend(parsed.warnings.iter().map(|spot| format!("warning: {}", place(spot))));
            shown.join("\n")
        }
        Err(fault) => format!("{fault}\n{}", place(&fault.spots[0])),
    }
}

fn check(rows: &[&str], expected: snapbox::data::Inline) {
    let shown: Vec<String> = rows.iter().map(|row| format!("{row:?}\n{}\n", show(row))).collect();
    assert_data_eq!(shown.join("\n"), expected.raw());
}

#[test]
fn fences_are_whole_lines() {
    check(
        &[
            "---\nname: a\n---\nbody\n---\nmore\n",
            "\u{feff}---\r\nname: a\r\ndescription: b\r\n---\r\nbody",
            "\n  \n---  \nname: a\n--- \nbody",
            "---\rname: a\r---\rbody",
            "---\ndescription: one --- two\nnote: |\n  ---\n  x\n---\n",
            "---\n---\nbody",
            "---\n# nothing\n---\nbody",
            "body only\n---\nname: a\n---\n",
            "",
            "---\nname: a\n----\nbody",
            "---\nname: a",
            "---",
        ],
        str![[r#"
"---\nname: a\n---\nbody\n---\nmore\n"
name="a" | "body\n---\nmore\n"

"\u{feff}---\r\nname: a\r\ndescription: b\r\n---\r\nbody"
name="a" description="b" | "body"

"\n  \n---  \nname: a\n--- \nbody"
name="a" | "body"

"---\rname: a\r---\rbody"
name="a" | "body"

"---\ndescription: one --- two\nnote: |\n  ---\n  x\n---\n"
description="one --- two" note="---\nx\n" | ""

"---\n---\nbody"
 | "body"

"---\n# nothing\n---\nbody"
 | "body"

"body only\n---\nname: a\n---\n"
 | "body only\n---\nname: a\n---\n"
warning: "": there is no front matter [begin with a line `---`, keys, and a line `---`]

""
 | ""
warning: "": there is no front matter [begin with a line `---`, keys, and a line `---`]

"---\nname: a\n----\nbody"
name="a" | "body"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a"
name="a" | ""
refused: "---": the front matter is not closed [close it with a line `---`]

"---"
 | ""
refused: "---": the front matter is not closed [close it with a line `---`]

"#]],
    );
}

#[test]
fn scalars_keep_their_text() {
    check(
        &[
            "---\nname: yes\nversion: 1.10\nn: 012\nwhen: 2024-01-01\nempty:\nnone: ~\n---\n",
            "---\nname: 'a b'\ndescription: >-\n  folded\n  text\nmetadata:\n  k: v\n  list: [1, 2]\n---\n",
            "---\nargument-hint: [file] [--all]\nhint: [file]\n---\n",
            "---\nname: [a, b]\ndescription: {x: y}\n---\n",
        ],
        str![[r#"
"---\nname: yes\nversion: 1.10\nn: 012\nwhen: 2024-01-01\nempty:\nnone: ~\n---\n"
name="yes" version="1.10" n="012" when="2024-01-01" empty="" none="" | ""

"---\nname: 'a b'\ndescription: >-\n  folded\n  text\nmetadata:\n  k: v\n  list: [1, 2]\n---\n"
name="a b" description="folded text" metadata="k: v\n  list: [1, 2]" | ""

"---\nargument-hint: [file] [--all]\nhint: [file]\n---\n"
argument-hint="[file] [--all]" hint="[file]" | ""
warning: "[file] [--all]": not valid YAML without quotes; read as text [put it in quotes]

"---\nname: [a, b]\ndescription: {x: y}\n---\n"
name="[a, b]" description="{x: y}" | ""
warning: "[a, b]": `name` is a text; read as written [put it in quotes]
warning: "{x: y}": `description` is a text; read as written [put it in quotes]

"#]],
    );
}

#[test]
fn keys_are_never_lost() {
    check(
        &[
            "---\nname: a\nname: b\nmodel: c\n---\n",
            "---\nAllowed_Tools: Read\nwhatever: kept\n---\n",
            "---\n- a\n- b\n---\nbody",
            "---\njust words\n---\nbody",
            "---\n[a, b]: c\n? d\n: e\n---\n",
        ],
        str![[r#"
"---\nname: a\nname: b\nmodel: c\n---\n"
name="b" model="c" | ""
warning: "name": `name` is written twice; this one counts [remove one of them]

"---\nAllowed_Tools: Read\nwhatever: kept\n---\n"
Allowed_Tools="Read" whatever="kept" | ""
warning: "Allowed_Tools": unknown key `Allowed_Tools` [did you mean `allowed-tools`?]

"---\n- a\n- b\n---\nbody"
 | "body"
warning: "- a\n- b": front matter is keys and values; this is ignored [write keys, as in `description: what it does`]

"---\njust words\n---\nbody"
 | "body"
warning: "just words": front matter is keys and values; this is ignored [write keys, as in `description: what it does`]

"---\n[a, b]: c\n? d\n: e\n---\n"
[a, b]="c" d="e" | ""

"#]],
    );
}

#[test]
fn tools_come_in_every_shape() {
    check(
        &[
            "---\nallowed-tools: Read Grep Bash(git add *)\n---\n",
            "---\nallowed-tools: Read, Grep, Bash(git diff *, git log *)\n---\n",
            "---\nallowed-tools: [Read, \"Bash(git add *)\"]\n---\n",
            "---\nallowed-tools:\n  - Read\n  - Bash(npm run *)\n  - Grep, Glob\n---\n",
            "---\nallowed-tools:\n---\n",
            "---\nallowed-tools: []\n---\n",
            "---\nallowed-tools: {Read: true, Edit: true}\n---\n",
            "---\nallowed-tools: Bash(git add *\n---\n",
            "---\nallowed-tools: *\n---\n",
        ],
        str![[r#"
"---\nallowed-tools: Read Grep Bash(git add *)\n---\n"
allowed-tools="Read Grep Bash(git add *)" | ""
tools: ["Read", "Grep", "Bash(git add *)"]

"---\nallowed-tools: Read, Grep, Bash(git diff *, git log *)\n---\n"
allowed-tools="Read, Grep, Bash(git diff *, git log *)" | ""
tools: ["Read", "Grep", "Bash(git diff *, git log *)"]

"---\nallowed-tools: [Read, \"Bash(git add *)\"]\n---\n"
allowed-tools="[Read, \"Bash(git add *)\"]" | ""
tools: ["Read", "Bash(git add *)"]

"---\nallowed-tools:\n  - Read\n  - Bash(npm run *)\n  - Grep, Glob\n---\n"
allowed-tools="- Read\n  - Bash(npm run *)\n  - Grep, Glob" | ""
tools: ["Read", "Bash(npm run *)", "Grep", "Glob"]

"---\nallowed-tools:\n---\n"
allowed-tools="" | ""
tools: []

"---\nallowed-tools: []\n---\n"
allowed-tools="[]" | ""
tools: []

"---\nallowed-tools: {Read: true, Edit: true}\n---\n"
allowed-tools="{Read: true, Edit: true}" | ""
tools: ["Read", "Edit"]
warning: "{Read: true, Edit: true}": `allowed-tools` is a list; its keys are read [write `[one, two]`]

"---\nallowed-tools: Bash(git add *\n---\n"
allowed-tools="Bash(git add *" | ""
tools: ["Bash(git add *"]
warning: "Bash(git add *": a parenthesis is not closed [write rules as in `Bash(git add *)`]

"---\nallowed-tools: *\n---\n"
allowed-tools="*" | ""
tools: ["*"]
warning: "*": not valid YAML without quotes; read as text [put it in quotes]

"#]],
    );
}

#[test]
fn missing_quotes_are_put_in() {
    check(
        &[
            "---\nname: a\ndescription: Use when: the user's asks\nmodel: haiku\n---\n",
            "---\ndescription: first line\n  goes on: here\n\n  and there\nname: b\n---\n",
            "---\na: x: y\nb: z: w\nc: [1, 2]\nd: \"quoted\" and more\n---\n",
            "---\na: \"never closed\nb: [1, 2]\nc: d\n---\n",
            "---\na: @at\nb: `tick`\nc: %percent\nd: [half\ne: {half\n---\n",
            "---\nmetadata:\n  author: me: myself\n  list:\n    - one: two: three\n    - *star\n    - @at\n---\n",
            "---\na: b\n\tc: d\n---\n",
            "---\na: {b: c\n}}\n---\n",
            "---\nкey: Юзер: пишет\n---\n",
        ],
        str![[r#"
"---\nname: a\ndescription: Use when: the user's asks\nmodel: haiku\n---\n"
name="a" description="Use when: the user's asks" model="haiku" | ""
warning: "Use when: the user's asks": not valid YAML without quotes; read as text [put it in quotes]

"---\ndescription: first line\n  goes on: here\n\n  and there\nname: b\n---\n"
description="first line goes on: here\nand there" name="b" | ""
warning: "first line\n  goes on: here\n\n  and there": not valid YAML without quotes; read as text [put it in quotes]

"---\na: x: y\nb: z: w\nc: [1, 2]\nd: \"quoted\" and more\n---\n"
a="x: y" b="z: w" c="[1, 2]" d="\"quoted\" and more" | ""
warning: "x: y": not valid YAML without quotes; read as text [put it in quotes]
warning: "z: w": not valid YAML without quotes; read as text [put it in quotes]
warning: "\"quoted\" and more": not valid YAML without quotes; read as text [put it in quotes]

"---\na: \"never closed\nb: [1, 2]\nc: d\n---\n"
a="\"never closed" b="[1, 2]" c="d" | ""
warning: "\"never closed": not valid YAML without quotes; read as text [put it in quotes]

"---\na: @at\nb: `tick`\nc: %percent\nd: [half\ne: {half\n---\n"
a="@at" b="`tick`" c="%percent" d="[half" e="{half" | ""
warning: "@at": not valid YAML without quotes; read as text [put it in quotes]
warning: "`tick`": not valid YAML without quotes; read as text [put it in quotes]
warning: "%percent": not valid YAML without quotes; read as text [put it in quotes]
warning: "[half": not valid YAML without quotes; read as text [put it in quotes]
warning: "{half": not valid YAML without quotes; read as text [put it in quotes]

"---\nmetadata:\n  author: me: myself\n  list:\n    - one: two: three\n    - *star\n    - @at\n---\n"
metadata="author: me: myself\n  list:\n    - one: two: three\n    - *star\n    - @at" | ""
warning: "me: myself": not valid YAML without quotes; read as text [put it in quotes]
warning: "two: three": not valid YAML without quotes; read as text [put it in quotes]
warning: "*star": not valid YAML without quotes; read as text [put it in quotes]
warning: "@at": not valid YAML without quotes; read as text [put it in quotes]

"---\na: b\n\tc: d\n---\n"
a="b\n\tc: d" | ""
refused: "b": the front matter is not valid YAML: while scanning a plain scalar, found a tab [each key is read by itself]
warning: "b\n\tc: d": not valid YAML without quotes; read as text [put it in quotes]

"---\na: {b: c\n}}\n---\n"
a="{b: c" | ""
refused: "}": the front matter is not valid YAML: misplaced bracket [each key is read by itself]
warning: "{b: c": not valid YAML without quotes; read as text [put it in quotes]
warning: "}}": this belongs to no key; it is ignored [indent it, or take it out]

"---\nкey: Юзер: пишет\n---\n"
кey="Юзер: пишет" | ""
warning: "Юзер: пишет": not valid YAML without quotes; read as text [put it in quotes]

"#]],
    );
}

#[test]
fn too_much_is_refused() {
    let long = format!("---\nname: {}\n---\n", "x".repeat(MAX_BYTES));
    let open = format!("---\nname: {}\n", "x".repeat(MAX_BYTES));
    for source in [long, open] {
        let fault = parse(Path::new("SKILL.md"), &source.into()).unwrap_err();
        assert_eq!(fault.message, "the front matter is larger than 64 KiB");
    }
    let deep: Arc<str> = format!("---\nname: a\n? {}\n---\n", "[".repeat(60_000)).into();
    let parsed = parse(Path::new("SKILL.md"), &deep).unwrap();
    let refused = parsed.refused.unwrap().message;
    assert!(refused.starts_with("the front matter is not valid YAML: "), "{refused}");
    assert_eq!(parsed.front.name.as_deref(), Some("a"));
    let text: Arc<str> = format!("---\nname: a\nx: {}\n---\n", "[".repeat(60_000)).into();
    let parsed = parse(Path::new("SKILL.md"), &text).unwrap();
    assert_eq!((parsed.front.name.as_deref(), parsed.warnings.len()), (Some("a"), 1));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"(---\n)?([a-z-]{0,5}: ?["'\[{&*!|>%@`#a-z,:\n\r\t -]{0,12}\n){0,6}(---\n)?[a-z\n-]{0,12}"#) {
        let source: Arc<str> = text.into();
        let spots = match parse(Path::new("SKILL.md"), &source) {
            Ok(parsed) => {
                prop_assert!(source.is_char_boundary(parsed.body));
                for field in &parsed.front.fields {
                    prop_assert!(source.get(field.span.clone()).is_some());
                    prop_assert!(source.get(field.value.span.clone()).is_some());
                }
                parsed.warnings.into_iter().chain(parsed.refused).collect()
            }
            Err(fault) => fault.spots,
        };
        for spot in spots {
            prop_assert!(source.get(spot.span.clone()).is_some(), "{:?}", spot.span);
        }
    }

    #[test]
    fn plain_values_survive_the_repair(key in "[a-z]{3,8}", value in "[a-z]{1,9}( [a-z]{1,9}){0,3}", words in "[a-z][a-z']{0,9}(: [a-z']{1,9}){1,3}") {
        let source: Arc<str> = format!("---\nfirst: {value}\nbroken: {words}\n{key}: {value}\n---\n").into();
        let front = parse(Path::new("SKILL.md"), &source).unwrap().front;
        prop_assert_eq!(front.text("first"), Some(value.as_str()));
        prop_assert_eq!(front.text("broken"), Some(words.as_str()));
        prop_assert_eq!(front.text(&key), Some(value.as_str()));
    }
}
