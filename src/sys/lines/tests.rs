use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use tokio::io::{AsyncWriteExt as _, ReadBuf};

use super::*;

type Owned = (Vec<u8>, usize, bool);

/// A stream that arrives in given pieces and is not ready before each of them.
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    ready: bool,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.ready = !self.ready;
        if self.ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(mut piece) = self.pieces.pop_front() else {
            return Poll::Ready(Ok(()));
        };
        let rest = piece.split_off(piece.len().min(into.remaining()));
        into.put_slice(&piece);
        if !rest.is_empty() {
            self.pieces.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

fn pieces(pieces: impl IntoIterator<Item = Vec<u8>>) -> Pieces {
    // An empty piece would be the end of the stream.
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
    Pieces { pieces, ready: false }
}

/// The same lines by another way: the whole stream in memory, cut at each newline.
fn by_splitting(stream: &[u8], cap: usize) -> Vec<Owned> {
    let mut lines: Vec<Owned> = stream
        .split(|byte| *byte == b'\n')
        .map(|line| (line[..line.len().min(cap)].to_vec(), line.len().saturating_sub(cap), true))
        .collect();
    let last = lines.last_mut().expect("splitting yields at least one part");
    last.2 = false;
    if last.0.is_empty() && last.1 == 0 {
        lines.pop();
    }
    lines
}

async fn by_reading(stream: impl AsyncRead + Unpin, cap: usize) -> Vec<Owned> {
    let mut reader = LineReader::with_cap(stream, cap);
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line().await.unwrap() {
        lines.push((line.bytes.to_vec(), line.cut, line.terminated));
    }
    assert_eq!(reader.next_line().await.unwrap(), None, "the end stays the end");
    lines
}

#[tokio::test]
async fn lines_end_at_newlines_and_at_the_end() {
    type Row = (&'static str, usize, &'static [(&'static str, usize, bool)]);
    let rows: &[Row] = &[
        ("", 9, &[]),
        ("\n", 9, &[("", 0, true)]),
        ("a", 9, &[("a", 0, false)]),
        ("a\nb", 9, &[("a", 0, true), ("b", 0, false)]),
        ("a\r\n\nb\n", 9, &[("a\r", 0, true), ("", 0, true), ("b", 0, true)]),
        ("abc\nabcd\n", 3, &[("abc", 0, true), ("abc", 1, true)]),
        ("abcdefg", 3, &[("abc", 4, false)]),
        ("ab\ncd\n", 0, &[("", 2, true), ("", 2, true)]),
        ("ab", 0, &[("", 2, false)]),
    ];
    for (stream, cap, expected) in rows {
        let expected: Vec<Owned> =
            expected.iter().map(|line| (line.0.as_bytes().to_vec(), line.1, line.2)).collect();
        assert_eq!(by_reading(stream.as_bytes(), *cap).await, expected, "{stream:?} {cap}");
    }
}

proptest! {
    #[test]
    fn reading_equals_splitting(
        parts in prop::collection::vec("[ab\n]{0,12}", 0..12),
        cap in 0_usize..8,
    ) {
        let stream = parts.concat().into_bytes();
        let source = pieces(parts.into_iter().map(String::into_bytes));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lines = runtime.block_on(by_reading(source, cap));
        prop_assert_eq!(lines, by_splitting(&stream, cap));
    }
}

#[tokio::test]
async fn a_dropped_read_loses_nothing() {
    let stream = "first\nsecond line\nthird";
    let source = pieces(stream.bytes().map(|byte| vec![byte]));
    let mut reader = LineReader::with_cap(source, 64);
    let mut lines = Vec::new();
    loop {
        // The other branch is always ready, so most reads are dropped in the middle of a line.
        tokio::select! {
            biased;
            line = reader.next_line() => match line.unwrap() {
                Some(line) => lines.push(String::from_utf8(line.bytes.to_vec()).unwrap()),
                None => break,
            },
            () = std::future::ready(()) => {}
        }
    }
    assert_eq!(lines, ["first", "second line", "third"]);
}

#[tokio::test]
async fn a_hundred_megabytes_without_a_newline_stay_within_the_cap() {
    let long = tokio::io::repeat(b'x').take(100 << 20);
    let stream = long.chain(&b"\nnext\n"[..]);
    let mut reader = LineReader::new(stream);
    let line = reader.next_line().await.unwrap().unwrap();
    assert_eq!((line.bytes.len(), line.cut), (LINE_BYTES, (100 << 20) - LINE_BYTES));
    assert!(reader.buffer.capacity() <= LINE_BYTES + 2 * READ_BYTES);
    assert_eq!(reader.next_line().await.unwrap().unwrap().bytes, b"next");
    assert_eq!(reader.next_line().await.unwrap(), None);
    assert!(reader.buffer.capacity() <= IDLE_BYTES, "the room of a long line is given back");
}

#[tokio::test]
async fn a_flood_of_short_lines_is_read_quickly() {
    let (mut sink, source) = tokio::io::duplex(1 << 20);
    let block = "{\"type\":\"stream_event\",\"n\":1}\n".repeat(30_000);
    let count = 40;
    let writer = async {
        for _ in 0..count {
            sink.write_all(block.as_bytes()).await.unwrap();
        }
        drop(sink);
    };
    let reader = async {
        let mut reader = LineReader::new(source);
        let mut lines = 0;
        while let Some(line) = reader.next_line().await.unwrap() {
            assert_eq!(line.bytes.len(), 29);
            lines += 1;
        }
        (lines, reader.buffer.capacity())
    };
    let started = Instant::now();
    let ((), (lines, capacity)) = tokio::join!(writer, reader);
    assert_eq!(lines, 30_000 * count);
    assert!(capacity <= 4 * READ_BYTES, "{capacity}");
    // About 0.2 s where this was written, unoptimized; quadratic would be minutes.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}
