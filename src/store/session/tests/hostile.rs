//! A repository, an agent or a neighbour that wants our writes elsewhere.

use super::*;

#[test]
fn a_planted_link_is_refused() {
    type Plant = fn(&Place);
    let rows: [(Plant, &str); 3] = [
        (
            |place| {
                fs::create_dir(place.path("tree/.claude")).unwrap();
                symlink(place.path("away"), place.path("tree/.claude/sessions")).unwrap();
            },
            "is a symbolic link",
        ),
        (
            |place| {
                fs::create_dir(place.path("tree/.claude")).unwrap();
                symlink(place.path("missing"), place.path("tree/.claude/sessions")).unwrap();
            },
            "is a symbolic link",
        ),
        (
            |place| symlink(place.path("away"), place.path("tree/.claude")).unwrap(),
            "leads out of the tree",
        ),
    ];
    for (plant, expected) in rows {
        let place = Place::new();
        fs::create_dir(place.path("away")).unwrap();
        plant(&place);
        let fault = place.sessions.home().unwrap_err();
        assert_eq!(fault.status, Status::Invalid);
        assert!(fault.message.ends_with(expected), "{fault}");
        assert_eq!(place.sessions.list().unwrap_err(), fault);
        assert_eq!(fs::read_dir(place.path("away")).unwrap().count(), 0, "written elsewhere");
        assert!(!place.path("missing").exists());

        let elsewhere = place.sessions.clone().kept_outside();
        assert!(elsewhere.list().unwrap().is_empty());
        let session = elsewhere.home().unwrap().create(&NewSession::default()).unwrap();
        assert!(session.dir().starts_with(place.path("state/sessions")));
        assert_eq!(elsewhere.list().unwrap().len(), 1);
    }
}

#[test]
fn a_link_inside_the_tree_is_the_users_own() {
    let place = Place::new();
    fs::create_dir(place.path("tree/dot-claude")).unwrap();
    symlink("dot-claude", place.path("tree/.claude")).unwrap();
    let session = place.create(NOON);
    assert!(place.path("tree/dot-claude/sessions").join(session.id().as_str()).is_dir());
}

#[test]
fn a_linked_session_is_none() {
    let place = Place::new();
    let session = place.create(NOON);
    let (path, id) = (session.dir().to_owned(), session.id().clone());
    drop(session);
    fs::rename(&path, place.path("away")).unwrap();
    symlink(place.path("away"), &path).unwrap();
    assert!(place.sessions.list().unwrap().is_empty());
    assert!(place.sessions.find(id.as_str()).is_err());
    let home = place.sessions.home().unwrap();
    let fault = home.resume(&SessionDir { id, path }, Clock::System).unwrap_err();
    assert_eq!(fault.status, Status::Invalid);
}

#[tokio::test]
async fn a_folder_that_is_swapped_gets_nothing_more() {
    type Swap = fn(&Place, &Path);
    let rows: [Swap; 4] = [
        |place, path| fs::rename(path, place.path("gone")).unwrap(),
        |place, path| {
            fs::rename(path, place.path("gone")).unwrap();
            symlink(place.path("away"), path).unwrap();
        },
        |place, path| {
            fs::rename(path, place.path("gone")).unwrap();
            fs::create_dir(path).unwrap();
        },
        |place, path| {
            fs::rename(path.join("runs"), place.path("gone")).unwrap();
            symlink(place.path("away"), path.join("runs")).unwrap();
        },
    ];
    for (n, swap) in rows.into_iter().enumerate() {
        let place = Place::new();
        fs::create_dir_all(place.path("away/1/steps/a/1")).unwrap();
        let session = place.create(NOON);
        let folder = session.attempt_dir(1, "a", 1).unwrap();
        swap(&place, session.dir());
        for fault in [
            session.attempt_dir(1, "a", 1).unwrap_err(),
            session.write_durable(&folder.join("output.md"), b"x").unwrap_err(),
        ] {
            assert_eq!(fault.status, Status::Invalid, "{n}: {fault}");
            assert!(fault.message.ends_with("was changed by another process"), "{n}: {fault}");
        }
        if n < 3 {
            assert_eq!(session.describe(|_| {}).unwrap_err().status, Status::Invalid);
            let fault = session.journal.append(&start(1)).await.unwrap_err();
            assert_eq!(fault.status, Status::Invalid, "{n}: {fault}");
        }
        assert_eq!(fs::read_dir(place.path("away/1/steps/a/1")).unwrap().count(), 0, "{n}");
    }
}

#[test]
fn a_description_that_somebody_else_wrote_ends_it() {
    let place = Place::new();
    let session = place.create(NOON);
    session.describe(|file| file.claude = None).unwrap();
    let mut other = session.file().clone();
    other.root = "/elsewhere".to_owned();
    write_private(&session.stored().file(), &other.to_json(), PRIVATE_FILE).unwrap();
    assert_eq!(session.describe(|_| {}).unwrap_err().status, Status::Invalid);
}
