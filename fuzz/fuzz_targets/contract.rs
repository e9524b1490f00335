//! Whatever stands in a contract: it is read or refused with places that are there.
#![no_main]

use std::path::Path;

use atlas::model::contract::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(fault) = parse(Path::new("contract.yaml"), text) {
        assert!(!fault.spots.is_empty() || !fault.causes.is_empty(), "{fault:?}");
        for spot in &fault.spots {
            assert!(spot.source.get(spot.span.clone()).is_some(), "{spot:?}");
        }
    }
});
