"""The lab itself: it leaves nothing behind, also when its driver is killed, and says what is wrong with a topology
file.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from . import images, lab, paths, state, topology
from .system import (
    LabError,
    Process,
    cgroup_command,
    cgroup_create,
    cgroup_pids,
    cgroup_remove,
    cgroup_trees,
    mounts_below,
    process,
    run,
    stop,
    wait_until,
)

ROOT = paths.PACKAGE.parents[1]
LAB = f"crash-t{os.getpid()}"
OTHER = f"other-t{os.getpid()}"
MINIMAL = """
description: One host
controller: {switch: sw1, addresses: [192.0.2.1/24]}
switches: {sw1: {}}
hosts:
  one:
    nics: {eth0: {switch: sw1, addresses: [192.0.2.2/24]}}
"""


def traces(name: str) -> list[str]:
    """Everything on the machine that bears a lab's name."""
    found = [str(path) for path in Path("/run/netns").glob(f"{paths.namespace(name, '')}*")]
    found += [str(tree / paths.group(name)) for tree in cgroup_trees() if (tree / paths.group(name)).exists()]
    found += [str(point) for point in mounts_below(paths.folder(name))]
    found += [str(paths.folder(name))] if paths.folder(name).exists() else []
    found += [str(path) for path in Path("/run/systemd/nspawn").glob(f"*/{paths.PREFIX}-{name}-*")]
    return found


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[None]:
    """A place of their own for these labs: what looks dead here, another test run's lab would clear away while it is
    looked at.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RUN", Path(f"/run/netops-layer2-lab-t{os.getpid()}"))
        patch.setenv("LAYER2_LAB_RUN", str(paths.RUN))
        yield
        with suppress(OSError):  # not there, or something is left, which a test has told of
            paths.RUN.rmdir()


@pytest.fixture
def killed(able: None) -> Iterator[Process]:
    """A driver that was killed while its hosts booted; yields one host's process, which outlived it."""
    images.build_all(lab.recipes(topology.load("smoke")))
    argv = [sys.executable, "-m", "tests.lab", "up", "smoke", "--name", LAB]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as driver:
        try:
            assert wait_until(lambda: LAB in state.names() and bool(cgroup_pids(paths.group(LAB))), 60)
        finally:
            os.kill(driver.pid, signal.SIGKILL)
    survivor = process(cgroup_pids(paths.group(LAB))[0])
    assert survivor is not None
    yield survivor
    lab.down(LAB)


def test_down_clears_what_a_killed_driver_left(killed: Process) -> None:
    assert len(traces(LAB)) > 5
    run([sys.executable, "-m", "tests.lab", "down", LAB], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert traces(LAB) == []
    assert process(killed.pid) != killed


def test_the_next_up_clears_what_a_killed_driver_left(killed: Process) -> None:
    messages: list[str] = []
    with lab.running(topology.parse("minimal", MINIMAL), OTHER, messages.append):
        assert traces(LAB) == []
    assert any(LAB in message and "left over" in message for message in messages), messages
    assert process(killed.pid) != killed
    assert traces(OTHER) == []


def test_down_of_nothing_is_no_error(able: None) -> None:
    lab.down("never-was")


def test_down_leaves_alone_what_is_not_its_own(able: None) -> None:
    other = f"{LAB}-not"
    for name in (LAB, other):  # without a state file there is only the prefix to go by, and this is a prefix of that
        paths.folder(name).mkdir(parents=True)
        run(["ip", "netns", "add", paths.namespace(name, "sw1")])
    try:
        lab.down(LAB)
        assert traces(LAB) == [f"/run/netns/{paths.namespace(other, 'sw1')}"]
    finally:
        lab.down(other)
    assert traces(other) == []


def test_up_refuses_a_namespace_that_is_not_its_own(able: None) -> None:
    foreign = paths.namespace(LAB, "sw1")
    run(["ip", "netns", "add", foreign])
    try:
        with pytest.raises(LabError, match=f"{foreign} exists"):
            lab.up(topology.parse("minimal", MINIMAL), LAB)
        assert Path("/run/netns", foreign).exists()
    finally:
        run(["ip", "netns", "delete", foreign])


def test_a_group_of_another_container_is_left_alone(able: None) -> None:
    group = f"{paths.PREFIX}-elsewhere-t{os.getpid()}"
    remove = f"from tests.lab.system import cgroup_remove; cgroup_remove({group!r})"
    cgroup_create(group)
    with subprocess.Popen(cgroup_command(group, ["sleep", "60"])) as sleeper:
        try:
            assert wait_until(lambda: sleeper.pid in cgroup_pids(group), 10)
            container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-c", remove]
            done = subprocess.run(
                container, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
            assert done.returncode == 1 and "another container" in done.stderr, done.stderr
            assert sleeper.poll() is None
        finally:
            cgroup_remove(group)
    assert sleeper.returncode == -signal.SIGKILL


def test_a_process_is_not_stopped_for_another_ones_id() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        known = process(sleeper.pid)
        assert known is not None
        stop(Process(known.pid, known.started - 1), 0.1)
        assert sleeper.poll() is None
        stop(known, 0.5)
        assert sleeper.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("name", [path.stem for path in sorted(topology.FOLDER.glob("*.yml"))])
def test_the_topologies_here_are_sound(name: str) -> None:
    made = topology.load(name)
    assert made.hosts


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("release: x", "nics"), "'x' is unknown: use one of bullseye, bookworm, trixie"),
        (("nick: 1", "nics"), "hosts: one: nick: is unknown"),
        (("sw1, addresses: [192.0.2.2/24]", "sw9, addresses: [192.0.2.2/24]"), "switch 'sw9' is not defined"),
        (("192.0.2.2/24", "192.0.2.2"), "'192.0.2.2' has no prefix length"),
        (("192.0.2.2/24", "192.0.2.300/24"), "does not appear to be"),
        (("mac: 12", "nics"), "hosts: one: mac: is unknown"),
        (("boot: 1", "nics"), "1 is int, bool is expected"),
        (("count: 0", "nics"), "0 is not a number from 1 to 200"),
        (("description: One host", "description: ["), "is no YAML"),
        (("{eth0: {switch: sw1, addresses: [192.0.2.2/24]}}", "{}"), "no address on any NIC"),
        (("hosts:", "guests: {g: {hypervisor: one, address: 192.0.2.3/24}}\nhosts:"), "'one' is no hypervisor"),
        (("  one:", "  One:"), "use up to 12 letters"),
    ],
)
def test_errors_of_a_topology_name_the_place_and_the_hint(change: tuple[str, str], told: str) -> None:
    old, new = change
    text = MINIMAL.replace(new, f"{old}\n    {new}") if old not in MINIMAL else MINIMAL.replace(old, new)
    with pytest.raises(topology.TopologyError) as caught:
        topology.parse("broken", text)
    assert told in str(caught.value)
    assert str(caught.value).startswith("broken: ")


def test_an_unknown_topology_names_those_that_exist() -> None:
    with pytest.raises(topology.TopologyError, match="incident1"):
        topology.load("incident9")
