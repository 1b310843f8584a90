"""The install script of the offline bundle refuses before it touches anything. (`make bundle` itself installs the whole, offline.)"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"


@pytest.fixture
def bundle(tmp_path):
    """A bundle without wheels, whole and made for this Python."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    shutil.copy(DEPLOY / "install.sh", folder)
    (folder / "requirements-bundle.lock").write_text("", "utf-8")
    version = f"{sys.version_info[0]}.{sys.version_info[1]} {sysconfig.get_platform()}\n"
    (folder / "python-version").write_text(version, "utf-8")
    files = [f for f in folder.rglob("*") if f.is_file()]
    sums = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  ./{f.relative_to(folder)}\n" for f in files)
    (folder / "SHA256SUMS").write_text(sums, "utf-8")
    return folder


def install(bundle, python=sys.executable):
    target = bundle.parent / "opt"
    env = {"PATH": os.environ["PATH"], "PYTHON": python, "PIP_CONFIG_FILE": "/dev/null", "LANG": "C.UTF-8"}
    done = subprocess.run(["sh", bundle / "install.sh", target], env=env, capture_output=True, text=True)
    return done, target


def test_a_file_that_was_changed_is_refused(bundle):
    (bundle / "requirements-bundle.lock").write_text("scrapy==2.19.0\n", "utf-8")
    done, target = install(bundle)
    assert (done.returncode, target.exists()) == (1, False)
    assert "离线包不完整或被改动" in done.stderr


def test_another_python_is_refused(bundle):
    (bundle / "python-version").write_text("3.9 linux-riscv64\n", "utf-8")
    done, target = install(bundle)
    assert (done.returncode, target.exists()) == (1, False)
    assert "3.9 linux-riscv64" in done.stderr


def test_no_python_is_said(bundle):
    done, target = install(bundle, python="no-such-python")
    assert (done.returncode, target.exists()) == (1, False)
    assert "没有 no-such-python" in done.stderr


def test_a_whole_bundle_gets_as_far_as_our_own_wheel(bundle):
    done, target = install(bundle)
    assert done.returncode != 0, "there is no wheel of ours in it"
    assert "wangkao" in done.stderr + done.stdout
    assert (target / ".venv" / "bin" / "python").exists()
