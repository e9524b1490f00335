//! What the machine is called.

/// The machine's own name without its domain; empty where it has none.
pub fn name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
