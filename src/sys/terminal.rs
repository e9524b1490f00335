//! What a terminal is like.

use std::os::fd::AsFd;

/// How many columns the terminal behind a file descriptor has; `None` where it is no terminal or
/// does not say.
pub fn columns(of: impl AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(of).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_columns() {
        assert_eq!(columns(tempfile::tempfile().unwrap()), None);
    }
}
