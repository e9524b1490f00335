//! Plugins; what Claude Code 2.1.328 does with the same folders is the model.

use super::*;

const INSTALLED: &str = "home/.claude/plugins/installed_plugins.json";

/// What all plugins hold, and what is wrong with them.
fn shown(house: &House, given: &[&str]) -> String {
    let (home, project) = (house.at("home"), house.at("project"));
    let given: Vec<PathBuf> = given.iter().map(|dir| house.at(dir)).collect();
    let search =
        Search { plugins: &given, home: Some(&home), project: Some(&project), ..Search::default() };
    let listing = match Roots::new(&search) {
        Ok(roots) => roots.list(),
        Err(fault) => return house.shown(&whole(&fault)),
    };
    let mut shown = String::new();
    for entry in &listing.entries {
        let Found { name, source, file, .. } = &entry.found;
        let state = match (&entry.header, &entry.shadowed_by) {
            (Err(fault), _) => format!(" broken: {fault}"),
            (Ok(_), Some(_)) => " shadowed".to_owned(),
            (Ok(_), None) => String::new(),
        };
        let _ = writeln!(shown, "{name} ({source}) {}{state}", file.display());
    }
    for warning in &listing.warnings {
        let _ = writeln!(shown, "warning: {warning}");
    }
    house.shown(&shown)
}

