"""A lab's life: up, down, what is left of dead ones, commands in its controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from tests import ansible_runs

from . import hosts, hypervisors, images, inventory, paths, state, switches
from .reach import __file__ as reach_script
from .requirements import missing
from .system import (
    LabError,
    Process,
    alive,
    cgroup_remove,
    make_room,
    myself,
    process,
    processes_in,
    remove_tree,
    run,
    slowness,
    stop,
    wait_until,
)
from .topology import Guest, Host, Topology, parse

BOOT_TIMEOUT = 120.0
Say = Callable[[str], None]


def progress() -> Say:
    """A printer that puts the seconds since its making before each line."""
    began = time.monotonic()
    return lambda text: print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)


def check_name(lab: str) -> str:
    """A lab's name goes into names of namespaces, files and machines."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", lab):
        raise LabError(f"{lab!r} is no name for a lab: up to 32 letters a-z, digits and hyphens")
    return lab


def up(topology: Topology, lab: str, *, bound: bool = False, say: Say | None = None) -> state.State:
    """Bring the lab up, or find it up. With bound, it counts as left over once this process is gone."""
    say = say or progress()
    check_name(lab)
    reasons = missing()
    if reasons:
        raise LabError("; ".join(reasons))
    sweep(say)
    with state.lock(lab):
        known = _running(lab)
        if known is not None:
            say(f"lab {lab} is up already")
            return known
        _remove(lab)
        try:
            return _start(topology, lab, bound, say)
        except BaseException:
            if not os.environ.get("LAYER2_LAB_KEEP"):
                _remove(lab)
            raise


def _running(lab: str) -> state.State | None:
    if lab not in state.names():
        return None
    try:
        known = state.read(lab)
    except LabError:
        return None
    complete = known.phase == "up" and not known.dead() and all(alive(each) for each in known.processes.values())
    return known if complete else None


def recipes(topology: Topology) -> list[images.Recipe]:
    """The images that a topology needs."""
    needed = [images.host_recipe(host.release, host.hypervisor, host.manager) for host in topology.hosts]
    needed += [images.kernel_recipe()] if topology.guests else []
    needed += [images.disk_recipe()] if any(guest.disk for guest in topology.guests) else []
    return list(dict.fromkeys(needed))


def _start(topology: Topology, lab: str, bound: bool, say: Say) -> state.State:
    make_room()
    images.build_all(recipes(topology), say)
    members = switches.members(topology)
    _refuse_foreign(lab, members)
    known = state.State(lab, topology.name, myself(), bound, state.boot_id(), members=members)
    known.images = [str(recipe.path) for recipe in recipes(topology)]
    state.write(known)
    (paths.folder(lab) / "topology.yml").write_text(topology.source)
    images.prune({image for name in state.names() for image in _images_of(name)})
    _cable(topology, lab)
    public_key = inventory.make_key(lab)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda host: _prepare(lab, host, public_key), topology.hosts))
        say(f"{len(topology.switches)} switches and {len(topology.hosts)} hosts are wired")
        for host, started in zip(
            topology.hosts, pool.map(lambda host: hosts.start(lab, host), topology.hosts), strict=True
        ):
            known.processes[host.name] = started
        state.write(known)
        inventory.write_known_hosts(lab, topology)
        inventory.write_inventory(lab, topology)
        key = inventory.bare_key(public_key)
        wait_for(lab, {host.name: (host.address, 22) for host in topology.hosts}, say)
        carriers = [host for host in topology.hosts if host.hypervisor]
        list(pool.map(lambda host: hypervisors.define_and_start(lab, topology, host, key), carriers))
    _wait_for_guests(topology, lab, say)
    known.phase = "up"
    state.write(known)
    say(f"lab {lab} is up: {len(topology.hosts)} hosts, {len(topology.guests)} guests")
    return known


def _images_of(lab: str) -> list[str]:
    with suppress(LabError):
        return state.read(lab).images
    return []


def topology_of(lab: str) -> Topology:
    """The topology that a lab was made from, whatever its file says by now."""
    name = state.read(lab).topology
    file = paths.folder(lab) / "topology.yml"
    try:
        return parse(name, file.read_text())
    except OSError as error:
        raise LabError(f"{file} cannot be read ({error.strerror}): 'down {lab}', then up again") from error


def _refuse_foreign(lab: str, members: Sequence[str]) -> None:
    for member in members:
        name = paths.namespace(lab, member)
        if Path("/run/netns", name).exists():
            raise LabError(
                f"namespace {name} exists, but is not of a lab known here: remove it, or choose another --name"
            )


