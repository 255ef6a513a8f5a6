"""vmware_guests on a vCenter of govmomi's simulator, over TLS, up to the report; the simulator is built once, where Go
and its library are (docs/testing.md).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from . import paths

SOURCE = Path(__file__).with_name("vcsim") / "main.go"
LIBRARY = Path("/usr/share/gocode/src/github.com/vmware/govmomi")
SECRET = "never-shown-71"  # the simulator takes any


def simulator() -> Path:
    """The program, which is built where it is not yet; skips, with the reason, where it cannot be."""
    chosen = os.environ.get("LAYER2_VCSIM")
    if chosen:
        return Path(chosen)
    if shutil.which("go") is None or not LIBRARY.is_dir():
        pytest.skip("not installed: golang-go and golang-github-vmware-govmomi-dev; LAYER2_VCSIM names no program")
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    program = paths.cache() / "vcsim" / f"vcsim-{digest}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        draft = program.with_suffix(f".{os.getpid()}")
        settings = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "CGO_ENABLED": "0"}
        subprocess.run(["go", "build", "-o", draft, SOURCE], check=True, env={**os.environ, **settings})
        draft.rename(program)
    return program


@pytest.fixture(name="vcenter", scope="module")
def _vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Arguments of the module for a running vCenter."""
    with subprocess.Popen([simulator()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stdin is not None
        address = urlsplit(server.stdout.readline().strip())
        certificate = tmp_path_factory.mktemp("vcsim") / "ca.pem"
        certificate.write_text("".join(iter(server.stdout.readline, "ready\n")))
        yield {
            "hostname": "127.0.0.1",
            "port": address.port,
            "username": "user",
            "password": SECRET,
            "ca_path": str(certificate),
        }
        server.stdin.close()


def play(tmp_path: Path, arguments: dict[str, Any]) -> tuple[int, str, Path]:
    """Exit code, all that was printed, and where the report is, of a play that reads the vCenter and judges it."""
    tasks = [
        {"netops.layer2.vmware_guests": arguments, "register": "vcenter", "ignore_errors": True},
        {"ansible.builtin.import_role": {"name": "netops.layer2.report"}, "vars": {
            "report_documents": ["{{ vcenter }}"], "report_directory": str(tmp_path), "report_formats": ["json"]}}]
    book = tmp_path / "book.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    done = subprocess.run(
        ["ansible-playbook", "-vvv", "-i", "localhost,", str(book)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, tmp_path / "layer2-report.json"


def test_twins_of_a_vcenter_are_a_conflict_that_names_vm_host_and_port_group(
    vcenter: dict[str, Any], tmp_path: Path
) -> None:
    code, said, path = play(tmp_path, vcenter)
    finding, = json.loads(path.read_text())["verdict"]["findings"]
    assert code != 0 and SECRET not in said
    assert (finding["status"], finding["rule"], finding["mac"]) == ("conflict", "proven_twins", "00:50:56:3f:00:01")
    assert {owner["guest"] for owner in finding["owners"]} == {"DC0_H0_VM0", "DC0_H1_VM0"}
    assert {owner["node"] for owner in finding["owners"]} == {"DC0_H0", "DC0_H1"}
    assert finding["segment"] == "network DC0_DVPG0 on 127.0.0.1"
    assert "govc vm.network.change -vm DC0_H0_VM0 -net DC0_DVPG0 -net.address 00:50:56:" in finding["fix"]


def test_a_certificate_that_nobody_trusts_is_refused_before_the_password_is_sent(
    vcenter: dict[str, Any], tmp_path: Path
) -> None:
    _code, said, path = play(tmp_path, {name: value for name, value in vcenter.items() if name != "ca_path"})
    missing, *_others = json.loads(path.read_text())["verdict"]["coverage"]["missing"]
    assert "its certificate is not accepted" in missing["reason"] and SECRET not in said
