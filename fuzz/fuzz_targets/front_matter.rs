//! Whatever stands in a SKILL.md: it is read, and every place that a warning underlines is there.
#![no_main]

use std::path::Path;

use atlas::model::skill::{
    Found, Skill,
    header::{self, Extent},
    source::Source,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let found = Found {
        name: "x".to_owned(),
        dir: "skills/x".into(),
        file: "skills/x/SKILL.md".into(),
        source: Source::Personal,
    };
    let whole = header::read(Path::new("SKILL.md"), bytes, Extent::Whole);
    let skill = match Skill::read(found, bytes) {
        Ok(skill) => skill,
        Err(fault) => {
            assert!(!fault.spots.is_empty());
            fault.spots.iter().for_each(|spot| assert!(spot.source.get(spot.span.clone()).is_some()));
            assert!(whole.is_err());
            return;
        }
    };
    for spot in &skill.warnings {
        assert!(spot.source.get(spot.span.clone()).is_some(), "{spot:?}");
    }
    for field in &skill.front.fields {
        assert!(skill.text[..skill.body_start].get(field.span.clone()).is_some(), "{field:?}");
    }
    // A list reads the same from as many bytes as it needs.
    let whole = whole.expect("the skill was read").expect("there is no more");
    assert_eq!(whole.bytes, skill.header().len());
    assert_eq!(whole.name, skill.front.name);
    for cut in [bytes.len() / 2, bytes.len()] {
        if let Ok(Some(part)) = header::read(Path::new("SKILL.md"), &bytes[..cut], Extent::Prefix) {
            assert_eq!((part.bytes, &part.name), (whole.bytes, &whole.name));
        }
    }
});