def _cable(topology: Topology, lab: str) -> None:
    for switch in topology.switches:
        switches.create(lab, switch)
    for host in topology.hosts:
        switches.add_host(lab, host)
    for one, other in topology.trunks:
        switches.connect(lab, one, other)
    switches.create_controller(lab, topology.controller)
    for host in topology.hosts:
        switches.cable_host(lab, host)
        switches.set_adjacency(lab, topology, host)


def _prepare(lab: str, host: Host, public_key: str) -> None:
    hosts.prepare(lab, host, public_key)
    if host.hypervisor:
        hypervisors.prepare(lab, host)


def wait_for(lab: str, targets: dict[str, tuple[str, int]], say: Say, timeout: float = BOOT_TIMEOUT) -> None:
    """Wait until servers answer in the controller's namespace; LabError naming those that do not."""
    timeout *= slowness()
    order = json.dumps({"timeout": timeout, "targets": targets})
    argv = [*in_controller(lab), sys.executable, reach_script, order]
    silent = dict(targets)
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as waiting:
        for line in waiting.stdout or ():
            silent.pop(line.strip(), None)
            say(f"{line.strip()}: answers")
    if silent:
        where = ", ".join(f"{name} ({address}:{port})" for name, (address, port) in silent.items())
        raise LabError(f"no answer within {timeout:.0f} s from {where}: see {paths.folder(lab)}/hosts/NAME/console.log")


def _wait_for_guests(topology: Topology, lab: str, say: Say) -> None:
    # Twins answer only now and then, so a guest itself says that it is up, on its console.
    for guest in (guest for guest in topology.guests if guest.state == "running"):
        console = hosts.root(lab, guest.hypervisor) / f"var/log/{guest.name}.log"
        if not wait_until(lambda console=console: _is_up(console), BOOT_TIMEOUT, 0.2):  # type: ignore[misc]
            raise LabError(f"guest {guest.name} did not come up within {BOOT_TIMEOUT:.0f} s: its console is {console}")
        say(f"{guest.name}: guest is up")
    wait_for(lab, {guest.name: (inventory.guest_address(guest), 22) for guest in topology.inventory_guests()}, say)


def _is_up(console: Path) -> bool:
    with suppress(OSError):
        return "is up" in console.read_text(errors="replace")
    return False


def down(lab: str, say: Say | None = None) -> None:
    """Remove everything of a lab, running, half made or left over; nothing to do is no error."""
    say = say or progress()
    check_name(lab)
    with state.lock(lab):
        _remove(lab)
    say(f"lab {lab} is down")


def _remove(lab: str) -> None:
    """Take a lab apart by its own names: control group, namespaces, mounts, files."""
    members = _members(lab)
    recorded = _recorded(lab)
    locks = [_lock_file(root) for root in paths.folder(lab).glob("hosts/*/root")]
    cgroup_remove(paths.group(lab))
    for known in recorded:
        stop(known)
    for member in members:
        _remove_namespace(paths.namespace(lab, member))
    remove_tree(paths.folder(lab))
    for lock in locks:
        lock.unlink(missing_ok=True)
    for leftover in Path("/run/systemd/nspawn").glob(f"*/{hosts.machine(lab, '')}*"):
        remove_tree(leftover)  # since version 257 systemd-nspawn mounts something there


def _lock_file(root: Path) -> Path:
    """Where systemd-nspawn keeps a root locked; it stays behind when nspawn is killed."""
    status = root.stat()
    return Path(f"/run/systemd/nspawn/locks/inode-{status.st_dev}:{status.st_ino}")


def _recorded(lab: str) -> list[Process]:
    try:
        known = state.read(lab)
    except LabError:
        return []
    return list(known.processes.values()) if known.boot == state.boot_id() else []


def _members(lab: str) -> list[str]:
    """Members by the state file; without one, whatever carries the lab's prefix and belongs to no other lab."""
    with suppress(LabError):
        return state.read(lab).members
    prefix = paths.namespace(lab, "")
    others = tuple(
        paths.namespace(other, "") for other in state.names() if other != lab and other.startswith(f"{lab}-")
    )
    found = [path.name for path in Path("/run/netns").glob(f"{prefix}*")] if paths.folder(lab).exists() else []
    return [name.removeprefix(prefix) for name in found if not (others and name.startswith(others))]


def _remove_namespace(name: str) -> None:
    if not Path("/run/netns", name).exists():
        return
    # Only processes that somebody started in the lab's own namespaces: ssh masters, captures.
    for pid in processes_in(name, check=False):
        known = process(pid)
        if known is not None:
            stop(known, 1)
    run(["ip", "netns", "delete", name], check=False)


