//! Names for content.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes, in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let mut hash = Sha256Of::default();
    hash.take(bytes);
    hash.digits()
}

/// The SHA-256 of some bytes in base64, as a content security policy writes it.
pub fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// The SHA-256 of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Sha256Of(Sha256);

impl Sha256Of {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces, in lower-case hexadecimal digits.
    pub fn digits(self) -> String {
        let mut digits = String::with_capacity(64);
        for byte in self.0.finalize() {
            write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_digest_of_nothing() {
        // FIPS 180-4 test vector, as the standard's examples give it.
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), expected);
    }
}
