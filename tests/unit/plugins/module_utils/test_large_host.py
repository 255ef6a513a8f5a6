"""A host with a thousand interfaces and five thousand neighbours, made for real in a namespace of its own: what
it costs to read grows no faster than it does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import resource
import shutil
import subprocess
import sys

import pytest

PAIRS, NEIGHBOURS, TIMES = 500, 5000, 5  # and a host that has TIMES less of both
CAPTURED = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}  # Python 3.6 has no capture_output
NAME = f"layer2-large-{os.getpid()}"
CODE = """
import json
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
subsets = [name for name in _snapshot.SUBSETS if name not in ("containers", "guests")]
print(json.dumps(_snapshot.collect(Runner(), subsets)))
"""


def setup_commands(pairs, neighbours):
    yield "link add br0 type bridge"
    yield "link set br0 up"
    yield "addr add 10.0.0.1/16 dev br0"
    for number in range(pairs):
        yield f"link add v{number} type veth peer name p{number}"
        yield f"link set v{number} master br0"
    for number in range(neighbours):  # permanent ones, since the kernel's limit for others is one for all namespaces
        yield (
            f"neigh add 10.0.{number // 250 + 1}.{number % 250 + 1} lladdr"
            f" 52:54:01:00:{number >> 8:02x}:{number & 255:02x} dev br0"
        )


@pytest.fixture(name="hosts")
def _hosts():
    """What is a function: it makes a host of its arguments' size, and returns the namespace that is the host."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root can make a network namespace, with iproute2")
    made = []

    def make(pairs, neighbours):
        name = f"{NAME}-{pairs}"
        if subprocess.run(["ip", "netns", "add", name], **CAPTURED, check=False).returncode:
            pytest.skip("this kernel or container allows no network namespaces")
        made.append(name)
        commands = "\n".join(setup_commands(pairs, neighbours))
        batch = ["ip", "-n", name, "-batch", "-"]
        subprocess.run(batch, input=commands, universal_newlines=True, check=True, **CAPTURED)
        return name

    yield make
    for name in made:
        subprocess.run(["ip", "netns", "del", name], check=False)


def read(host):
    """The snapshot of a host, and the seconds of CPU that it took, those of the commands that were run included."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    command = ["ip", "netns", "exec", host, sys.executable, "-c", CODE]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, **CAPTURED, universal_newlines=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(done.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_large_host_is_read_in_full_and_costs_no_more_than_it_is_larger(hosts):
    _small, least = read(hosts(PAIRS // TIMES, NEIGHBOURS // TIMES))
    snapshot, most = read(hosts(PAIRS, NEIGHBOURS))
    assert [gap for gap in snapshot["gaps"] if gap["subset"] != "identity"] == []
    assert len(snapshot["interfaces"]) == 2 * PAIRS + 2 and len(snapshot["neighbors"]["rows"]) == NEIGHBOURS
    assert len(snapshot["bridges"][0]["ports"]) == PAIRS
    assert (
        sum(1 for record in snapshot["interfaces"] if record.get("kind") == "veth" and record.get("link_netns") == "")
        == 2 * PAIRS
    )
    assert most < TIMES * least, "the start of Python is in both, so what grows as the host does stays well below"
