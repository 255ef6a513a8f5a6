"""Hosts: a writable view of an image, its own files, and systemd-nspawn to boot it in its namespace."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from . import images, network_managers, paths, state
from .system import LabError, Process, cgroup_command, cgroup_create, children, entering, mount_overlay, process, run
from .topology import Host, Link

LINKS_SCRIPT = "usr/local/sbin/lab-links"
AFTER = "After=network.target systemd-networkd.service NetworkManager.service networking.service"
LINKS_UNIT = f"""[Unit]
Description=Interfaces that no network manager owns
{AFTER}

[Service]
Type=oneshot
ExecStart=/{LINKS_SCRIPT}
RemainAfterExit=yes
"""
CHATTER_UNIT = f"""[Unit]
Description=Talks to %i now and then, as users of a service do
{AFTER}

[Service]
ExecStart=/bin/ping -q -i 2 %i
Restart=always
RestartSec=1
StandardOutput=null
"""


def group(lab: str, host: str) -> str:
    """Control group of one host."""
    return f"{paths.group(lab)}/{host}"


def machine(lab: str, host: str) -> str:
    """Name under which systemd-nspawn knows the host."""
    return f"{paths.PREFIX}-{lab}-{host}"


def root(lab: str, host: str) -> Path:
    """The host's file system as it sees it."""
    return paths.folder(lab) / "hosts" / host / "root"


def write(base: Path, name: str, text: str, mode: int = 0o644) -> None:
    """One file below a root."""
    path = base / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def prepare(lab: str, host: Host, public_key: str) -> None:
    """Mount the host's root and write what makes it this host."""
    base = mount_overlay(
        images.host_recipe(host.release, host.hypervisor, host.manager).path / "root", root(lab, host.name).parent
    )
    for name in ("etc/hostname", "etc/machine-id"):
        (base / name).unlink(missing_ok=True)
    write(base, "etc/hostname", f"{host.name}\n")
    write(base, "etc/machine-id", f"{host.machine_id}\n", 0o444)
    write(base, "etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {host.name}\n")
    write(base, "root/.ssh/authorized_keys", public_key, 0o600)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", base / "etc/ssh/ssh_host_ed25519_key"])
    for name, text in network_managers.files(host).items():
        write(base, name, text, 0o600 if name.endswith((".nmconnection", ".yaml")) else 0o644)
    sysctls = "".join(f"{key} = {value}\n" for key, value in host.sysctls)
    write(base, "etc/sysctl.d/50-lab.conf", sysctls)
    if keeps_compiled(host):
        for name, text in images.kept_compiled():
            write(base, name, text)
    if host.boot:
        _prepare_units(base, host)


def keeps_compiled(host: Host) -> bool:
    """Whether a host's Python keeps what it compiles of modules: those of most tests. Others stay as Debian made them.
    """
    return host.release == "bookworm"


def _prepare_units(base: Path, host: Host) -> None:
    system = base / "etc/systemd/system"
    for unit in network_managers.masked(host):
        (system / unit).unlink(missing_ok=True)
        (system / unit).symlink_to("/dev/null")
    used = network_managers.UNITS.get(host.manager)
    if used:
        _want(base, used, f"/lib/systemd/system/{used}")
    if host.links:
        write(base, LINKS_SCRIPT, links_script(host.links), 0o755)
        write(base, "etc/systemd/system/lab-links.service", LINKS_UNIT)
        _want(base, "lab-links.service", "/etc/systemd/system/lab-links.service")
    write(base, "etc/systemd/system/lab-chatter@.service", CHATTER_UNIT)
    for address in host.chatter:
        _want(base, f"lab-chatter@{address}.service", "/etc/systemd/system/lab-chatter@.service")


def _want(base: Path, unit: str, target: str) -> None:
    """Have a unit started at boot."""
    link = base / "etc/systemd/system/multi-user.target.wants" / unit
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def links_script(links: Sequence[Link]) -> str:
    """Commands that make the links; a parent may appear late, so each waits for it."""
    lines = ["#!/bin/sh", "# Makes the interfaces that no network manager owns", "set -e"]
    for link in links:
        name, parent = shlex.quote(link.name), shlex.quote(link.parent or "")
        if link.parent:
            lines.append(f"for n in $(seq 100); do ip link show {parent} >/dev/null 2>&1 && break; sleep 0.1; done")
        if link.kind == "loopback":
            lines += [f"ip address replace {entry} dev lo" for entry in link.addresses]
            continue
        where = f" link {parent}" if link.parent else ""
        kind = f"macvlan mode {link.mode}" if link.kind == "macvlan" else link.kind
        address = f" address {link.mac}" if link.mac else ""
        lines.append(f"ip link add{where} name {name}{address} type {kind}")
        # As keepalived does: one link-local address for two machines would fail duplicate address detection.
        lines.append(f"ip link set {name} addrgenmode none")
        lines += [f"ip address add {entry} dev {name}" for entry in link.addresses]
        lines.append(f"ip link set {name} up")
    return "\n".join(lines) + "\n"


