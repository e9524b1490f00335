"""The hooks of `.pre-commit-hooks.yaml`, installed as a wheel and run by the real pre-commit and by
prek, through real commits and pushes.

Run by `.ci/run`, which installs both: `target/venv/bin/python tests/packaging/hooks.py [TOOL…]`.
"""

import pathlib
import sys

from world import BIN, ROOT, World, copy_of_the_tree, expect, programs

# Built by what the pages of a reader are built by, `tests/pages`, so that what it depends on is built
# once; what a reader waits for, the optimizer, is left out.
BUILD = {
    "CARGO_TARGET_DIR": str(ROOT / "target" / "tmp" / "pages"),
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    # prek installs by uv, which brings certificates of its own along unless it is told not to.
    "UV_SYSTEM_CERTS": "true",
    "UV_NATIVE_TLS": "true",
}


def toolchain():
    """Where cargo and its downloads are, whatever the home is."""
    import os

    home = pathlib.Path(os.environ["HOME"])
    cargo = os.environ.get("CARGO_HOME", str(home / ".cargo"))
    rustup = os.environ.get("RUSTUP_HOME", str(home / ".rustup"))
    # How pip and uv reach their registry is this machine's business.
    of_the_network = ("PIP_", "UV_", "SSL_CERT_")
    passed = {name: value for name, value in os.environ.items() if name.startswith(of_the_network)}
    path = f"{BIN}:{cargo}/bin:/usr/local/bin:/usr/bin:/bin"
    return {**BUILD, **passed, "CARGO_HOME": cargo, "RUSTUP_HOME": rustup, "PATH": path}


def configure(world, source, *, extra=""):
    world.write(
        ".pre-commit-config.yaml",
        f"""repos:
- repo: {source}
  rev: v0
  hooks:
  - id: atlas-check
  - id: atlas-test
  - id: atlas-run
    args: [greet{extra}]
    stages: [pre-commit, manual]
""",
    )


def commit(world, *args, code=0, env=()):
    return world.git("commit", "--message", "x", *args, code=code, env=env)


def try_tool(tool, source, built):
    """Everything that a hook has to do, with one of the two tools."""
    with World(built) as world:
        world.env.update(toolchain())
        world.run(built / "atlas", "trust", "--always", "--yes")
        configure(world, source)
        world.git("add", "--all")
        commit(world)
        world.run(BIN / tool, "install", "--hook-type", "pre-commit", "--hook-type", "pre-push")
        world.run(BIN / tool, "install-hooks" if tool == "pre-commit" else "prepare-hooks")

        installs_only_atlas(world)

        # Many changed files, and yet one call: not one a core.
        for n in range(40):
            world.write(f"many/{n}.md", "text\n")
        world.git("add", "--all")
        said = commit(world)
        expect(world.asked() == 1, f"asked {world.asked()} times\n{said}")
        expect("passed" in said and "1 of 1 check" in said, said)

        # What is staged is judged, and nothing is paid twice.
        world.write("a.txt", "bad\n")
        world.git("add", "a.txt")
        world.write("a.txt", "good again\n")
        said = commit(world, code=1)
        expect("rejected" in said and "hook gate" in said, said)
        expect((world.repo / "a.txt").read_text() == "good again\n", "the work tree is left alone")
        asked = world.asked()
        said = commit(world, code=1)
        expect("reused" in said and world.asked() == asked, said)

        # `git commit FILE` makes an index of its own, and holds its lock.
        world.write("b.txt", "better\n")
        said = commit(world, "b.txt")
        expect("passed" in said, said)
        world.git("reset", "--quiet", "--hard")

        # A faulty skill does not get that far.
        world.write(".claude/skills/broken/SKILL.md", "---\nname: broken\ndescription: d\n---\n")
        world.write(".claude/skills/broken/contract.yaml", "hooks: [\n")
        world.git("add", "--all")
        said = commit(world, code=1)
        expect("broken/contract.yaml" in said, said)
        world.git("reset", "--quiet", "--hard")

        # Nobody to ask: the commit goes through, and says that nothing was checked.
        configure(world, source, extra=", --if-available")
        world.write("a.txt", "new\n")
        world.git("add", "--all")
        said = commit(world, env={"ATLAS_CLAUDE": "/nowhere/claude"})
        expect("NOT CHECKED" in said, said)

        # Recordings are played before a push.
        bare = world.root / "bare.git"
        world.git("init", "--quiet", "--bare", bare)
        said = world.git("push", bare, "main")
        expect("atlas test" in said and "Passed" in said, said)
        world.git("fsck", "--strict")
        left = [path.name for path in (world.repo / ".git").glob("*.lock")]
        expect(not left, f"locks are left behind: {left}")
        print(f"{tool}: every commit and push went as it should")


def installs_only_atlas(world):
    """The stand-in of the tests is no part of a wheel."""
    for name in ["fake-claude", "atlas"]:
        found = list((world.root / "home").rglob(f"bin/{name}"))
        expect(bool(found) == (name == "atlas"), f"{name}: {found}")


def main():
    built = programs()
    with World(built) as origin:
        source = origin.root / "atlas"
        source.mkdir()
        copy_of_the_tree(source)
        origin.git("init", "--quiet", "--initial-branch=main", cwd=source)
        origin.git("add", "--all", cwd=source)
        origin.git("commit", "--quiet", "--message", "all", cwd=source)
        origin.git("tag", "v0", cwd=source)
        origin.run(BIN / "pre-commit", "validate-manifest", source / ".pre-commit-hooks.yaml")
        for tool in sys.argv[1:] or ["pre-commit", "prek"]:
            try_tool(tool, source, built)


main()