#[test]
fn a_folder_that_is_given_is_a_plugin_or_holds_some() {
    let text = skill("own-name");
    let house = House::new(&[
        ("bare/skills/s1/SKILL.md", &text),
        ("named/.claude-plugin/plugin.json", r#"{"name": "n", "skills": ["./more", "single"]}"#),
        ("named/skills/default/SKILL.md", &text),
        ("named/more/m1/SKILL.md", &text),
        ("named/single/SKILL.md", &skill("fancy")),
        ("many/one/.claude-plugin/plugin.json", r#"{"name": "one"}"#),
        ("many/one/SKILL.md", &skill("root-skill")),
        ("many/two/.claude-plugin/plugin.json", "{}"),
        ("many/two/skills/x/SKILL.md", &text),
        ("many/bare/skills/not-a-plugin/SKILL.md", &text),
        ("empty/file", ""),
        ("p.zip", ""),
    ]);
    let shown = ["bare", "named", "many", "empty", "gone", "p.zip"]
        .map(|dir| format!("{dir}:\n{}", shown(&house, &[dir])));
    assert_data_eq!(
        shown.join("\n"),
        str![[r#"
bare:
bare:s1 (plugin bare) [ROOT]/bare/skills/s1/SKILL.md

named:
n:default (plugin n) [ROOT]/named/skills/default/SKILL.md
n:fancy (plugin n) [ROOT]/named/single/SKILL.md
n:m1 (plugin n) [ROOT]/named/more/m1/SKILL.md

many:
one:root-skill (plugin one) [ROOT]/many/one/SKILL.md
two:x (plugin two) [ROOT]/many/two/skills/x/SKILL.md

empty:
`--plugin-dir [ROOT]/empty` holds no plugin
  hint: a plugin has `.claude-plugin/plugin.json`, or a folder `skills`

gone:
`--plugin-dir [ROOT]/gone` is not a folder

p.zip:
`--plugin-dir [ROOT]/p.zip` is not a folder
  hint: unpack it, and name the folder

"#]]
        .raw()
    );
}

#[test]
fn a_marketplace_offers_what_lies_inside_of_it() {
    let text = skill("x");
    let offers = r#"{"plugins": [
        {"name": "alpha", "source": "./plugins/alpha"},
        {"name": "beta", "source": "./beta", "skills": ["./extra/three"]},
        {"name": "all", "source": "./", "skills": ["./loose/one", "./loose/two"]},
        {"name": "out", "source": "../elsewhere"},
        {"name": "remote", "source": {"source": "github", "repo": "o/r"}},
        {"name": "no:name", "source": "./beta"}
    ]}"#;
    let house = House::new(&[
        ("m/.claude-plugin/marketplace.json", offers),
        ("m/plugins/alpha/skills/one/SKILL.md", &text),
        ("m/beta/skills/two/SKILL.md", &text),
        ("m/beta/extra/three/SKILL.md", &skill("third")),
        ("m/skills/of-nobody/SKILL.md", &text),
        ("m/loose/one/SKILL.md", &skill("one")),
        ("m/loose/two/SKILL.md", &skill("one")),
        ("elsewhere/skills/o/SKILL.md", &text),
    ]);
    assert_data_eq!(
        shown(&house, &["m"]),
        str![[r#"
all:one (plugin all) [ROOT]/m/loose/one/SKILL.md broken: the name `all:one` is claimed by `[ROOT]/m/loose/one/SKILL.md` and by `[ROOT]/m/loose/two/SKILL.md`
all:one (plugin all) [ROOT]/m/loose/two/SKILL.md broken: the name `all:one` is claimed by `[ROOT]/m/loose/one/SKILL.md` and by `[ROOT]/m/loose/two/SKILL.md`
alpha:one (plugin alpha) [ROOT]/m/plugins/alpha/skills/one/SKILL.md
beta:third (plugin beta) [ROOT]/m/beta/extra/three/SKILL.md
beta:two (plugin beta) [ROOT]/m/beta/skills/two/SKILL.md
warning: plugin [ROOT]/m: `out` is no folder inside of it
warning: plugin [ROOT]/m/beta: `no:name` cannot be the name of a plugin

"#]]
        .raw()
    );
}

#[test]
fn what_the_user_installed_is_found_unless_it_is_off_or_for_another_project() {
    let text = skill("x");
    let house = House::new(&[
        (
            "live/.claude-plugin/marketplace.json",
            r#"{"plugins": [{"name": "a", "source": "./a"}]}"#,
        ),
        ("live/a/skills/now/SKILL.md", &text),
        ("cache/a/1.0.0/skills/then/SKILL.md", &text),
        (
            "far/.claude-plugin/marketplace.json",
            r#"{"plugins": [{"name": "b", "source": {}, "skills": "./s"}]}"#,
        ),
        ("cache/b/2.0.0/s/listed/SKILL.md", &text),
        ("cache/b/2.0.0/skills/default/SKILL.md", &text),
        ("cache/off/1/skills/off/SKILL.md", &text),
        ("cache/other/1/skills/other/SKILL.md", &text),
        ("cache/here/1/skills/here/SKILL.md", &text),
        ("cache/unknown/1.2.3/skills/u/SKILL.md", &text),
        ("home/.claude/settings.json", r#"{"enabledPlugins": {"off@far": false, "b@far": true}}"#),
    ]);
    let at = |path: &str| house.at(path).display().to_string();
    let place = |path: &str| format!(r#"{{"installPath": "{}"}}"#, at(path));
    let only = |path: &str, project: &str| {
        format!(r#"{{"installPath": "{}", "projectPath": "{}"}}"#, at(path), at(project))
    };
    let installed = format!(
        r#"{{"version": 2, "plugins": {{"a@live": [{}], "b@far": [{}], "off@far": [{}],
            "other@far": [{}], "here@far": [{}], "unknown@nowhere": {}, "gone@far": [{}]}}}}"#,
        place("cache/a/1.0.0"),
        place("cache/b/2.0.0"),
        place("cache/off/1"),
        only("cache/other/1", "elsewhere"),
        only("cache/here/1", "project"),
        place("cache/unknown/1.2.3"),
        place("cache/gone/1"),
    );
    house.write(INSTALLED, installed.as_bytes());
    let known = format!(
        r#"{{"live": {{"source": {{"source": "directory"}}, "installLocation": "{}"}},
            "far": {{"source": {{"source": "github"}}, "installLocation": "{}"}}}}"#,
        at("live"),
        at("far"),
    );
    house.write("home/.claude/plugins/known_marketplaces.json", known.as_bytes());
    assert_data_eq!(
        shown(&house, &[]),
        str![[r#"
a:now (plugin a) [ROOT]/live/a/skills/now/SKILL.md
b:default (plugin b) [ROOT]/cache/b/2.0.0/skills/default/SKILL.md
b:listed (plugin b) [ROOT]/cache/b/2.0.0/s/listed/SKILL.md
here:here (plugin here) [ROOT]/cache/here/1/skills/here/SKILL.md
unknown:u (plugin unknown) [ROOT]/cache/unknown/1.2.3/skills/u/SKILL.md

"#]]
        .raw()
    );
}

#[test]
fn what_cannot_be_read_of_plugins_is_told() {
    let house = House::new(&[(INSTALLED, "{")]);
    assert_data_eq!(
        shown(&house, &[]),
        str![[r#"
warning: [ROOT]/home/.claude/plugins/installed_plugins.json is no JSON: EOF while parsing an object at line 1 column 1

"#]]
        .raw()
    );
}

#[test]
fn nothing_of_a_plugin_lies_outside_of_it() {
    let house = House::new(&[
        (
            "p/.claude-plugin/plugin.json",
            r#"{"name": "p", "skills": ["../out", "./link", "/", "./gone"]}"#,
        ),
        ("out/secret/SKILL.md", &skill("secret")),
    ]);
    symlink(house.at("out"), house.at("p/link")).unwrap();
    symlink(house.at("out"), house.at("p/skills")).unwrap();
    assert_data_eq!(
        shown(&house, &["p"]),
        str![[r#"
warning: plugin [ROOT]/p: `skills: ../out` is no folder inside of it
warning: plugin [ROOT]/p: `skills: ./link` is no folder inside of it
warning: plugin [ROOT]/p: `skills: /` is no folder inside of it
warning: plugin [ROOT]/p: `skills: ./gone` is no folder inside of it

"#]]
        .raw()
    );
}

#[test]
fn a_project_offers_its_own_plugins_and_the_given_ones_come_first() {
    let text = skill("x");
    let house = House::new(&[
        ("project/.claude-plugin/plugin.json", r#"{"name": "self", "skills": "./extra"}"#),
        (
            "project/.claude-plugin/marketplace.json",
            r#"{"plugins": [{"name": "q", "source": "./q"}, {"name": "self", "source": "./"}]}"#,
        ),
        ("project/skills/plain/SKILL.md", &text),
        ("project/extra/more/SKILL.md", &text),
        ("project/q/skills/one/SKILL.md", &text),
        ("mine/.claude-plugin/plugin.json", r#"{"name": "q"}"#),
        ("mine/skills/one/SKILL.md", &text),
    ]);
    assert_data_eq!(
        shown(&house, &["mine"]),
        str![[r#"
plain (project skills) [ROOT]/project/skills/plain/SKILL.md
q:one (plugin q) [ROOT]/mine/skills/one/SKILL.md
q:one (project plugin q) [ROOT]/project/q/skills/one/SKILL.md shadowed
self:more (project plugin self) [ROOT]/project/extra/more/SKILL.md

"#]]
        .raw()
    );
    assert_data_eq!(
        house.means("q:one") + &house.means("one") + &house.means("q:two"),
        str![[r#"
q:one: [ROOT]/project/q/skills/one/SKILL.md (project plugin q)
one: there is no skill `one`
  hint: did you mean `q:one`?
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there
  hint: looked in: [ROOT]/two, which is not there
  hint: looked in: [ROOT]/home/.claude/skills, which is not there
q:two: there is no skill `q:two`
  hint: looked in: [ROOT]/project/skills
  hint: looked in: [ROOT]/one, which is not there
  hint: looked in: [ROOT]/two, which is not there
  hint: looked in: [ROOT]/home/.claude/skills, which is not there

"#]]
        .raw()
    );
}
