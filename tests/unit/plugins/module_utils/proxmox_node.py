"""A node of Proxmox VE that runs what it is asked: files in memory, and what qm and pct do with them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import os

from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import parse_config
from ansible_collections.netops.layer2.plugins.module_utils._runner import Output

from .sample_runner import SampleRunner

NODES = "/etc/pve/nodes"
FOLDERS = {"qm": "qemu-server", "pct": "lxc"}
KVM = "/usr/bin/kvm\0-id\000{0}\0-pidfile\0/var/run/qemu-server/{0}.pid\0-daemonize\0"
UNIX = "Num RefCount Protocol Flags Type St Inode Path\n"


class Node(SampleRunner):
    """Node pve1 with GUESTS ("qm 100" -> the text of its configuration), of which RUNNING run.

    MISHAP, a function of the node and the command, may answer in the tool's place; None lets the tool work.
    """

    def __init__(self, guests, running=(), mishap=None, **files):
        super().__init__(programs=("qm", "pct"))
        self.files = {"/etc/pve/local": "nodes/pve1", "/proc/net/unix": UNIX}
        self.mishap = mishap or (lambda node, argv: None)
        self.asked = []
        for guest, text in guests.items():
            self.files[path_of(*guest.split())] = text
        self.files.update(files)
        for guest in running:
            self.start(*guest.split())

    def start(self, tool, number):
        """The guest runs, with an interface of the node for each of its NICs that holds now."""
        if tool == "qm":
            self.files[f"/run/qemu-server/{number}.pid"] = f"9{number}\n"
            self.files[f"/proc/9{number}/cmdline"] = KVM.format(number)
        else:
            self.files["/proc/net/unix"] += f"0: 00000002 0 00010000 0001 01 26430 @/var/lib/lxc/{number}/command\n"
        for name in parse_config(self.files[path_of(tool, number)]).current:
            if name.startswith("net"):
                self.plug(tool, number, name)

    def plug(self, tool, number, name, is_there=True):
        """The node's interface of a NIC comes, or goes."""
        place = f"/sys/class/net/{'tap' if tool == 'qm' else 'veth'}{number}i{name[3:]}/master"
        self.files.pop(place, None)
        if is_there:
            self.files[place] = "../vmbr0"

    def runs(self, tool, number):
        """Whether the guest runs."""
        return f"/run/qemu-server/{number}.pid" in self.files or f"/{number}/command" in self.files["/proc/net/unix"]

    def output(self, argv):
        self.asked.append(list(argv))
        answer = self.mishap(self, argv)
        return self.work(argv) if answer is None else answer

    def work(self, argv):
        """What the real tool does: it refuses locked guests and other digests, and plugs NICs of what runs anew."""
        tool, number, digest, name, line = os.path.basename(argv[0]), argv[2], argv[4], argv[5][2:], argv[6]
        assert [*argv[1:2], *argv[3:4], argv[5][:2]] == ["set", "--digest", "--"], argv
        path = path_of(tool, number)
        text = self.files[path]
        config = parse_config(text)
        if digest != hashlib.sha1(text.encode("utf-8")).hexdigest():
            return Output(255, "", "checksum mismatch (file change by other user?)\n")
        if "lock" in config.current:
            return Output(255, "", f"VM is locked ({config.current['lock']})\n")
        waits = self.runs(tool, number) and config.current.get("hotplug") == "disk"
        self.files[path] = with_line(text, name, line, waits)
        return Output(0, f"update VM {number}: -{name} {line}\n", "")


def path_of(tool, number):
    """Where the configuration of a guest of pve1 is."""
    return f"{NODES}/pve1/{FOLDERS[tool]}/{number}.conf"


def with_line(text, name, line, waits=False):
    """TEXT, a configuration, with another LINE for NAME, or with one that WAITS for the next start."""
    head, mark, rest = text.partition("\n[")
    rows = [row for row in head.split("\n") if row]
    pending, after = [], mark + rest
    if rest.lower().startswith("pending]"):
        section, mark, rest = rest.partition("\n[")
        pending, after = [row for row in section.split("\n")[1:] if row and not row.startswith(name)], mark + rest
    if waits:
        pending.append(f"{name}: {line}")
    else:
        rows = [f"{name}: {line}" if row.startswith(name + ":") else row for row in rows]
        rows += [] if f"{name}: {line}" in rows else [f"{name}: {line}"]
    middle = "\n\n[PENDING]\n" + "\n".join(pending) if pending else ""
    return "\n".join(rows) + middle + ("\n" + after if after else "\n")
