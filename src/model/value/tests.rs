use super::*;

/// Parses each text and shows what it means, or why it means nothing.
fn check<T: std::str::FromStr<Err = NotAValue> + std::fmt::Display>(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let shown = match text.parse::<T>() {
            Ok(value) => value.to_string(),
            Err(why) => format!("error: {why}"),
        };
        assert_eq!(shown, *expected, "for {text:?}");
    }
}

#[test]
fn money() {
    check::<Usd>(&[
        ("0.50", "$0.50"),
        ("$2", "$2.00"),
        ("0.0123", "$0.01"),
        ("0.00123", "$0.0012"),
        ("0.000025", "$0.000025"),
        ("0", "$0.00"),
        ("-1", "error: `-1` is no amount of dollars, write 0.50"),
        ("NaN", "error: `NaN` is no amount of dollars, write 0.50"),
        ("inf", "error: `inf` is no amount of dollars, write 0.50"),
        ("1e300", "error: `1e300` is no amount of dollars, write 0.50"),
        ("", "error: `` is no amount of dollars, write 0.50"),
    ]);
}

#[test]
fn bytes() {
    check::<Bytes>(&[
        ("0", "0 B"),
        ("1023", "1023 B"),
        ("1024", "1.0 KiB"),
        ("64K", "64 KiB"),
        ("64 kib", "64 KiB"),
        ("1536K", "1.5 MiB"),
        ("500MB", "500 MiB"),
        ("2g", "2.0 GiB"),
        ("3T", "3.0 TiB"),
        ("5000T", "5000 TiB"),
        ("1.5G", "error: `1.5G` is no amount of bytes, write 500M, 2G or 64K"),
        ("-1", "error: `-1` is no amount of bytes, write 500M, 2G or 64K"),
        ("M", "error: `M` is no amount of bytes, write 500M, 2G or 64K"),
        ("", "error: `` is no amount of bytes, write 500M, 2G or 64K"),
        ("99999999T", "error: `99999999T` is no amount of bytes, write 500M, 2G or 64K"),
    ]);
}

#[test]
fn tokens() {
    check::<Tokens>(&[
        ("400k", "400k"),
        ("950", "950"),
        ("1200", "1.2k"),
        ("2M", "2.0M"),
        ("-1", "error: `-1` is no number of tokens, write 400000 or 400k"),
        (
            "99999999999999999999",
            "error: `99999999999999999999` is no number of tokens, write 400000 or 400k",
        ),
    ]);
}

#[test]
fn spans() {
    check::<Span>(&[
        ("90s", "1m 30s"),
        ("10m", "10m"),
        ("1h30m", "1h 30m"),
        ("1h 30m", "1h 30m"),
        ("500ms", "500ms"),
        ("30", "30s"),
        ("0", "0s"),
        ("soon", "error: `soon` is no length of time, write 90s, 10m or 1h 30m"),
        ("-5s", "error: `-5s` is no length of time, write 90s, 10m or 1h 30m"),
        ("5 parsecs", "error: `5 parsecs` is no length of time, write 90s, 10m or 1h 30m"),
    ]);
}

#[test]
fn shares() {
    check::<Share>(&[
        ("50%", "50%"),
        ("0.5", "50%"),
        ("12.5 %", "12.5%"),
        ("1", "100%"),
        ("101%", "error: `101%` is no share, write 50% or 0.5"),
        ("NaN", "error: `NaN` is no share, write 50% or 0.5"),
    ]);
}

proptest::proptest! {
    #[test]
    fn a_span_reads_back_as_itself(millis in 0u64..10_000_000_000) {
        let span = Span::millis(millis);
        proptest::prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
    }

    #[test]
    fn sums_of_money_are_exact(cents in proptest::collection::vec(0u64..1000, 0..50)) {
        let sum: Usd = cents.iter().map(|cent| Usd::from_micros(cent * 10_000)).sum();
        proptest::prop_assert_eq!(sum, Usd::from_micros(cents.iter().sum::<u64>() * 10_000));
    }
}
