"""The execution environments: ansible-builder makes their contexts, with the collection and a core that AWX reads."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.playbooks.conftest import PLAYBOOKS

execution_environment = pytest.importorskip("execution_environment", reason="this is no checkout, which it is made of")
ROOT = PLAYBOOKS.parent
BASES = {
    "execution-environment.yml": ("debian", "apt-get"),
    "execution-environment-rpm.yml": ("rockylinux", "microdnf"),
}


@pytest.fixture(scope="module")
def artifact():
    """The artifact of this checkout."""
    return execution_environment.artifact()


@pytest.mark.parametrize("name", BASES)
def test_the_context_of_an_image(name, artifact, tmp_path):
    if not Path(sys.executable).with_name("ansible-builder").exists():
        pytest.skip("ansible-builder is not installed")
    with tarfile.open(artifact) as archive:
        assert {"playbooks/gather_layer2.yml", "playbooks/judge_layer2.yml", "playbooks/vars/awx.yml"} <= set(
            archive.getnames()
        )
    context = execution_environment.create(ROOT / name, tmp_path / "context")
    build = context / "_build"
    said = (context / "Containerfile").read_text()
    base, manager = BASES[name]
    assert base in said and f"/{manager}" in said
    assert "ansible-core>=2.18,<2.19" in said and "ansible-runner>=2.4,<2.5" in said
    assert (build / "collections" / "netops-layer2.tar.gz").read_bytes() == artifact.read_bytes()
    (collection,) = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    assert collection == {"name": "/build/collections/netops-layer2.tar.gz", "type": "file"}
    python, system = (build / "requirements.txt").read_text(), (build / "bindep.txt").read_text()
    assert {line.split(">")[0] for line in python.split("\n") if line} == {"jmespath", "netaddr", "scapy"}
    assert "openssh-client" in system and f"platform:{'dpkg' if base == 'debian' else 'rpm'}" in system


def test_both_images_hold_the_same():
    debian, rpm = (yaml.safe_load((ROOT / name).read_text()) for name in BASES)
    assert {**rpm["dependencies"], "python_interpreter": None} == {**debian["dependencies"], "python_interpreter": None}
    wanted = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")
    ]
    assert set(wanted) <= set(debian["dependencies"]["python"])


def test_without_podman_it_says_where_the_context_is(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert execution_environment.main([]) == 1
    said = capsys.readouterr().out
    assert f"context: {execution_environment.CONTEXT}" in said and "apt-get install podman" in said


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("", ""),
        (":env:.find-links='/opt/wheels'\nglobal.constraint='/etc/limits.txt'\n", ""),
        (
            "global.extra-index-url='file:///opt/more https://one.example/simple https://two.example/simple'\n"
            "global.index-url='https://old.example/simple'\n:env:.index-url='https://new.example/simple'\n",
            "extra-index-url = https://one.example/simple https://two.example/simple\n"
            "index-url = https://new.example/simple\n",
        ),
        ("install.cert='{folder}/own.pem'\n", "cert = /etc/xdg/pip/certificates.pem\n"),
    ],
    ids=["nothing", "paths-of-this-machine", "indexes", "certificates"],
)
def test_a_container_is_told_where_packages_are(shown, written, tmp_path):
    (tmp_path / "own.pem").write_text("who is trusted")
    told = execution_environment.pip_settings(shown.format(folder=tmp_path), tmp_path)
    assert (tmp_path / "pip.conf").read_text() == f"[global]\n{written}" and told is bool(written)
    assert ("cert" not in written) or (tmp_path / "certificates.pem").read_text() == "who is trusted"
