"""The GitHub action and the GitLab template: held against the schemas that others publish, and
their script steps run as they stand there.

Run by `.ci/run`: `target/venv/bin/python tests/packaging/pipelines.py`.
"""

import json
import platform
import re

from ruamel.yaml import YAML

from world import BIN, ROOT, World, expect, programs

ACTION = ROOT / "action.yml"
GITLAB = ROOT / ".ci" / "gitlab.yml"
VERSION = "v0.0.0"


def read(path):
    return YAML(typ="safe").load(path.read_text())


def valid():
    """By the schemas of SchemaStore and GitLab, which come with the checker."""
    with World(programs()) as world:
        for schema, path in [("github-actions", ACTION), ("gitlab-ci", GITLAB)]:
            world.run(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", path)
    for step in read(ACTION)["runs"]["steps"]:
        uses = step.get("uses")
        expect(uses is None or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses), f"not pinned: {uses}")
        # What somebody types enters a script by a variable, never as a part of its text.
        expect("${{" not in step.get("run", ""), f"text from outside in a script: {step}")


def release(world, folder):
    """A release with the program that was built, as `.ci/release` packs one."""
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    kind = {"Linux": "unknown-linux-gnu", "Darwin": "apple-darwin"}[platform.system()]
    target = f"{machine}-{kind}"
    world.run(ROOT / ".ci" / "release", programs() / "atlas", VERSION, target, folder)
    return folder / VERSION / f"atlas-{VERSION}-{target}.tar.gz"


def proposed(world):
    """A base, and a change that is bad and takes its own gate away; the checkout is the change."""
    world.git("add", "--all")
    world.git("commit", "--quiet", "--message", "base")
    base = world.git("rev-parse", "HEAD").strip()
    world.git("checkout", "--quiet", "-b", "proposed")
    world.write("a.txt", "bad\n")
    world.write(".claude/skills/greet/contract.yaml", "load: auto\n")
    world.git("commit", "--quiet", "--all", "--message", "bad")
    return base


class Action:
    """The steps of the action, as a runner without the network would take them."""

    def __init__(self, world, **inputs):
        self.world = world
        action = read(ACTION)
        self.steps = {step["name"]: step for step in action["runs"]["steps"]}
        unknown = set(inputs) - set(action["inputs"])
        expect(not unknown, f"no inputs of the action: {unknown}")
        # No pull request, unless an input says so.
        self.values = {
            "runner.temp": str(world.root / "temp"),
            "github.event.pull_request.base.sha": "",
        }
        for name, declared in action["inputs"].items():
            given = inputs.get(name, declared.get("default", ""))
            self.values[f"inputs.{name}"] = self.value(given)
        self.output = world.root / "github-output"

    def value(self, text):
        """A text with its expressions filled in; one that is not known here fails the test."""

        def fill(match):
            for part in match.group(1).split("||"):
                known = self.values.get(part.strip(), "")
                if known:
                    return known
            name = match.group(1).split("||")[0].strip()
            expect(name in self.values, f"an expression that is not known: {match.group(0)}")
            return ""

        return re.sub(r"\$\{\{(.*?)\}\}", fill, text)

    def step(self, name, code=0):
        step = self.steps[name]
        env = {key: self.value(value) for key, value in step["env"].items()}
        env["GITHUB_ACTION_PATH"] = str(ROOT)
        env["GITHUB_OUTPUT"] = str(self.output)
        env["CI"] = "true"
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        return self.world.run(*shell, step["run"], env=env, code=code)

    def result(self):
        return json.loads((self.world.root / "temp/atlas/reports/result.json").read_text())


