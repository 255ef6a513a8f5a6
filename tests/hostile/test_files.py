"""What lies about on a host: packages planted where a task stands, folders and links made beforehand, names that are commands."""
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

from .conftest import COLLECTIONS

SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE = 600
PLANTED = "open({marker!r}, 'w').close()\n"
SEGMENT = "ip link add scan0 type veth peer name scan1; ip addr add 10.209.9.1/30 dev scan0; ip link set lo up; ip link set scan0 up; ip link set scan1 up; "

in_a_namespace = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0,
    reason="only root can make a network namespace, with iproute2")


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
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=dict(os.environ, PYTHONPATH=os.pathsep.join(found)), check=True, timeout=PATIENCE)
    assert marker.exists() is not is_left, "the first shows that the trap works"


@in_a_namespace
@pytest.mark.parametrize("pipelining", ["0", "1"])
@pytest.mark.parametrize("module", ["arp_scan", "layer2_facts"])
def test_modules_run_as_root_in_anybodys_folder(planted, module, pipelining, tmp_path):
    folder, marker = planted
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-i", "localhost,", "-c", "local", "-m", f"netops.layer2.{module}",
               "-e", f"ansible_python_interpreter={SYSTEM_PYTHON}"]
    environment = dict(os.environ, ANSIBLE_PIPELINING=pipelining, ANSIBLE_NOCOLOR="1", ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
                       ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"), PYTHONPATH="")
    done = subprocess.run(["unshare", "-n", "sh", "-c", SEGMENT + 'exec "$@"', "sh", *command], cwd=folder, env=environment, check=False,
                          capture_output=True, text=True, timeout=PATIENCE)
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
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-i", "localhost,", "-c", "local", "-m", f"netops.layer2.{module}",
               "-a", options.format(name=name), "-e", f"ansible_python_interpreter={SYSTEM_PYTHON}"]
    environment = dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"), PYTHONPATH="")
    done = subprocess.run(["unshare", "-n", "-m", "--propagation", "private", "sh", "-c", setup + 'exec "$@"', "sh", *command], cwd=tmp_path,
                          env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert "has other characters than letters, digits" in done.stdout, done.stdout + done.stderr
    assert not list(Path("/etc/netops-layer2").rglob("*198-51-100-9*"))
