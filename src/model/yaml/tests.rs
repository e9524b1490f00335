use snapbox::{assert_data_eq, str};

use super::*;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sample {
    #[serde(default)]
    usd: Option<crate::model::value::Usd>,
    name: Option<Spanned<String>>,
    #[serde(default)]
    tools: Vec<Spanned<String>>,
    timing: Option<Timing>,
    count: Option<u8>,
    inner: Option<Inner>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown by Debug")]
struct Inner {
    must: String,
    may: Option<bool>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Timing {
    Pre,
    Post,
}

fn check(text: &str, expected: impl snapbox::IntoData) {
    let shown = match read::<Sample>("sample", Path::new("s.yaml"), text, &[]) {
        Ok(document) => format!("{:#?}\n", document.value),
        Err(fault) => plain::shown(&fault),
    };
    assert_data_eq!(shown, expected);
}

#[test]
fn x() {
    for text in [
        "usd: 0.5 # c\nname: yes\ntools:\n  - 1.10\n  - 'a b'\ninner: {must: ü, may: true}\n",
        "näme: x\ntöls: {a: [1,\n   2]}\n",
        "usd: -1\nnaem: x\ntiming: psot\ncount: 300\ninner: {may: 7}\ntools: a\n",
        "inner: {must: [], mist: 1}\n",
        "a: 1\n  b: 2\n",
        "usd: 1\nusd: 2\nx: 1\n",
        "- 1\n",
        "",
        "\u{feff}naem: x",
        "inner:\n",
        "a: [1\n",
        "a: *b\n",
        "a: 1\n---\nb: 2\n",
        "x: \"\\q\"",
        "\t- a",
        "ü: ü: ü\n",
        "inner:\n  may: true\ncount: x\n",
    ] {
        println!("=== {text}");
        let shown = match read::<Sample>("sample", Path::new("s.yaml"), text, &[]) {
            Ok(document) => format!("{:?}\n", document.value),
            Err(fault) => plain::shown(&fault),
        };
        println!("{shown}");
    }
}
