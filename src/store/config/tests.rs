#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

use snapbox::{assert_data_eq, str};

use super::*;
use crate::{
    model::yaml::plain::shown,
    sys::fs::{PRIVATE_FILE, write_atomic},
};

struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let world = Self { home };
        fs::create_dir_all(world.path("config")).unwrap();
        mode(&world.path("config"), 0o700);
        world
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes(), PRIVATE_FILE).unwrap();
        path
    }

    fn user(&self) -> Result<Option<Document<Config>>> {
        let [config, state, cache] = ["config", "state", "cache"].map(|name| self.path(name));
        user(&Folders { config, state, cache })
    }

    fn plain(&self, fault: &Fault) -> String {
        shown(fault).replace(self.home.path().to_str().unwrap(), "HOME")
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn without_files_there_is_no_configuration() {
    let world = World::new();
    assert_eq!(world.user().unwrap(), None);
    assert_eq!(project(world.home.path()).unwrap(), None);
}

#[test]
fn both_files_are_read() {
    let world = World::new();
    world.write("config/config.yaml", "jobs: 3\nusd-per-day: 1");
    assert_eq!(world.user().unwrap().unwrap().value.jobs.unwrap().get(), 3);
    world.write("repo/.claude/atlas.yaml", "jobs: 2");
    let read = project(&world.path("repo")).unwrap().unwrap();
    assert_eq!(read.document.value.jobs.unwrap().get(), 2);
    assert_eq!(read.document.path, Path::new(".claude/atlas.yaml"));
    assert!(read.warnings.is_empty());
}

#[test]
fn the_user_file_of_somebody_else_is_refused() {
    let world = World::new();
    let path = world.write("config/config.yaml", "jobs: 3");
    mode(&path, 0o664);
    assert_data_eq!(
        world.plain(&world.user().unwrap_err()),
        str![[r#"
HOME/config/config.yaml cannot be believed (invalid)
  because others can write it
hint: chmod go-w HOME/config/config.yaml

"#]]
    );
    mode(&path, 0o600);
    mode(&world.path("config"), 0o777);
    assert_data_eq!(
        world.plain(&world.user().unwrap_err()),
        str![[r#"
HOME/config cannot be believed (invalid)
  because others can write it
hint: chmod go-w HOME/config

"#]]
    );
    mode(&world.path("config"), 0o755);
    mode(&path, 0o644);
    world.user().unwrap();
}

#[test]
fn a_project_file_that_others_can_write_is_a_warning() {
    let world = World::new();
    mode(&world.write("repo/.claude/atlas.yaml", "jobs: 2"), 0o666);
    let read = project(&world.path("repo")).unwrap().unwrap();
    assert_eq!(read.warnings, [".claude/atlas.yaml: others can write it"]);
}

#[test]
fn only_the_root_of_a_repository_is_looked_at() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "jobs: 2");
    world.write("atlas.yaml", "jobs: 2");
    world.write("repo/src/.claude/atlas.yaml", "jobs: 2");
    assert_eq!(project(&world.path("repo")).unwrap(), None);
}

#[test]
fn what_is_no_text_file_is_refused() {
    let world = World::new();
    let repo = world.path("repo");
    let check = |expected: snapbox::data::Inline| {
        assert_data_eq!(world.plain(&project(&repo).unwrap_err()), expected);
        fs::remove_dir_all(repo.join(".claude")).unwrap();
    };
    world.write("secret", "jobs: 2");
    fs::create_dir_all(repo.join(".claude")).unwrap();
    symlink("../../secret", repo.join(".claude/atlas.yaml")).unwrap();
    check(str![[r#"
cannot read HOME/repo/.claude/atlas.yaml (invalid)
  because it leads to HOME/secret, out of HOME/repo

"#]]);
    fs::create_dir_all(repo.join(".claude/atlas.yaml")).unwrap();
    check(str![[r#"
cannot read HOME/repo/.claude/atlas.yaml (invalid)
  because cannot read `HOME/repo/.claude/atlas.yaml`: not a regular file but a folder

"#]]);
    let path = world.write("repo/.claude/atlas.yaml", "");
    write_atomic(&path, b"jobs: \xff", PRIVATE_FILE).unwrap();
    check(str![[r#"
cannot read HOME/repo/.claude/atlas.yaml (invalid)
  because byte 7 is no UTF-8

"#]]);
    let large = "# too large\n".repeat(100_000);
    world.write("repo/.claude/atlas.yaml", &large);
    check(str![[r#"
cannot read HOME/repo/.claude/atlas.yaml (invalid)
  because cannot read `HOME/repo/.claude/atlas.yaml`: over 1048576 bytes

"#]]);
    world.write("repo/.claude/atlas.yaml", "job: 2\nlimits:\n  usd: x\n");
    check(str![[r#"
the configuration .claude/atlas.yaml is faulty (invalid)
.claude/atlas.yaml:1:1: unknown key `job` [job] | did you mean `jobs`?
.claude/atlas.yaml:3:8: `x` is no amount of dollars, write 0.50 [x]

"#]]);
}
