//! Which files are not copied into a session because their name says that they hold a secret.

/// Names that are secrets whole, in lower case.
const NAMES: [&str; 10] = [
    "credentials",
    ".env",
    ".envrc",
    ".npmrc",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
];
const PREFIXES: [&str; 6] =
    ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".env.", "service-account"];
/// What stands between both, in lower case.
const BETWEEN: [(&str, &str); 1] = [("credentials", ".json")];
const ENDINGS: [&str; 8] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"];
/// What a repository shows on purpose: the keys without the values.
const EXAMPLES: [&str; 4] = [".example", ".sample", ".template", ".dist"];

/// Whether the file's name looks like one that holds a secret. The content is not looked at.
pub fn looks_secret(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let name = String::from_utf8_lossy(name).to_lowercase();
    if EXAMPLES.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    NAMES.contains(&name.as_str())
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || BETWEEN.iter().any(|(prefix, ending)| name.starts_with(prefix) && name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::looks_secret;

    #[test]
    fn names() {
        let secret = [
            ".env",
            "a/.env",
            ".ENV",
            ".env.local",
            ".envrc",
            "server.pem",
            "x/tls.KEY",
            "id_rsa",
            "id_rsa.pub",
            "id_ed25519",
            "a.p12",
            "a.pfx",
            ".npmrc",
            "home/.netrc",
            "credentials.json",
            "credentials-prod.json",
            ".aws/credentials",
            "service-account-1.json",
        ];
        let plain = [
            ".env.example",
            ".env.sample",
            "env",
            "my.env",
            "key.rs",
            "pem.md",
            "keyboard.txt",
            "credentials.rs",
            ".env/readme.md",
            "id.rs",
            "a.pem.txt",
        ];
        for path in secret {
            assert!(looks_secret(path.as_bytes()), "{path}");
        }
        for path in plain {
            assert!(!looks_secret(path.as_bytes()), "{path}");
        }
    }
}
