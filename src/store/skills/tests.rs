mod hidden;
mod plugins;

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use snapbox::{IntoData as _, assert_data_eq, str};
use tempfile::TempDir;

use super::*;
use crate::model::{Status, skill::name::SkillName};

/// A folder for one test, whose path is `[ROOT]` in every expectation.
struct House {
    dir: TempDir,
}

impl House {
    fn new(skills: &[(&str, &str)]) -> Self {
        let house = Self { dir: tempfile::tempdir().unwrap() };
        for (path, text) in skills {
            house.write(path, text.as_bytes());
        }
        house
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes its files as anybody would")]
    fn write(&self, path: &str, bytes: &[u8]) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), bytes).unwrap();
    }

    fn roots(&self) -> Roots {
        let (home, project) = (self.at("home"), self.at("project"));
        let variable = std::env::join_paths([self.at("one"), self.at("two")]).unwrap();
        let search = Search {
            flags: &[],
            plugins: &[],
            variable: Some(&variable),
            home: Some(&home),
            project: Some(&project),
            cache: None,
        };
        Roots::new(&search).unwrap()
    }

    fn find(&self, name: &str) -> Result<Found> {
        self.roots().find(&SkillName::parse(name).unwrap())
    }

    fn shown(&self, text: &str) -> String {
        text.replace(self.dir.path().to_str().unwrap(), "[ROOT]")
    }

    /// The file that a name means, or the whole fault.
    fn means(&self, name: &str) -> String {
        let shown = match self.find(name) {
            Ok(found) => format!("{name}: {} ({})\n", found.file.display(), found.source),
            Err(fault) => format!("{name}: {}", whole(&fault)),
        };
        self.shown(&shown)
    }

    fn load(&self, name: &str) -> Result<Skill> {
        load(&self.find(name)?)
    }

    fn listed(&self) -> String {
        let listing = self.roots().list();
        let mut shown = String::new();
        for entry in &listing.entries {
            let facts = match &entry.header {
                Ok(header) => format!(
                    "{} | {} bytes, ≈ {} tokens",
                    header.summary.as_deref().unwrap_or("-"),
                    header.bytes,
                    entry.body_tokens
                ),
                Err(fault) => fault.to_string(),
            };
            let Found { name, source, .. } = &entry.found;
            let _ = writeln!(shown, "{name} ({source}): {facts}");
            if let Some(winner) = &entry.shadowed_by {
                let _ = writeln!(shown, "  shadowed by {}", winner.display());
            }
        }
        for warning in listing.warnings {
            let _ = writeln!(shown, "warning: {warning}");
        }
        self.shown(&shown)
    }
}

/// Everything that a fault says.
fn whole(fault: &Fault) -> String {
    let spots =
        fault.spots.iter().map(|spot| format!("  at {}: {}\n", spot.path.display(), spot.message));
    let hints = fault.hints.iter().map(|hint| format!("  hint: {hint}\n"));
    format!("{fault}\n{}", spots.chain(hints).collect::<String>())
}

fn skill(name: &str) -> String {
    format!("---\nname: {name}\ndescription: Does {name}\n---\n# Title\n\n## Part\ntext\n")
}