def command(lab: str, host: Host) -> list[str]:
    """The systemd-nspawn command of a host."""
    argv = [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        f"--machine={machine(lab, host.name)}",
        f"--hostname={host.name}",
    ]
    argv += [
        f"--directory={root(lab, host.name)}",
        f"--network-namespace-path=/run/netns/{paths.namespace(lab, host.name)}",
    ]
    argv += [
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=passive",
        "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
    ]
    if keeps_compiled(host):
        argv.append(f"--bind={images.compiled()}:{images.COMPILED}")
    if host.hypervisor:
        kernel = images.kernel_recipe().path
        argv += ["--capability=all", "--bind=/dev/net/tun", f"--bind-ro={kernel}:/var/lib/layer2-lab/kernel"]
        if images.disk_recipe().path.exists():
            argv += [f"--bind-ro={images.disk_recipe().path}:/var/lib/layer2-lab/disk"]
    if host.boot:
        return [*argv, "--boot"]
    serve = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e"
    return [*argv, "--as-pid2", "--", "/bin/sh", "-c", serve]


# Status 133 is systemd-nspawn's word for a reboot asked for from inside; the file asks for one from outside.
SUPERVISOR = """restart=$1 rewire=$2; shift 2
while :; do
    rm -f "$restart"; "$@"; status=$?
    [ $status = 133 ] || [ -e "$restart" ] || exit $status
    $rewire || exit
done"""


def supervised(lab: str, host: Host) -> list[str]:
    """The host's command with something around it that boots it again, as firmware does, with NICs as new."""
    rewire = f"env PYTHONPATH={paths.PACKAGE.parents[1]} {sys.executable} -m tests.lab rewire {lab} {host.name}"
    return ["sh", "-c", SUPERVISOR, "supervisor", str(restart_file(lab, host.name)), rewire, *command(lab, host)]


def restart_file(lab: str, host: str) -> Path:
    """While it exists, a host that goes off comes up again."""
    return paths.folder(lab) / "hosts" / host / "restart"


def start(lab: str, host: Host) -> Process:
    """Boot the host; returns its supervisor's process at once."""
    cgroup_create(group(lab, host.name))
    log = paths.folder(lab) / "hosts" / host.name / "console.log"
    # The host's systemd may not know how to run on a version-1 hierarchy: it gets version 2 alone.
    # A namespace given by path leaves /proc/sys/net read-only, unless asked for: hosts set their own network sysctls.
    env = {
        **os.environ,
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
        "LC_ALL": "C",
    }
    argv = cgroup_command(group(lab, host.name), supervised(lab, host))
    with log.open("w") as output:
        # A session of its own: an interrupt at the driver's terminal must not kill hosts behind its back.
        started = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
        )
    known = process(started.pid)
    if known is None:
        raise LabError(f"{host.name}: systemd-nspawn ended at once: {log.read_text()[-800:]}")
    return known


def leader(known: Process) -> int:
    """Id of the host's first process, below its supervisor and systemd-nspawn; 0 while there is none."""
    for nspawn in children(known.pid):
        for first in children(nspawn):
            if _own_pids(first):
                return first
    return 0


def _own_pids(pid: int) -> bool:
    """Whether a process is the first of a PID namespace; before that it is one of systemd-nspawn's own steps."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return any(line.startswith("NSpid:") and line.split()[-1] == "1" for line in lines)
    return False


def first_process(lab: str, host: str) -> int:
    """Id of the first process of a running lab's host; 0 if the host is off."""
    known = state.read(lab).processes.get(host)
    return leader(known) if known else 0


def inside(lab: str, host: str, argv: Sequence[str], timeout: float = 60, text: str | None = None) -> str:
    """Run a command on a host from the machine itself, when SSH is not to be used; returns its output."""
    first = first_process(lab, host)
    if not first:
        raise LabError(f"{host} does not run: see {paths.folder(lab)}/hosts/{host}/console.log")
    enter = entering(first, "uts", "ipc", "cgroup")
    clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
    return run([*enter, *clean, *argv], timeout=timeout, text=text).stdout
