"""A host with a thousand interfaces and five thousand neighbours, made for real in a namespace of its own."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

PAIRS, NEIGHBOURS, SECONDS = 500, 5000, 10.0
CAPTURED = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}  # Python 3.6 has no capture_output
NAME = f"layer2-large-{os.getpid()}"
CODE = """
import json
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
subsets = [name for name in _snapshot.SUBSETS if name not in ("containers", "guests")]
print(json.dumps(_snapshot.collect(Runner(), subsets)))
"""


def setup_commands():
    yield "link add br0 type bridge"
    yield "link set br0 up"
    yield "addr add 10.0.0.1/16 dev br0"
    for number in range(PAIRS):
        yield f"link add v{number} type veth peer name p{number}"
        yield f"link set v{number} master br0"
    for number in range(NEIGHBOURS):  # permanent ones, since the kernel's limit for others is one for all namespaces
        yield (
            f"neigh add 10.0.{number // 250 + 1}.{number % 250 + 1} lladdr"
            f" 52:54:01:00:{number >> 8:02x}:{number & 255:02x} dev br0"
        )


@pytest.fixture(name="large_host")
def _large_host():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root can make a network namespace, with iproute2")
    if subprocess.run(["ip", "netns", "add", NAME], **CAPTURED, check=False).returncode:
        pytest.skip("this kernel or container allows no network namespaces")
    try:
        subprocess.run(
            ["ip", "-n", NAME, "-batch", "-"],
            input="\n".join(setup_commands()),
            universal_newlines=True,
            check=True,
            **CAPTURED,
        )
        yield NAME
    finally:
        subprocess.run(["ip", "netns", "del", NAME], check=False)


def test_a_large_host_is_read_in_time_and_in_full(large_host):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    started = time.monotonic()
    done = subprocess.run(
        ["ip", "netns", "exec", large_host, sys.executable, "-c", CODE],
        env=environment,
        **CAPTURED,
        universal_newlines=True,
        check=True,
    )
    took = time.monotonic() - started
    snapshot = json.loads(done.stdout)
    assert [gap for gap in snapshot["gaps"] if gap["subset"] != "identity"] == []
    assert len(snapshot["interfaces"]) == 2 * PAIRS + 2 and len(snapshot["neighbors"]["rows"]) == NEIGHBOURS
    assert len(snapshot["bridges"][0]["ports"]) == PAIRS
    assert (
        sum(1 for record in snapshot["interfaces"] if record.get("kind") == "veth" and record.get("link_netns") == "")
        == 2 * PAIRS
    )
    assert took < SECONDS
