//! Keeps the beginning and the end of a stream in bounded memory.
//!
//! A hook that prints a gigabyte says what matters first or last; the middle is counted and let
//! go, so that the memory atlas needs does not depend on what it runs.

use std::{borrow::Cow, collections::VecDeque, fmt::Write as _, io};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How many bytes are kept of a stream where nobody said otherwise.
pub const KEEP_BYTES: usize = 64 * 1024;

/// The most that one read takes from a pipe. Most programs say less, and each has two of these.
const READ_BYTES: usize = 16 * 1024;

/// The head and the tail of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_max: usize,
    tail_max: usize,
    total: u64,
}

impl Capture {
    /// Keeps at most `keep` bytes, half of them from the beginning.
    pub fn new(keep: usize) -> Self {
        let tail_max = keep / 2;
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            head_max: keep - tail_max,
            tail_max,
            total: 0,
        }
    }

    /// Adds what came next in the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (first, rest) = bytes.split_at(bytes.len().min(self.head_max - self.head.len()));
        self.head.extend_from_slice(first);
        let last = &rest[rest.len().saturating_sub(self.tail_max)..];
        let excess = (self.tail.len() + last.len()).saturating_sub(self.tail_max);
        self.tail.drain(..excess);
        self.tail.extend(last);
    }

    /// How many bytes the stream had, kept or not.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes between head and tail were let go.
    pub fn dropped(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }

    /// The stream byte by byte, or `None` if a part of it was let go.
    pub fn whole(&self) -> Option<Cow<'_, [u8]>> {
        if self.dropped() > 0 {
            return None;
        }
        if self.tail.is_empty() {
            return Some(Cow::Borrowed(&self.head));
        }
        Some(Cow::Owned(self.head.iter().chain(&self.tail).copied().collect()))
    }

    /// The stream as text. What is not UTF-8 becomes U+FFFD; where a part was let go, a line of
    /// its own says how many bytes are missing.
    pub fn text(&self) -> String {
        if let Some(whole) = self.whole() {
            return String::from_utf8_lossy(&whole).into_owned();
        }
        // A character cut in two by the bounds belongs to what was left out.
        let head = without_cut_end(&self.head);
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let begin = tail.iter().take(3).take_while(|byte| is_continuation(**byte)).count();
        let missing = self.total - (head.len() + tail.len() - begin) as u64;
        let mut text = String::from_utf8_lossy(head).into_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        writeln!(text, "[{missing} bytes left out]").expect("writing to a String cannot fail");
        text.push_str(&String::from_utf8_lossy(&tail[begin..]));
        text
    }
}

impl Default for Capture {
    fn default() -> Self {
        Self::new(KEEP_BYTES)
    }
}

/// Reads a stream into a [`Capture`], step by step, so that it can move beside other things.
#[derive(Debug)]
pub struct Drain<R> {
    /// `None` after the end.
    stream: Option<R>,
    capture: Capture,
    buffer: Box<[u8]>,
}

impl<R: AsyncRead + Unpin> Drain<R> {
    /// Will keep at most `keep` bytes of `stream`, which may be missing.
    pub fn new(stream: Option<R>, keep: usize) -> Self {
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        Self { stream, capture: Capture::new(keep), buffer }
    }

    /// Whether there may be more to read.
    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Waits for what comes next and takes it in; returns at once after the end. A stream that
    /// cannot be read has ended.
    ///
    /// Nothing is lost when the future is dropped before it is ready, so it may stand in a
    /// `tokio::select!`.
    pub async fn more(&mut self) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        match stream.read(&mut self.buffer).await {
            Ok(0) => self.stream = None,
            Ok(count) => self.capture.push(&self.buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.stream = None,
        }
    }

    /// What was read, to the end or until now.
    pub fn into_capture(self) -> Capture {
        self.capture
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn without_cut_end(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        Ok(_) | Err(_) => bytes,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(keep: usize, chunks: &[&str], expected: &str) {
        let mut capture = Capture::new(keep);
        for chunk in chunks {
            capture.push(chunk.as_bytes());
        }
        assert_eq!(capture.text(), expected, "{keep} {chunks:?}");
    }

    #[test]
    fn text_says_what_was_left_out() {
        check(8, &[], "");
        check(8, &["abcd"], "abcd");
        check(8, &["abcdefgh"], "abcdefgh");
        check(8, &["abcdefghi"], "abcd\n[1 bytes left out]\nfghi");
        check(8, &["abc", "def", "ghi", "jkl"], "abcd\n[4 bytes left out]\nijkl");
        check(8, &["abc\n", "0123456789", "xyz\n"], "abc\n[10 bytes left out]\nxyz\n");
        check(7, &["abcdefghi"], "abcd\n[2 bytes left out]\nghi");
        check(0, &["abc"], "[3 bytes left out]\n");
        check(1, &["abc"], "a\n[2 bytes left out]\n");
    }

    #[test]
    fn a_character_is_kept_or_left_out_whole() {
        check(8, &["aäöüß€€bc"], "aä\n[12 bytes left out]\nbc");
        check(8, &["€€€€"], "€\n[6 bytes left out]\n€");
        let mut capture = Capture::new(64);
        capture.push(b"a\xffb");
        assert_eq!(capture.text(), "a\u{fffd}b");
    }

    #[tokio::test]
    async fn a_flood_needs_no_memory() {
        let mut drain = Drain::new(Some(tokio::io::repeat(b'x').take(300 << 20)), KEEP_BYTES);
        while drain.is_open() {
            drain.more().await;
        }
        drain.more().await;
        let capture = drain.into_capture();
        assert_eq!(capture.total(), 300 << 20);
        assert_eq!(capture.dropped(), (300 << 20) - KEEP_BYTES as u64);
        assert!(capture.head.capacity() + capture.tail.capacity() <= 4 * KEEP_BYTES);
        assert_eq!(capture.whole(), None);
    }

    proptest! {
        #[test]
        fn head_and_tail_are_those_of_the_stream(
            keep in 0_usize..40,
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..10),
        ) {
            let mut capture = Capture::new(keep);
            for chunk in &chunks {
                capture.push(chunk);
            }
            let stream = chunks.concat();
            prop_assert_eq!(capture.total(), stream.len() as u64);
            if stream.len() <= keep {
                let whole = capture.whole().unwrap().into_owned();
                prop_assert_eq!(whole, stream);
            } else {
                prop_assert_eq!(capture.dropped(), (stream.len() - keep) as u64);
                prop_assert_eq!(&capture.head, &stream[..keep - keep / 2]);
                let tail: Vec<u8> = capture.tail.iter().copied().collect();
                prop_assert_eq!(tail.as_slice(), &stream[stream.len() - keep / 2..]);
            }
            let _text = capture.text();
        }
    }
}
