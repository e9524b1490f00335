"""What the tests of hooks and pipelines stand on: folders of their own, git, a claude that plays a
script, and programs that are ended when they take too long."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent

# Whoever waits for somebody's lock would wait for ever: longer than this is a failure.
PATIENCE = 1500

SKILL = "---\nname: greet\ndescription: Says hello to whoever asks.\n---\nGreet the user.\n"
CONTRACT = (
    "hooks:\n"
    "  gate: { timing: post, command: [sh, -c, '! grep -l bad *.txt'] }\n"
    "retry: 0\n"
)


class World:
    """A home, a repository with a guarded skill, and a claude that always greets."""

    def __init__(self, programs):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="atlas-packaging-"))
        self.repo = self.root / "repo"
        self.claude = self.root / "claude"
        self.calls = self.root / "claude.calls"
        (self.root / "home").mkdir()
        self.repo.mkdir()
        shutil.copy(programs / "fake-claude", self.claude)
        script = {"turns": [[{"success": "Hello."}]]}
        (self.root / "claude.script.json").write_text(json.dumps(script))
        self.env = {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "ATLAS_CLAUDE": str(self.claude),
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
            "ANTHROPIC_API_KEY": "dummy",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "IS_SANDBOX": "1",
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(".claude/skills/greet/SKILL.md", SKILL)
        self.write(".claude/skills/greet/contract.yaml", CONTRACT)
        self.write("a.txt", "good\n")
        self.write("b.txt", "good\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, path, text):
        path = self.repo / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *command, code=0, env=(), cwd=None):
        """Runs a program in the repository; what it says comes back, stdout and stderr as one."""
        ended = subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.repo,
            env={**self.env, **dict(env)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if ended.returncode != code:
            words = " ".join(map(str, command))
            raise AssertionError(f"{words}: {ended.returncode}, not {code}\n{ended.stdout}")
        return ended.stdout

    def git(self, *args, **kwargs):
        return self.run("git", *args, **kwargs)

    def asked(self):
        """How often claude was asked anything."""
        if not self.calls.exists():
            return 0
        lines = map(json.loads, self.calls.read_text().splitlines())
        return sum(call["print"] for call in lines)


def expect(condition, message):
    """An assertion that no option of the interpreter leaves out."""
    if not condition:
        raise AssertionError(message)


def copy_of_the_tree(folder):
    """This project's files as they are, as a repository with one commit and a tag."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)


def programs():
    """The folder of the programs that `cargo test` has built."""
    folder = ROOT / "target" / "debug"
    for name in ["atlas", "fake-claude"]:
        expect((folder / name).is_file(), f"run `cargo test` first: there is no {folder / name}")
    return folder


__all__ = ["BIN", "ROOT", "World", "copy_of_the_tree", "expect", "os", "programs"]
