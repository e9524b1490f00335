//! What is not looked at, and what is hidden by something else.

use super::*;

#[test]
fn what_git_ignores_in_a_project_is_no_skill_of_it() {
    let text = skill("x");
    let house = House::new(&[
        ("project/.gitignore", "target/\n/skills/private\n.agents/\n*.tmp\n"),
        ("project/skills/kept/SKILL.md", &text),
        ("project/skills/private/SKILL.md", &text),
        ("project/skills/deep/target/made/SKILL.md", &text),
        ("project/skills/x.tmp/SKILL.md", &text),
        ("project/skills/tracked/target/SKILL.md", &text),
        // The whole folder is ignored: whoever has skills there means them.
        ("project/.agents/skills/agents/SKILL.md", &text),
        ("home/.claude/skills/x.tmp/SKILL.md", &text),
    ]);
    let repository = git2::Repository::init(house.at("project")).unwrap();
    let mut index = repository.index().unwrap();
    let tracked = Path::new("skills/tracked/target/SKILL.md");
    index.add_all([tracked], git2::IndexAddOption::FORCE, None).unwrap();
    index.write().unwrap();
    assert_data_eq!(
        house.listed(),
        str![[r#"
x.tmp (personal): Does x | 45 bytes, ≈ 6 tokens
agents (project .agents): Does x | 45 bytes, ≈ 6 tokens
kept (project skills): Does x | 45 bytes, ≈ 6 tokens
target (project skills): Does x | 45 bytes, ≈ 6 tokens

"#]]
        .raw()
    );
    let names = ["kept", "agents", "target", "private", "made"];
    let shown: String = names.into_iter().map(|name| house.means(name)).collect();
    assert_data_eq!(
        shown,
        str![[r#"
kept: [ROOT]/project/skills/kept/SKILL.md (project skills)
agents: [ROOT]/project/.agents/skills/agents/SKILL.md (project .agents)
target: [ROOT]/project/skills/tracked/target/SKILL.md (project skills)
private: there is no skill `private`
  hint: git ignores [ROOT]/project/skills/private; to run it, add `--skills-dir [ROOT]/project/skills/private`
  hint: looked in: [ROOT]/home/.claude/skills
  hint: looked in: [ROOT]/project/.agents/skills
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there
made: there is no skill `made`
  hint: looked in: [ROOT]/home/.claude/skills
  hint: looked in: [ROOT]/project/.agents/skills
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there

"#]]
        .raw()
    );
}

#[test]
fn a_skill_of_the_users_own_is_never_hidden_without_a_word() {
    let text = skill("x");
    let house = House::new(&[
        ("one/mine/SKILL.md", &text),
        ("home/.claude/skills/mine/SKILL.md", &text),
        ("project/skills/mine/SKILL.md", &text),
        ("project/skills/theirs/SKILL.md", &text),
    ]);
    let rows = [("mine", Some("home/.claude/skills/mine/SKILL.md")), ("theirs", None)];
    for (name, hidden) in rows {
        let winner = house.find(name).unwrap();
        let found = house.roots().hidden_by(&winner).map(|found| found.file);
        assert_eq!(found, hidden.map(|path| house.at(path)), "{name}");
    }
    fs::remove_dir_all(house.at("one")).unwrap();
    let winner = house.find("mine").unwrap();
    assert_eq!((&winner.source, house.roots().hidden_by(&winner)), (&Source::Personal, None));
}

#[test]
fn the_spelling_of_the_file_does_not_matter() {
    let house = House::new(&[
        ("one/lower/skill.md", &skill("lower")),
        ("one/mixed/Skill.MD", &skill("mixed")),
        ("one/both/SKILL.md", &skill("upper")),
        ("one/both/skill.md", &skill("lower")),
        ("one/other/SKILLS.md", &skill("other")),
        ("one/deep/er/sKiLl.mD", &skill("er")),
    ]);
    let names = ["lower", "mixed", "both", "er"];
    let shown: String = names.into_iter().map(|name| house.means(name)).collect();
    assert_data_eq!(
        shown,
        str![[r#"
lower: [ROOT]/one/lower/skill.md (ATLAS_SKILLS_PATH)
mixed: [ROOT]/one/mixed/Skill.MD (ATLAS_SKILLS_PATH)
both: [ROOT]/one/both/SKILL.md (ATLAS_SKILLS_PATH)
er: [ROOT]/one/deep/er/sKiLl.mD (ATLAS_SKILLS_PATH)

"#]]
        .raw()
    );
    assert!(house.find("other").is_err());
}
