//! What time it is, as a value that can be fixed.
//!
//! Only dates and times that people and files see come from here. Durations are measured with
//! `tokio::time::Instant`, which no change of the date disturbs.

use jiff::Timestamp;

/// Where the time of day comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The clock of the machine.
    #[default]
    System,
    /// Always the same moment, so that a test or a replay writes the same bytes again.
    Fixed(Timestamp),
}

impl Clock {
    /// The present moment by this clock.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(moment) => *moment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_and_the_system_clock_goes() {
        let moment: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        assert_eq!(Clock::Fixed(moment).now(), moment);
        let (first, second) = (Clock::default().now(), Clock::System.now());
        assert!(first <= second && first > moment - jiff::SignedDuration::from_hours(24 * 3650));
    }
}
