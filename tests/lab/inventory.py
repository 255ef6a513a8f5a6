"""How Ansible and people reach a lab's hosts: key pair, known host keys, inventory, environment."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

from . import hosts, images, paths
from .system import run
from .topology import Guest, Topology


def key_file(lab: str) -> Path:
    """The lab's private key."""
    return paths.folder(lab) / "key"


def make_key(lab: str) -> str:
    """Make the lab's key pair; returns the public key line."""
    if not key_file(lab).exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {lab}", "-f", key_file(lab)])
    return key_file(lab).with_suffix(".pub").read_text()


def bare_key(line: str) -> str:
    """The key itself of a public key line, without type and comment."""
    return line.split()[1]


def ssh_options(lab: str) -> list[str]:
    """Options of ssh for this lab's hosts: its own key, exactly the known host keys, nothing of the user's."""
    known = paths.folder(lab) / "known_hosts"
    return [
        "-F",
        "/dev/null",
        "-i",
        str(key_file(lab)),
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=5",
    ]


def write_known_hosts(lab: str, topology: Topology) -> None:
    """The public host keys of all members, by address."""
    lines = []
    for host in topology.hosts:
        key = (hosts.root(lab, host.name) / "etc/ssh/ssh_host_ed25519_key.pub").read_text()
        lines.append(f"{host.address} {' '.join(key.split()[:2])}")
    for guest in topology.inventory_guests():
        key = (images.disk_recipe().path / "host_key.pub").read_text()
        lines.append(f"{guest_address(guest)} {' '.join(key.split()[:2])}")
    (paths.folder(lab) / "known_hosts").write_text("\n".join(lines) + "\n")


def guest_address(guest: Guest) -> str:
    """A guest's address without prefix."""
    return guest.address.split("/")[0]


def document(lab: str, topology: Topology) -> dict[str, object]:
    """The inventory as data."""
    reached = {host.name: host.address for host in topology.hosts if host.inventory}
    groups: dict[str, dict[str, object]] = {}
    for host in topology.hosts:
        for group in host.groups if host.inventory else ():
            members = groups.setdefault(group, {"hosts": {}})["hosts"]
            assert isinstance(members, dict)
            members[host.name] = {}
    guests = {guest.name: guest_address(guest) for guest in topology.inventory_guests()}
    if guests:
        groups["guests"] = {"hosts": {name: {} for name in guests}}
    variables = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": " ".join(ssh_options(lab)),
        "ansible_pipelining": topology.pipelining,
    }
    everybody = {name: {"ansible_host": address} for name, address in {**reached, **guests}.items()}
    return {"all": {"hosts": everybody, "vars": variables, "children": groups}}


def inventory_file(lab: str) -> Path:
    """The lab's inventory."""
    return paths.folder(lab) / "inventory.yml"


def write_inventory(lab: str, topology: Topology) -> None:
    """Write the inventory file."""
    inventory_file(lab).write_text(yaml.safe_dump(document(lab, topology), sort_keys=False))


def environment(lab: str) -> dict[str, str]:
    """Environment of commands in the controller: this lab's inventory, this collection, and connections that no other
    lab shares.
    """
    own = {
        "ANSIBLE_INVENTORY": str(inventory_file(lab)),
        # Two labs use the same addresses: a shared control socket would lead to the other lab's host.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(paths.folder(lab) / "cp"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
        "LAYER2_LAB": lab,
        # The tools of the Python that runs the lab: with a virtual environment, its Ansible.
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
    }
    return {**os.environ, **own}
