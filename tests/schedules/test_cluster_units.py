"""The unit files of the cluster: what they start on loopback with TLS does a night, and keeps strangers out."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from db import facts
from schedules import jobs
from tests.conftest import a_site
from tests.crawler.served import served
from tests.schedules.nodes import family, kill

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
import dask

from schedules import cluster

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ("wangkao-scheduler.service", "wangkao-worker.service")


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


_PORT = _free()


def issued(folder: Path, by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None):
    """A certificate (node.pem, node.key in the folder), signed by that authority; without one the authority itself (ca.pem)."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name.from_rfc4514_string(f"CN={'node' if by else 'ca'} {folder.name}")
    issuer, signer = by or (name, key)
    made = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    (folder / ("node.pem" if by else "ca.pem")).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / ("node.key" if by else "ca.key")).write_bytes(key.private_bytes(*form))
    return name, key


def tls(folder: Path) -> dict[str, str]:
    """What the settings of Dask say of a client that has the certificates of the folder."""
    node = {
        f"distributed.comm.tls.client.{kind}": str(folder / f"node.{end}")
        for kind, end in (("cert", "pem"), ("key", "key"))
    }
    return {"distributed.comm.tls.ca-file": str(folder / "ca.pem"), **node}


def started(unit: str, place: Path, certificates: Path, **given: str) -> subprocess.Popen[bytes]:
    """What systemd would start, with other folders and ports."""
    text = (DEPLOY / unit).read_text("utf-8").replace("/etc/wangkao/tls", str(certificates))
    text = re.sub(r"/var/lib/wangkao\S*", str(place), text)
    env = (
        dict(pair.split("=", 1) for line in re.findall(r"^Environment=(.+)$", text, re.M) for pair in line.split())
        | given
    )
    program, *words = Template(re.findall(r"^ExecStart=(.+)$", text, re.M)[0]).substitute(env).split()
    assert program.endswith("/bin/dask")
    words = [{"8786": str(_PORT), "127.0.0.1:8787": "127.0.0.1:0"}.get(word, word) for word in words]
    with (place / f"{unit}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words], env={**os.environ, **env}, cwd=place, stdout=log, stderr=log
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the certificates of a cluster (good) and of strangers (bad), while scheduler and workers run."""
    folder = tmp_path_factory.mktemp("units")
    for name in ("good", "bad"):
        (folder / name).mkdir()
        issued(folder / name, issued(folder / name))
    with ExitStack() as stack:
        for unit in UNITS:
            process = started(unit, folder, folder / "good", WANGKAO_SCHEDULER=f"tls://127.0.0.1:{_PORT}")
            stack.callback(lambda process=process: (kill(family(process.pid)), process.wait()))
        yield folder


def test_a_night_over_tls_as_the_units_start_it(place):
    with dask.config.set(tls(place / "good")), served(a_site("甲县"), "127.0.0.53") as site:
        (place / "units.csv").write_text(f"单位,类别,网址\n甲县,县市区,{site.url}\n", "utf-8")
        with cluster.connected(f"tls://127.0.0.1:{_PORT}") as engine:
            end = time.monotonic() + 30
            while engine.slots < 2 and time.monotonic() < end:  # WANGKAO_PROCESSES of the unit
                time.sleep(0.1)
            assert engine.slots == 2
            assert engine.client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures) == 0
            done = jobs.run(place / "units.csv", None, place / "w.db", delay=0, engine=engine)
    assert not done.suspect
    assert facts.finished_units(facts.open_database(place / "w.db"), 1) == {"甲县"}


@pytest.mark.parametrize(("scheme", "who"), [("tls", "bad"), ("tcp", "good")])
def test_strangers_and_plain_connections_are_kept_out(place, scheme, who, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT", 3.0)
    with (
        dask.config.set(tls(place / who)),
        pytest.raises(cluster.ClusterProblem, match="不能连接"),
        cluster.connected(f"{scheme}://127.0.0.1:{_PORT}"),
    ):
        pass


@pytest.mark.parametrize("unit", UNITS)
def test_the_units_are_as_hard_as_that_of_the_service(unit):
    def hardening(text: str) -> list[str]:
        return re.search(r"^# 权限.*?\n((?:\w+=.*\n)+)", text, re.M)[1].splitlines()

    text = (DEPLOY / unit).read_text("utf-8")
    assert set(hardening((DEPLOY / "wangkao.service").read_text("utf-8"))) <= set(hardening(text))
    assert "REQUIRE_ENCRYPTION=True" in text and "User=wangkao" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong(name, tmp_path):
    unit = tmp_path / name
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text("utf-8"), flags=re.M), "utf-8"
    )
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