def drop_connections(lab: str) -> None:
    """End the SSH connections that Ansible keeps open, so that the next one is a fresh one."""
    for pid in processes_in(paths.namespace(lab, "controller"), check=False):
        known = process(pid)
        if known is not None and Path(f"/proc/{pid}/comm").read_text().strip() == "ssh":
            stop(known, 1)


def kill_controller(lab: str) -> None:
    """Kill all that runs in the controller, as when it loses its power: runs of Ansible, their workers, which have
    process groups of their own and would go on alone, and SSH. What later runs are forked from is no part of it.
    """
    inside = paths.namespace(lab, "controller")

    def is_over() -> bool:
        found = [pid for pid in processes_in(inside) if not _forks_runs(pid)]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not found

    if not wait_until(is_over, 20, 0.05):
        raise LabError(f"lab {lab}: something in the controller cannot be killed")


def _forks_runs(pid: int) -> bool:
    try:
        return os.fsencode(ansible_runs.PARENT) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # ended meanwhile
        return False


def sweep(say: Say) -> None:
    """Remove what dead labs left behind."""
    for lab in state.names():
        with suppress(LabError), state.lock(lab, 0):  # a locked lab is being worked on: not dead
            if _dead(lab):
                say(f"lab {lab}: left over from a dead driver, removed")
                _remove(lab)


def _dead(lab: str) -> bool:
    try:
        return state.read(lab).dead()
    except LabError:
        return True


def rewire(lab: str, name: str) -> None:
    """Plug a host in anew, with an empty namespace: what a reboot leaves of its network is nothing."""
    host = topology_of(lab).host(name)
    if host.switching:
        raise LabError(
            f"{name} is a switch: others are plugged into it, so it cannot be rebooted; take the lab down and up again"
        )
    switches.unplug(lab, host)
    inside = paths.namespace(lab, name)
    if Path("/run/netns", inside).exists():
        run(["ip", "netns", "delete", inside])
    switches.add_host(lab, host)
    switches.cable_host(lab, host)


def reboot(lab: str, name: str, *, cut: bool = False, say: Say | None = None) -> None:
    """Reboot a host from inside, or with cut as a power cut does, and wait until it answers again."""
    before = hosts.first_process(lab, name)
    if cut:
        hosts.restart_file(lab, name).touch()
        os.kill(before, signal.SIGKILL)
    else:
        hosts.inside(lab, name, ["systemctl", "--no-block", "reboot"])
    supervisor = state.read(lab).processes[name]
    wait_until(lambda: hosts.leader(supervisor) not in (0, before) or not alive(supervisor), BOOT_TIMEOUT)
    if hosts.leader(supervisor) in (0, before):
        raise LabError(
            f"{name} did not boot again within {BOOT_TIMEOUT:.0f} s: see {paths.folder(lab)}/hosts/{name}/console.log"
        )
    wait_for(lab, {name: (topology_of(lab).host(name).address, 22)}, say or progress())


@contextmanager
def running(topology: Topology, lab: str, say: Say | None = None) -> Iterator[state.State]:
    """A lab for the length of a with block, gone afterwards."""
    try:
        yield up(topology, lab, bound=True, say=say)
    finally:
        down(lab, say)


def in_controller(lab: str) -> list[str]:
    """Words before a command that runs it in the controller's namespace."""
    return ["ip", "netns", "exec", paths.namespace(lab, "controller")]


def in_controller_run(lab: str, argv: Sequence[str], timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command in the controller with the lab's inventory; whatever its status."""
    before, env = in_controller(lab), inventory.environment(lab)
    if argv[0] not in ansible_runs.PROGRAMS:
        return run([*before, *argv], check=False, timeout=timeout, env=env)
    try:
        return ansible_runs.run(argv, env=env, before=before, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv[:6])} did not end within {timeout:.0f} s") from error


def ssh(lab: str, topology: Topology, name: str, *words: str) -> list[str]:
    """The ssh command to a host or guest, to be run with in_controller()."""
    guest: Guest | None = next((guest for guest in topology.inventory_guests() if guest.name == name), None)
    address = inventory.guest_address(guest) if guest else topology.host(name).address
    return ["ssh", *inventory.ssh_options(lab), f"root@{address}", *words]


def status(lab: str) -> list[str]:
    """One line for the lab and one for each of its hosts."""
    known = state.read(lab)
    topology = topology_of(lab)
    lines = [
        f"{lab}: topology {known.topology}, {known.phase}"
        + (", dead: 'down' or the next 'up' removes it" if known.dead() else "")
    ]
    for host in topology.hosts:
        each = known.processes.get(host.name)
        what = "running" if alive(each) else "not running"
        first = hosts.leader(each) if each else 0
        lines.append(
            f"  {host.name:10} {host.address:16} {host.release:9} {host.manager:15} {what}, first process {first}"
        )
    return lines
