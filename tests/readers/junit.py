"""Reads atlas's JUnit reports with a reader that somebody else wrote.

Takes the path of an atlas with its test fakes beside it. Nobody is asked: the runs are replays, or
end before the first call.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from junitparser import Error, Failure, JUnitXml, Skipped

HOSTILE = (
    "no\x01\x0b ]]></failure></testcase><testcase name='forged'/> &x; <![CDATA["
    " \x1b[31mred\x1b]0;owned\x07 \uffff\u202e"
)


def world(folder, atlas):
    """A repository, a home with one hostile skill, and an environment for both."""
    repository, home = folder / "repository", folder / "home"
    claude = folder / "claude"
    shutil.copy(atlas.with_name("fake-claude"), claude)
    (folder / "claude.script.json").write_text("{}")
    repository.mkdir()
    skill = home / ".claude/skills/hostile"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: hostile\ndescription: Says no.\n---\nSay no.\n")
    script = skill / "say.sh"
    script.write_bytes(b"#!/bin/sh\ncat >&2 <<'END'\n" + HOSTILE.encode() + b"\nEND\nexit 1\n")
    script.chmod(0o755)
    hooks = "hooks:\n"
    for name, blocking in [("refuses", "true"), ("advises", "false")]:
        hooks += f"  {name}: {{ timing: pre, blocking: {blocking}, command: ['{script}'] }}\n"
    hooks += "  breaks: { timing: pre, command: [/no/such/program] }\n"
    hooks += "  content: { timing: pre, command: ['true'] }\n"
    (skill / "contract.yaml").write_text(hooks)
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return repository, environment | {"ATLAS_CLAUDE": str(claude)}


def report(atlas, arguments, code, place):
    """The report of a run that has to end with this code."""
    repository, environment = place
    ended = subprocess.run(
        [atlas, *arguments, "--format=junit"],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    told = ended.stdout.decode() + ended.stderr.decode()
    assert ended.returncode == code, f"{arguments}: {ended.returncode}, not {code}\n{told}"
    return JUnitXml.fromstring(ended.stdout)


def cases(xml):
    """What came of each case: its name, and `passed` or the kind of its result."""
    kinds = {Failure: "failure", Error: "error", Skipped: "skipped"}
    found = {}
    for suite in xml:
        for case in suite:
            results = [kinds[type(result)] for result in case.result]
            assert case.name not in found, f"{case.name} is there twice"
            found[case.name] = results[0] if results else "passed"
    return found


def main(atlas):
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        place = world(folder, atlas)
        rows = [
            (
                ["run", "hostile"],
                3,
                {"refuses": "failure", "advises": "skipped", "breaks": "error", "content": "passed"},
            ),
            (["run", "review-diff", "--replay"], 0, {"quotes-stand": "passed"}),
            (["run", "nobody"], 8, {"run": "error"}),
            (["test", "review-diff"], 0, {"first": "passed"}),
        ]
        for arguments, code, expected in rows:
            xml = report(atlas, arguments, code, place)
            found = cases(xml)
            seen = {name: found.get(name) for name in expected}
            assert seen == expected, f"{arguments}: {found}"
            assert "forged" not in found, found
            counted = (xml.tests, xml.failures, xml.errors, xml.skipped)
            of = list(found.values())
            kinds = ("failure", "error", "skipped")
            assert counted == (len(of), *map(of.count, kinds)), f"{arguments}: {counted}"
            print(f"{' '.join(arguments)}: {found}")
        print(f"{len(rows)} passed, 0 failed")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
