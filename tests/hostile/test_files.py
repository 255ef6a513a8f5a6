"""What lies about on a host: packages planted where a task stands, folders and links made beforehand, names that are
commands.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_change
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError
from ansible_collections.netops.layer2.plugins.plugin_utils import _documents

from .conftest import COLLECTIONS, PLAYBOOKS

SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE = 600
PLANTED = "open({marker!r}, 'w').close()\n"
SEGMENT = (
    "ip link add scan0 type veth peer name scan1; ip addr add 10.209.9.1/30 dev scan0; ip link set lo up; ip link set"
    " scan0 up; ip link set scan1 up; "
)

in_a_namespace = pytest.mark.skipif(
    os.geteuid() != 0
    or shutil.which("ip") is None
    or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0,
    reason="only root can make a network namespace, with iproute2",
)


@pytest.fixture
def planted(tmp_path):
    """A folder that anybody may write to, with packages that leave a mark when they are imported."""
    folder, marker = tmp_path / "open", tmp_path / "marker"
    for package in ("scapy", "scapy/layers", "libvirt"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text(PLANTED.format(marker=str(marker)))
    (folder / "scapy/layers/l2.py").write_text("")
    folder.chmod(0o777)
    return folder, marker


@pytest.mark.parametrize("is_left", [False, True], ids=["as it was", "left"])
def test_no_interpreter_imports_what_lies_in_the_working_directory(planted, is_left):
    folder, marker = planted
    code = ("import sys\n"
            "from ansible.module_utils.common.respawn import probe_interpreters_for_module\n"
            "from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory\n"
            f"{'leave_working_directory()' if is_left else ''}\n"
            f"probe_interpreters_for_module([{SYSTEM_PYTHON!r}], 'scapy.layers.l2')\n")
    found = [str(COLLECTIONS), *(path for path in sys.path if path)]
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(found)),
        check=True,
        timeout=PATIENCE,
    )
    assert marker.exists() is not is_left, "the first shows that the trap works"


@in_a_namespace
@pytest.mark.parametrize("pipelining", ["0", "1"])
@pytest.mark.parametrize("module", ["arp_scan", "layer2_facts"])
def test_modules_run_as_root_in_anybodys_folder(planted, module, pipelining, tmp_path):
    folder, marker = planted
    command = [
        str(Path(sys.executable).with_name("ansible")),
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        f"netops.layer2.{module}",
        "-e",
        f"ansible_python_interpreter={SYSTEM_PYTHON}",
    ]
    environment = dict(
        os.environ,
        ANSIBLE_PIPELINING=pipelining,
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
        PYTHONPATH="",
    )
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", SEGMENT + 'exec "$@"', "sh", *command],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert not marker.exists(), done.stdout + done.stderr
    assert "layer2_snapshot" in done.stdout or "scapy" in done.stdout, done.stdout + done.stderr


@in_a_namespace
@pytest.mark.parametrize(("module", "options"), [
    ("policy_route", "vip=198.51.100.9 gateway=10.209.9.2 force=true interface={name}"),
    ("interface_mac", "mac=02:00:5e:10:00:01 interface={name}"),
])
def test_an_interface_that_is_called_like_a_command_is_written_nowhere(module, options, tmp_path):
    name = "$(id>x)"
    setup = (f"ip link add '{name}' type veth peer name other; ip addr add 10.209.9.1/30 dev '{name}'; "
             f"ip link set '{name}' up; ip link set other up; ")
    command = [
        str(Path(sys.executable).with_name("ansible")),
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        f"netops.layer2.{module}",
        "-a",
        options.format(name=name),
        "-e",
        f"ansible_python_interpreter={SYSTEM_PYTHON}",
    ]
    environment = dict(
        os.environ,
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
        PYTHONPATH="",
    )
    done = subprocess.run(
        ["unshare", "-n", "-m", "--propagation", "private", "sh", "-c", setup + 'exec "$@"', "sh", *command],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "has other characters than letters, digits" in done.stdout, done.stdout + done.stderr
    assert not list(Path("/etc/netops-layer2").rglob("*198-51-100-9*"))


def test_a_document_on_the_controller_is_its_owners_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        _documents.save({"schema": "x"}, str(tmp_path / "made" / "deep" / "plan.json"))
        with _documents.locked(str(tmp_path / "made" / "deep" / "plan.json")):
            pass
    finally:
        os.umask(before)
    for path in [tmp_path / "made", *(tmp_path / "made").rglob("*")]:
        assert path.stat().st_mode & 0o022 == 0, path


def test_a_lock_follows_no_link(tmp_path):
    victim = tmp_path / "victim"
    (tmp_path / "plan.json.lock").symlink_to(victim)
    with (
        pytest.raises(_documents.DocumentError, match=r"plan\.json\.lock"),
        _documents.locked(str(tmp_path / "plan.json")),
    ):
        pass
    assert not victim.exists()


def test_a_lock_of_a_guest_empties_no_file(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "a-1.lock").symlink_to(victim)
    with pytest.raises(ReadError), _libvirt_change.Notes(str(tmp_path)).locked("a-1", 1.0):
        pass
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("module", sorted(path.stem for path in (PLAYBOOKS.parent / "plugins" / "modules").glob("*.py")
                                          if "AnsibleModule(" in path.read_text(encoding="utf-8")))
def test_no_module_leaves_what_it_makes_to_others(module):
    text = (PLAYBOOKS.parent / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    assert text.split("def main() -> None:")[1].split("module = AnsibleModule(")[0].count("    refuse_writers()\n") == 1


def test_folders_on_the_way_are_their_owners_too(tmp_path):
    code = ("import os; os.umask(0)\n"
            "from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers\n"
            f"refuse_writers(); os.makedirs({str(tmp_path / 'lib' / 'netops' / 'x')!r}, 0o700)\n")
    found = os.pathsep.join([str(COLLECTIONS), *(path for path in sys.path if path)])
    subprocess.run([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=found), check=True, timeout=PATIENCE)
    assert [oct((tmp_path / part).stat().st_mode & 0o022) for part in ("lib", "lib/netops")] == ["0o0", "0o0"]
