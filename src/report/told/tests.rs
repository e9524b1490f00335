use super::*;

#[test]
fn only_files_of_the_repository_are_places() {
    let root = Path::new("/work/tree");
    let rows = [
        ("src/a.rs", Some("src/a.rs")),
        ("./src//a.rs", Some("src/a.rs")),
        (" src/a b.rs ", Some("src/a b.rs")),
        ("/work/tree/src/a.rs", Some("src/a.rs")),
        ("/work/treetop/a.rs", None),
        ("/etc/passwd", None),
        ("../a.rs", None),
        ("src/../../a.rs", None),
        ("javascript:alert(1)", None),
        ("https://evil.example/a.rs", None),
        ("file:///etc/passwd", None),
        ("C:\\a.rs", None),
        ("", None),
        (".", None),
        ("/work/tree", None),
    ];
    for (file, expected) in rows {
        assert_eq!(below(file, Some(root)).as_deref(), expected.map(Path::new), "{file}");
    }
    assert_eq!(below("/work/tree/a", None), None);
}
