"""The house itself: what a wheel holds, what the lock names, what the documents promise."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from typer.main import get_command

from desk.cli import app

ROOT = Path(__file__).parents[1]
PACKAGES = {"crawler", "monitors", "schedules", "db", "desk", "demo"}


def test_the_wheel_holds_our_packages_and_their_data(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    top = {name.split("/")[0] for name in names}
    assert {t for t in top if not t.endswith(".dist-info")} == PACKAGES
    data = {
        "crawler/words.toml",
        "crawler/outcome.toml",
        "monitors/rubrics/xinzhou-2022.toml",
        "db/xinzhou/units.csv",
        "demo/units.toml",
    }
    assert data <= set(names)
    for path in ROOT.glob("*/**/*.toml"):
        inside = path.relative_to(ROOT).as_posix()
        assert inside.split("/")[0] not in PACKAGES or inside in names


def test_the_locks_are_pinned_and_hashed_and_name_no_index():
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-bundle.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert "--index" not in text
        assert "/" not in re.sub(r"#.*", "", text)
        pins = re.findall(r"^([a-z0-9-]+)==", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z0-9-]+==[^\n]+\\\n    --hash=sha256:", text, re.M)) > 30
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    for requirement in wanted:
        assert re.search(rf"^{re.match(r'[a-z0-9-]+', requirement)[0]}==", locked, re.M), requirement
        assert "<" in requirement, "a range has two ends"


def test_every_command_is_in_the_readme_and_the_other_way_round():
    known = {name for name, command in get_command(app).commands.items() if not command.hidden}
    for readme in ("README.md", "README.zh-CN.md"):
        named = set(re.findall(r"[`/]wangkao ([a-z]+)", (ROOT / readme).read_text("utf-8")))
        assert named <= known, readme
    assert set(re.findall(r"`wangkao ([a-z]+)`", (ROOT / "README.md").read_text("utf-8"))) >= known


def test_files_that_the_documents_name_exist():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_no_path_of_a_machine_stands_in_the_project():
    """Neither a home folder nor the folder of a build machine; the pattern is put together so that it does not find itself."""
    pattern = re.compile("/(home|root|Users)/[a-z]|(?<![a-z])/" + "work/")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for path in (ROOT / name for name in tracked if name):
        if path.suffix in (".py", ".md", ".toml", ".lock", ".csv", ".sh", "") and path.is_file():
            assert not pattern.search(path.read_text("utf-8", "replace")), path.name
