//! What a terminal is like.

use std::os::fd::AsFd;

/// How much a terminal shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// The size of the terminal behind a file descriptor; `None` where it is no terminal or does not
/// say.
pub fn size(of: impl AsFd) -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(of).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some(Size { rows: size.ws_row, columns: size.ws_col })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_size() {
        assert_eq!(size(tempfile::tempfile().unwrap()), None);
    }
}
