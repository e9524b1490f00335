//! Whatever the markdown: the sections' own bytes together are the body, and so are header and
//! parts; every section is found by its label.
#![no_main]

use atlas::model::skill::{header::Extent, outline::Outline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let outline = Outline::of(text);
    let mut end = outline.preamble.end;
    assert_eq!(outline.preamble.start, 0);
    for section in &outline.sections {
        assert_eq!(section.own.start, end);
        assert!(text.get(section.own.clone()).is_some() && text.get(section.whole.clone()).is_some());
        assert_eq!(outline.find(&section.label).expect("its label is its own").own, section.own);
        end = section.own.end;
    }
    assert_eq!(end, text.len());
    let mut end = outline.header_end;
    for part in outline.parts() {
        assert_eq!(part.bytes.start, end);
        end = part.bytes.end;
    }
    assert_eq!(end, text.len());
    assert_eq!(Outline::header_end(text, Extent::Whole), Some(outline.header_end));
    for (cut, _) in text.match_indices('\n').take(8) {
        if let Some(end) = Outline::header_end(&text[..=cut], Extent::Prefix) {
            assert_eq!(end, outline.header_end);
        }
    }
});
