"""A Runner that answers with captured output: the door to a system that was recorded once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, Output, ReadError, Runner

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
IPROUTE2 = sorted(name for name in os.listdir(SAMPLES) if name.startswith("iproute2-"))


def sample(directory, name):
    """Text of a sample file."""
    with open(os.path.join(SAMPLES, directory, name), encoding="utf-8") as stream:
        return stream.read()


class SampleRunner(Runner):
    """Commands of samples/DIRECTORY by file name, files of FILES by path; all else is missing, as on a host without it.
    """

    def __init__(self, directory="", files=(), programs=("ip", "bridge")):
        super().__init__()
        self.directory = directory
        self.files = dict(files)
        self.programs = programs
        self.ran = []

    def find(self, name):
        name = os.path.basename(name)
        return "/usr/sbin/" + name if name in self.programs else None

    def output(self, argv):
        if self.find(argv[0]) is None:
            raise Missing(f"{argv[0]} is not installed")
        name = " ".join([os.path.basename(argv[0]), *list(argv[1:])]).replace(" ", "_")
        self.ran.append(name)
        path = os.path.join(SAMPLES, self.directory, name)
        if not os.path.exists(path):
            return Output(255, "", "Option is unknown")
        return Output(0, sample(self.directory, name), "")

    def read_bytes(self, path, limit=1 << 24):
        content = self._content(path)
        return (content if isinstance(content, bytes) else content.encode("utf-8"))[:limit]

    def readlink(self, path):
        return self._content(path)

    def listdir(self, path):
        start = path.rstrip("/") + "/"
        names = {name[len(start):].split("/", 1)[0] for name in self.files if name.startswith(start)}
        if not names:
            raise Missing(f"{path} does not exist")
        return sorted(names)

    def exists(self, path):
        return any(name == path or name.startswith(path + "/") for name in self.files)

    def permanent_address(self, interface):
        return self._content("permanent/" + interface)

    def ipv4_addresses(self):
        return self._content("ipv4 addresses")

    def namespace_number(self, inside, of):
        return None

    def is_root(self):
        return False

    def _content(self, path):
        content = self.files.get(path, Missing(f"{path} does not exist"))
        if isinstance(content, ReadError):
            raise content
        return content


def denied(path):
    """What a file that only root may read answers."""
    return Denied(f"{path}: permission denied", "run the task with `become: true`")
