//! The verdict: arithmetic over votes, and nothing else.

use crate::model::result::{VerdictStatus, Votes};

/// More than half of `reviewers`.
pub fn majority(reviewers: u32) -> u32 {
    reviewers / 2 + 1
}

/// What the votes amount to. A blocker that a command proved needs no majority.
///
/// A quorum that cannot be reached, because nobody was asked or fewer than it, is never a pass.
pub fn verdict(votes: Votes, quorum: u32, proven_blocker: bool) -> VerdictStatus {
    if proven_blocker || votes.refuted > votes.total().saturating_sub(quorum) {
        VerdictStatus::Rejected
    } else if quorum > 0 && votes.confirmed >= quorum {
        VerdictStatus::Passed
    } else {
        VerdictStatus::Inconclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the words of the rule say, without its arithmetic: whether confirmations reach the
    /// quorum already, or no longer can once those who refuted are taken away.
    fn in_words(votes: Votes, quorum: u32) -> VerdictStatus {
        let could_still_confirm = votes.total() - votes.refuted;
        if (0..quorum).all(|needed| votes.confirmed > needed) {
            VerdictStatus::Passed
        } else if could_still_confirm < quorum {
            VerdictStatus::Rejected
        } else {
            VerdictStatus::Inconclusive
        }
    }

    #[test]
    fn every_split_of_up_to_five_votes() {
        let mut seen = 0;
        for reviewers in 1..=5 {
            for votes in splits(reviewers) {
                for quorum in 1..=reviewers {
                    let expected = in_words(votes, quorum);
                    assert_eq!(verdict(votes, quorum, false), expected, "{votes:?} of {quorum}");
                    assert_eq!(verdict(votes, quorum, true), VerdictStatus::Rejected);
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 4 + 2 * 10 + 3 * 20 + 4 * 35 + 5 * 56);
    }

    /// Every way in which so many reviewers can vote.
    fn splits(reviewers: u32) -> impl Iterator<Item = Votes> {
        let up_to = move |all: u32| 0..=(reviewers - all);
        (0..=reviewers).flat_map(move |confirmed| {
            up_to(confirmed).flat_map(move |refuted| {
                up_to(confirmed + refuted).map(move |error| {
                    let abstained = reviewers - confirmed - refuted - error;
                    Votes { confirmed, refuted, abstained, error }
                })
            })
        })
    }

    #[test]
    fn the_table_of_three_reviewers() {
        use VerdictStatus::{Inconclusive, Passed, Rejected};
        // Confirmed, refuted, abstained, error; the verdict with a quorum of 1, 2 and 3.
        let rows = [
            ([3, 0, 0, 0], [Passed, Passed, Passed]),
            ([2, 1, 0, 0], [Passed, Passed, Rejected]),
            ([2, 0, 1, 0], [Passed, Passed, Inconclusive]),
            ([2, 0, 0, 1], [Passed, Passed, Inconclusive]),
            ([1, 2, 0, 0], [Passed, Rejected, Rejected]),
            ([1, 1, 1, 0], [Passed, Inconclusive, Rejected]),
            ([1, 0, 1, 1], [Passed, Inconclusive, Inconclusive]),
            ([0, 3, 0, 0], [Rejected, Rejected, Rejected]),
            ([0, 2, 1, 0], [Inconclusive, Rejected, Rejected]),
            ([0, 1, 0, 2], [Inconclusive, Inconclusive, Rejected]),
            ([0, 0, 3, 0], [Inconclusive, Inconclusive, Inconclusive]),
            ([0, 0, 0, 3], [Inconclusive, Inconclusive, Inconclusive]),
        ];
        for ([confirmed, refuted, abstained, error], expected) in rows {
            let votes = Votes { confirmed, refuted, abstained, error };
            let found = [1, 2, 3].map(|quorum| verdict(votes, quorum, false));
            assert_eq!(found, expected, "{votes:?}");
        }
    }

    /// Reviewers, confirmed, refuted, and the verdict with a quorum of 1, 2 and so on.
    const TABLE: &str = "\
1 1 0 P
1 0 0 I
1 0 1 R
2 2 0 PP
2 1 0 PI
2 1 1 PR
2 0 0 II
2 0 1 IR
2 0 2 RR
3 3 0 PPP
3 2 0 PPI
3 2 1 PPR
3 1 0 PII
3 1 1 PIR
3 1 2 PRR
3 0 0 III
3 0 1 IIR
3 0 2 IRR
3 0 3 RRR
4 4 0 PPPP
4 3 0 PPPI
4 3 1 PPPR
4 2 0 PPII
4 2 1 PPIR
4 2 2 PPRR
4 1 0 PIII
4 1 1 PIIR
4 1 2 PIRR
4 1 3 PRRR
4 0 0 IIII
4 0 1 IIIR
4 0 2 IIRR
4 0 3 IRRR
4 0 4 RRRR
5 5 0 PPPPP
5 4 0 PPPPI
5 4 1 PPPPR
5 3 0 PPPII
5 3 1 PPPIR
5 3 2 PPPRR
5 2 0 PPIII
5 2 1 PPIIR
5 2 2 PPIRR
5 2 3 PPRRR
5 1 0 PIIII
5 1 1 PIIIR
5 1 2 PIIRR
5 1 3 PIRRR
5 1 4 PRRRR
5 0 0 IIIII
5 0 1 IIIIR
5 0 2 IIIRR
5 0 3 IIRRR
5 0 4 IRRRR
5 0 5 RRRRR";

    #[test]
    fn the_table_of_up_to_five_reviewers() {
        let mut rows = 0;
        for row in TABLE.lines() {
            let mut words = row.split(' ');
            let mut number = || words.next().unwrap().parse::<u32>().unwrap();
            let (reviewers, confirmed, refuted) = (number(), number(), number());
            let rest = reviewers - confirmed - refuted;
            let found = |abstained: u32| -> String {
                let votes = Votes { confirmed, refuted, abstained, error: rest - abstained };
                let letter = |quorum| match verdict(votes, quorum, false) {
                    VerdictStatus::Passed => 'P',
                    VerdictStatus::Rejected => 'R',
                    VerdictStatus::Inconclusive => 'I',
                };
                (1..=reviewers).map(letter).collect()
            };
            for abstained in 0..=rest {
                assert_eq!(Some(found(abstained).as_str()), row.rsplit(' ').next(), "{row}");
            }
            rows += 1;
        }
        assert_eq!(rows, 3 + 6 + 10 + 15 + 21, "every split of votes that count has a row");
    }

    #[test]
    fn nobody_asked_is_no_pass() {
        for quorum in 0..3 {
            assert_ne!(verdict(Votes::default(), quorum, false), VerdictStatus::Passed);
        }
        assert_eq!([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
    }
}
