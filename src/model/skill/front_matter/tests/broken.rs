//! Front matter without an end, and front matter that is no YAML.

use super::*;

#[test]
fn what_has_no_end_is_read_as_far_as_it_looks_like_keys() {
    check(
        &[
            "---\nname: a\ndescription: |\n  one\n\n  two\n\n# Title\nmodel: text\n",
            "---\nname: a\n\ndescription: later\nNote: no key\nUsage: this\n",
            "---\nname: a\n\nNote: a text that looks like a key\n",
            "---\nname: a\nallowed-tools:\n- Read\n- Grep\n- ## no heading\ntext\n",
            "---\nname: a\n----\nbody\n",
            "---\nname: a\n# Title\n\ntext\n---\nmore\n",
            "---\n\n# Title\n\nA rule opens this file, and\n\n---\n\nanother comes later.\n",
            "---\r\nname: a\r\n\r\nbody\r\n",
            "---\rname: a\r\rbody",
        ],
        str![[r##"
"---\nname: a\ndescription: |\n  one\n\n  two\n\n# Title\nmodel: text\n"
name="a" description="one\n\ntwo\n" | "\n# Title\nmodel: text\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a\n\ndescription: later\nNote: no key\nUsage: this\n"
name="a" description="later" Note="no key" Usage="this" | ""
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a\n\nNote: a text that looks like a key\n"
name="a" | "\nNote: a text that looks like a key\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a\nallowed-tools:\n- Read\n- Grep\n- ## no heading\ntext\n"
name="a" allowed-tools="Read\n- Grep\n- ## no heading" | "text\n"
tools: ["Read", "Grep"]
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a\n----\nbody\n"
name="a" | "body\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\nname: a\n# Title\n\ntext\n---\nmore\n"
name="a" | "# Title\n\ntext\n---\nmore\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\n\n# Title\n\nA rule opens this file, and\n\n---\n\nanother comes later.\n"
 | "\n# Title\n\nA rule opens this file, and\n\n---\n\nanother comes later.\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\r\nname: a\r\n\r\nbody\r\n"
name="a" | "\r\nbody\r\n"
refused: "---": the front matter is not closed [close it with a line `---`]

"---\rname: a\r\rbody"
name="a" | "\rbody"
refused: "---": the front matter is not closed [close it with a line `---`]

"##]],
    );
}

#[test]
fn what_is_no_yaml_is_read_key_by_key() {
    check(
        &[
            "---\nname: a\ntags: {b: c\n}}\ndescription: kept\n---\nbody\n",
            "---\nname: a\n%%% stray\nmodel: &x [*x]\ndescription: 'open\nlicense: MIT\n---\n",
            "---\n\tname: a\nmodel: b\n---\n",
            "---\n{{{\nname: a\n---\n",
            "---\n{{{\n---\nbody",
        ],
        str![[r#"
"---\nname: a\ntags: {b: c\n}}\ndescription: kept\n---\nbody\n"
name="a" tags="{b: c" description="kept" | "body\n"
refused: "}": the front matter is not valid YAML: misplaced bracket [each key is read by itself]
warning: "{b: c": not valid YAML without quotes; read as text [put it in quotes]
warning: "}}": this belongs to no key; it is ignored [indent it, or take it out]

"---\nname: a\n%%% stray\nmodel: &x [*x]\ndescription: 'open\nlicense: MIT\n---\n"
name="a" model="&x [*x]" description="'open" license="MIT" | ""
refused: "%%% stray": the front matter is not valid YAML: missing explicit document end marker before directive [each key is read by itself]
warning: "&x [*x]": not valid YAML without quotes; read as text [put it in quotes]
warning: "'open": not valid YAML without quotes; read as text [put it in quotes]
warning: "%%% stray": this belongs to no key; it is ignored [indent it, or take it out]

"---\n\tname: a\nmodel: b\n---\n"
model="b" | ""
refused: "model: b": the front matter is not valid YAML: did not find expected <document start> [each key is read by itself]
warning: "\tname: a": this belongs to no key; it is ignored [indent it, or take it out]

"---\n{{{\nname: a\n---\n"
name="a" | ""
refused: "{": the front matter is not valid YAML: unclosed bracket '{' [each key is read by itself]
warning: "{{{": this belongs to no key; it is ignored [indent it, or take it out]

"---\n{{{\n---\nbody"
 | "body"
refused: "{": the front matter is not valid YAML: unclosed bracket '{' [each key is read by itself]
warning: "{{{": this belongs to no key; it is ignored [indent it, or take it out]

"#]],
    );
}