#[test]
fn the_first_folder_that_has_it_wins() {
    let text = skill("x");
    let house = House::new(&[
        ("two/everywhere/SKILL.md", &text),
        ("home/.claude/skills/everywhere/SKILL.md", &text),
        ("home/.claude/skills/mine/SKILL.md", &text),
        ("project/.claude/skills/mine/SKILL.md", &text),
        ("project/.claude/skills/claude/SKILL.md", &text),
        ("project/.agents/skills/claude/SKILL.md", &text),
        ("project/.agents/skills/agents/SKILL.md", &text),
        ("project/skills/agents/SKILL.md", &text),
        ("project/skills/repo/skill.md", &text),
        ("project/skills/group/deep/nested/SKILL.md", &text),
        ("project/skills/a/b/c/d/e/six/SKILL.md", &text),
        ("project/skills/a/b/c/d/e/f/seven/SKILL.md", &text),
        ("project/skills/repo/inner/SKILL.md", &text),
        ("project/skills/node_modules/module/SKILL.md", &text),
    ]);
    let names = ["everywhere", "mine", "claude", "agents", "repo", "nested", "six"];
    let shown: String = names.into_iter().map(|name| house.means(name)).collect();
    assert_data_eq!(
        shown,
        str![[r#"
everywhere: [ROOT]/two/everywhere/SKILL.md (ATLAS_SKILLS_PATH)
mine: [ROOT]/home/.claude/skills/mine/SKILL.md (personal)
claude: [ROOT]/project/.claude/skills/claude/SKILL.md (project)
agents: [ROOT]/project/.agents/skills/agents/SKILL.md (project .agents)
repo: [ROOT]/project/skills/repo/skill.md (project skills)
nested: [ROOT]/project/skills/group/deep/nested/SKILL.md (project skills)
six: [ROOT]/project/skills/a/b/c/d/e/six/SKILL.md (project skills)

"#]]
        .raw()
    );
    for name in ["seven", "inner", "module"] {
        assert_eq!(house.find(name).unwrap_err().status, Status::Invalid, "{name}");
    }
}

#[test]
fn a_folder_beats_a_name_and_a_name_claimed_twice_is_nobodys() {
    let house = House::new(&[
        ("one/other/SKILL.md", &skill("folder")),
        ("one/folder/SKILL.md", &skill("else")),
        ("one/first/SKILL.md", &skill("twice")),
        ("one/second/SKILL.md", &skill("twice")),
        ("one/a/same/SKILL.md", &skill("same")),
        ("one/b/same/SKILL.md", &skill("same")),
        ("two/else/SKILL.md", &skill("else")),
    ]);
    let names = ["folder", "else", "twice", "same"];
    let shown: String = names.into_iter().map(|name| house.means(name)).collect();
    assert_data_eq!(
        shown,
        str![[r#"
folder: [ROOT]/one/folder/SKILL.md (ATLAS_SKILLS_PATH)
else: [ROOT]/one/folder/SKILL.md (ATLAS_SKILLS_PATH)
twice: the name `twice` is claimed by `[ROOT]/one/first/SKILL.md` and by `[ROOT]/one/second/SKILL.md`
  hint: rename all but one of them
same: the name `same` is claimed by `[ROOT]/one/a/same/SKILL.md` and by `[ROOT]/one/b/same/SKILL.md`
  hint: rename all but one of them

"#]]
        .raw()
    );
}

#[test]
fn an_unknown_name_gets_a_suggestion_and_the_places_searched() {
    let house = House::new(&[
        ("home/.claude/skills/review-diff/SKILL.md", &skill("review-diff")),
        ("project/skills/preview/SKILL.md", &skill("preview")),
    ]);
    assert_data_eq!(
        house.means("reveiw-diff") + &house.means("p:review"),
        str![[r#"
reveiw-diff: there is no skill `reveiw-diff`
  hint: did you mean `review-diff`?
  hint: looked in: [ROOT]/home/.claude/skills
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there
  hint: looked in: [ROOT]/two, which is not there
p:review: there is no skill `p:review`
  hint: did you mean `preview`?
  hint: looked in: [ROOT]/home/.claude/skills
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there
  hint: looked in: [ROOT]/two, which is not there

"#]]
        .raw()
    );
    assert_eq!(house.find("zzz").unwrap_err().status.code(), 8);
}

#[test]
fn a_list_shows_what_is_shadowed_and_what_is_broken() {
    let house = House::new(&[
        ("one/b/SKILL.md", &skill("b")),
        ("one/a/SKILL.md", "---\nname: a\n---\n# A\nThe first line.\n"),
        ("one/deep/er/b/SKILL.md", &skill("b")),
        ("one/x/same/SKILL.md", &skill("same")),
        ("one/y/same/SKILL.md", &skill("same")),
        ("two/b/SKILL.md", &skill("b")),
        ("two/open/SKILL.md", "---\nname: open\n"),
        ("two/long/SKILL.md", &format!("{}{}", skill("long"), "x".repeat(400_000))),
        ("two/late/SKILL.md", &format!("---\nname: late\n---\n{}\n## Two\n", "x\n".repeat(50_000))),
        ("project/skills/plain/SKILL.md", "No front matter.\n"),
        ("project/skills/multi/SKILL.md", "---\ndescription: |\n  two\n  lines\n---\n"),
    ]);
    assert_data_eq!(house.listed(), str![[r#"
a (ATLAS_SKILLS_PATH): The first line. | 36 bytes, ≈ 5 tokens
b (ATLAS_SKILLS_PATH): Does b | 45 bytes, ≈ 6 tokens
b (ATLAS_SKILLS_PATH): Does b | 45 bytes, ≈ 6 tokens
  shadowed by [ROOT]/one/b/SKILL.md
same (ATLAS_SKILLS_PATH): the name `same` is claimed by `[ROOT]/one/x/same/SKILL.md` and by `[ROOT]/one/y/same/SKILL.md`
same (ATLAS_SKILLS_PATH): the name `same` is claimed by `[ROOT]/one/x/same/SKILL.md` and by `[ROOT]/one/y/same/SKILL.md`
b (ATLAS_SKILLS_PATH): Does b | 45 bytes, ≈ 6 tokens
  shadowed by [ROOT]/one/b/SKILL.md
late (ATLAS_SKILLS_PATH): x | 100020 bytes, ≈ 25002 tokens
long (ATLAS_SKILLS_PATH): Does long | 51 bytes, ≈ 100006 tokens
open (ATLAS_SKILLS_PATH): - | 15 bytes, ≈ 0 tokens
multi (project skills): two lines | 37 bytes, ≈ 0 tokens
plain (project skills): No front matter. | 17 bytes, ≈ 5 tokens

"#]].raw());
}

#[test]
fn links_are_followed_and_loops_end() {
    let house = House::new(&[
        ("elsewhere/real/SKILL.md", &skill("real")),
        ("elsewhere/text.md", &skill("text")),
        ("one/group/inner/SKILL.md", &skill("inner")),
    ]);
    fs::create_dir_all(house.at("one/file")).unwrap();
    fs::create_dir_all(house.at("one/a/x")).unwrap();
    fs::create_dir_all(house.at("one/b/y")).unwrap();
    symlink(house.at("elsewhere/real"), house.at("one/linked")).unwrap();
    symlink(house.at("elsewhere/text.md"), house.at("one/file/SKILL.md")).unwrap();
    symlink("..", house.at("one/group/up")).unwrap();
    symlink("/", house.at("one/group/everything")).unwrap();
    symlink(house.at("one/b"), house.at("one/a/x/to-b")).unwrap();
    symlink(house.at("one/a"), house.at("one/b/y/to-a")).unwrap();
    symlink("nowhere", house.at("one/dangling")).unwrap();
    assert_data_eq!(
        house.listed(),
        str![[r#"
file (ATLAS_SKILLS_PATH): Does text | 51 bytes, ≈ 6 tokens
inner (ATLAS_SKILLS_PATH): Does inner | 53 bytes, ≈ 6 tokens
linked (ATLAS_SKILLS_PATH): Does real | 51 bytes, ≈ 6 tokens

"#]]
        .raw()
    );
    assert_eq!(house.load("linked").unwrap().front.name.as_deref(), Some("real"));
    assert_eq!(house.load("file").unwrap().front.name.as_deref(), Some("text"));
}

#[test]
fn what_is_no_readable_file_is_refused_without_waiting() {
    let house = House::new(&[
        ("one/huge/SKILL.md", &"x".repeat(MAX_BYTES + 1)),
        ("one/full/SKILL.md", &"x".repeat(MAX_BYTES)),
        ("one/folder/SKILL.md/x", ""),
        ("one/broken/SKILL.md", &format!("---\nname: {}\n---\n", "x".repeat(70_000))),
    ]);
    for dir in ["one/pipe", "one/device", "one/gone", "one/itself"] {
        fs::create_dir_all(house.at(dir)).unwrap();
    }
    let pipe = house.at("one/pipe/SKILL.md");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    symlink("/dev/zero", house.at("one/device/SKILL.md")).unwrap();
    symlink("nowhere", house.at("one/gone/SKILL.md")).unwrap();
    symlink("SKILL.md", house.at("one/itself/SKILL.md")).unwrap();
    let names = ["huge", "folder", "broken", "pipe", "device", "gone", "itself"];
    let shown: String =
        names.into_iter().map(|name| house.shown(&whole(&house.load(name).unwrap_err()))).collect();
    assert_data_eq!(shown, str![[r#"
the skill `huge` cannot be read: cannot read `[ROOT]/one/huge/SKILL.md`: over 1048576 bytes
  hint: move long parts into files under `references/`
the skill `folder` cannot be read: cannot read `[ROOT]/one/folder/SKILL.md`: not a regular file but a folder
the skill `broken` cannot be read: the front matter is larger than 64 KiB
  at [ROOT]/one/broken/SKILL.md: opened here
the skill `pipe` cannot be read: cannot read `[ROOT]/one/pipe/SKILL.md`: not a regular file but a FIFO
the skill `device` cannot be read: cannot read `[ROOT]/one/device/SKILL.md`: not a regular file but a device
the skill `gone` cannot be read: cannot read `[ROOT]/one/gone/SKILL.md`: No such file or directory (os error 2)
the skill `itself` cannot be read: cannot read `[ROOT]/one/itself/SKILL.md`: Too many levels of symbolic links (os error 40)

"#]].raw());
    assert_eq!(house.load("full").unwrap().body().len(), MAX_BYTES);
    let listed = house.listed();
    assert!(listed.contains("pipe (ATLAS_SKILLS_PATH): "), "{listed}");
}

#[test]
fn a_file_without_read_permission_says_so() {
    let house = House::new(&[("one/secret/SKILL.md", &skill("secret"))]);
    let file = house.at("one/secret/SKILL.md");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything; then there is nothing to refuse.
    if let Err(fault) = house.load("secret") {
        assert!(fault.causes.iter().any(|cause| cause.contains("ermission denied")), "{fault}");
        assert!(fault.hints.iter().any(|hint| hint.contains("right to read")), "{fault:?}");
    } else {
        assert!(rustix::process::geteuid().is_root());
    }
}

#[test]
fn folders_are_searched_once_and_flags_must_exist() {
    let house = House::new(&[("home/.claude/skills/a/SKILL.md", &skill("a"))]);
    let home = house.at("home");
    let flags = [house.at("home/.claude/skills/../skills")];
    let search =
        Search { flags: &flags, home: Some(&home), project: Some(&home), ..Search::default() };
    let roots = Roots::new(&search).unwrap();
    assert_eq!(roots.all().map(|root| &root.source).collect::<Vec<_>>(), [&Source::Flag]);
    assert_eq!(roots.missing().len(), 2);

    let flags = [house.at("home/.claude/skills/a")];
    let roots = Roots::new(&Search { flags: &flags, ..Search::default() }).unwrap();
    let found = roots.find(&SkillName::parse("a").unwrap()).unwrap();
    assert_eq!(found.dir, flags[0]);

    let flags = [house.at("nowhere")];
    let fault = Roots::new(&Search { flags: &flags, ..Search::default() }).unwrap_err();
    assert_eq!(fault.status, Status::Usage);
}

#[test]
fn endless_folders_are_cut_off_with_a_warning() {
    let house = House::new(&[
        ("one/a/SKILL.md", &skill("a")),
        ("one/b/c/SKILL.md", &skill("c")),
        ("one/d/SKILL.md", &skill("d")),
    ]);
    let rows = [(5, 3, 0), (4, 2, 1), (1, 0, 1)];
    for (max, found, warned) in rows {
        let limits = walk::Limits { folders: max, ignores: None };
        let walk = walk::walk(&house.at("one"), limits);
        assert_eq!((walk.candidates.len(), walk.warnings.len()), (found, warned), "{max}");
        let message = format!("only the first {max} folders of {}", house.at("one").display());
        assert!(walk.warnings.iter().all(|warning| warning.starts_with(&message)));
    }
}
