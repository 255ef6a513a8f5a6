"""A host recorded as a tree of files and the answers of its commands: what adapters and plans are tested on."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os

from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, Output, Runner

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
OLD = "52:54:00:0c:1d:f5"
NEW = "52:54:00:7e:11:02"


def link(name, mac, index, **more):
    """One interface as `ip -j -d address show` prints it."""
    return {
        "ifindex": index,
        "ifname": name,
        "flags": ["BROADCAST", "UP", "LOWER_UP"],
        "operstate": "UP",
        "link_type": "ether",
        "address": mac,
        "addr_info": [],
        **more,
    }


class Host(Runner):
    """Files below golden/CASE/before and further FILES, commands of golden/CASE/commands; nothing else is there."""

    def __init__(self, case="", files=None, links=None, neighbours=(), answers=None):
        super().__init__()
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in (files or {}).items()}
        self.answers = {
            "ip_-j_-d_-s_-s_address_show": json.dumps(links if links is not None else [link("eth0", OLD, 2)]),
            "ip_-j_neigh_show": json.dumps(list(neighbours)),
            **(answers or {}),
        }
        if case:
            self.files.update(tree(case, "before"))
            self.answers.update((path.lstrip("/"), text.decode()) for path, text in tree(case, "commands").items())
        self.ran = []

    def find(self, name):
        name = os.path.basename(name)
        return "/usr/bin/" + name if any(each.split("_")[0] == name for each in self.answers) else None

    def output(self, argv):
        if self.find(argv[0]) is None:
            raise Missing(f"{argv[0]} is not installed")
        self.ran.append(list(argv))
        name = "_".join([os.path.basename(argv[0]), *list(argv[1:])]).replace("/", "_").replace(" ", "_")
        return (
            Output(0, self.answers[name], "") if name in self.answers else Output(1, "", f"no answer recorded: {name}")
        )

    def read_bytes(self, path, limit=1 << 24):
        if path not in self.files:
            raise Missing(f"{path} does not exist")
        return self.files[path][:limit]

    def listdir(self, path):
        start = path.rstrip("/") + "/"
        names = {name[len(start):].split("/", 1)[0] for name in self.files if name.startswith(start)}
        if not names:
            raise Missing(f"{path} does not exist")
        return sorted(names)

    def readlink(self, path):
        raise Missing(f"{path} does not exist")

    def exists(self, path):
        return any(name == path or name.startswith(path.rstrip("/") + "/") for name in self.files)

    def permanent_address(self, interface):
        raise Missing(f"permanent address of {interface} does not exist")

    def is_root(self):
        return True


def tree(case, part):
    """Path -> bytes of every file below golden/CASE/PART."""
    top = os.path.join(GOLDEN, case, part)
    found = {}
    for folder, _folders, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                found["/" + os.path.relpath(path, top)] = stream.read()
    return found