def github():
    with World(programs()) as world:
        base = proposed(world)
        releases = world.root / "releases"
        archive = release(world, releases)
        given = {"skill": "greet", "version": VERSION, "releases": f"file://{releases}"}

        # A pull request cannot edit its own gate.
        action = Action(world, **given, **{"config-from": base})
        said = action.step("Install atlas")
        expect("atlas" in said, said)
        said = action.step("Run the skill", code=4)
        expect("hook gate" in said, said)
        result = action.result()
        expect(result["status"] == "rejected", result)
        outputs = action.output.read_text()
        expect("status=rejected\n" in outputs and "result.json" in outputs, outputs)

        # More arguments, one a line, whatever they hold; a verdict that stands for the same.
        action = Action(
            world, **given, reuse="24h",
            args="--input\nwho=$(touch owned) \"; touch owned\n", **{"config-from": base},
        )
        action.step("Run the skill", code=4)
        expect(not (world.repo / "owned").exists(), "an argument became a command")
        asked = world.asked()
        action = Action(world, **given, reuse="24h", **{"config-from": base})
        said = action.step("Run the skill", code=4)
        expect("reused" in said and world.asked() == asked, said)

        # Waived, and told everywhere.
        action = Action(world, **given, **{"ok-on": "rejected", "config-from": base})
        said = action.step("Run the skill")
        expect("NOT CHECKED" in said and action.result()["waived"] is True, said)

        # Without a revision the checkout has the say, and its contract asks for nothing any more:
        # no check looked, so it is no pass either. What asks for something needs trust.
        Action(world, **given).step("Run the skill", code=5)
        world.git("checkout", "--quiet", base)
        Action(world, **given).step("Run the skill", code=8)

        # A release is what its checksum says, or is not installed.
        Action(world, **given, sha256="0" * 64).step("Install atlas", code=1)
        archive.write_bytes(archive.read_bytes() + b"\0")
        said = action.step("Install atlas", code=1)
        expect("has the checksum" in said, said)


def gitlab():
    job = read(GITLAB)[".atlas"]
    install, judge = (ROOT / ".ci" / name for name in ["install", "judge"])
    expect(job["before_script"][-1] == install.read_text(), "the template has another .ci/install")
    expect(job["script"] == [judge.read_text()], "the template has another .ci/judge")
    with World(programs()) as world:
        base = proposed(world)
        releases = world.root / "releases"
        release(world, releases)
        # The clone of a runner: the change is checked out, the target's branch is not there yet.
        world.git("branch", "--force", "main", base)
        clone = world.root / "clone"
        world.git("clone", "--quiet", "--branch", "proposed", "--single-branch", world.repo, clone)
        known = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI": "true"}
        fill = lambda text: re.sub(r"\$(\w+)", lambda name: known[name.group(1)], text)
        env = {name: fill(value) for name, value in job["variables"].items()}
        temp = world.root / "temp"
        env |= {
            **known,
            "ATLAS_VERSION": VERSION,
            "ATLAS_RELEASES": f"file://{releases}",
            "ATLAS_TO": str(temp / "bin"),
            "ATLAS_HOME": str(temp / "home"),
            "ATLAS_REPORTS": str(temp / "reports"),
            "JUDGE_SKILL": "greet",
            "JUDGE_REUSE": "24h",
        }
        whole = "\n".join(["set -eo pipefail", *job["before_script"], *job["script"]])
        after = "\n".join(job["after_script"])

        def pipeline():
            said = world.run("bash", "-c", whole, env=env, cwd=clone, code=4)
            world.run("bash", "-c", after, env=env, cwd=clone)
            result = json.loads((clone / "atlas-reports/result.json").read_text())
            expect(result["status"] == "rejected", said)
            return said

        pipeline()
        asked = world.asked()
        world.run("rm", "-rf", temp, clone / "atlas-reports")
        said = pipeline()
        expect("reused" in said and world.asked() == asked, said)

        # A change that brings verdicts along brings none.
        world.run("rm", "-rf", temp, clone / "atlas-reports")
        world.git("add", "--force", ".atlas-verdicts", cwd=clone)
        world.git("commit", "--quiet", "--message", "verdicts", cwd=clone)
        said = pipeline()
        expect("reused" not in said and world.asked() > asked, said)


valid()
github()
gitlab()
print("the action and the template are valid, and their scripts do what they say")
