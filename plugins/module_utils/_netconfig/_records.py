"""What every adapter speaks of: an interface, a changed file, drafts of files, and the error with its way out."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fnmatch
import posixpath
import re
from typing import Dict, List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

_DECIMAL = re.compile(r"\s*([0-9]{1,3}(?:;[0-9]{1,3}){5});?\s*\Z")  # what NetworkManager wrote before 0.9.10

# before: None for a file that does not exist yet; after: None for one that goes. mode: permissions of a new file.
FileChange = NamedTuple(
    "FileChange", [("path", str), ("before", Optional[str]), ("after", Optional[str]), ("mode", int)]
)
# kind: the kernel's info_kind, empty for a plain NIC. permanent: empty where the driver tells none.
Nic = NamedTuple("Nic", [("name", str), ("index", int), ("mac", str), ("permanent", str), ("kind", str)])


class ConfigError(Exception):
    """The configuration cannot be read or changed as asked; the text names the place and the way out. ``unchanged``:
    whether all is as it was.
    """

    unchanged = True


class Drafts:
    """Files of one host with edits that nobody has written yet: every editor sees what the ones before it wrote."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self._before: Dict[str, Optional[str]] = {}
        self._after: Dict[str, Optional[str]] = {}
        self._mode: Dict[str, int] = {}

    def read(self, path: str) -> Optional[str]:
        """Text of PATH as the drafts have it; None where there is no such file. Raises ReadError where it cannot be
        read.
        """
        if path not in self._after:
            self._before[path] = self._after[path] = read_text(self.runner, path)
        return self._after[path]

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Draft TEXT as the new content of PATH; MODE counts only if the file is new."""
        self.read(path)
        self._after[path] = text
        self._mode[path] = mode

    def remove(self, path: str) -> None:
        """Draft that PATH goes."""
        self.read(path)
        self._after[path] = None

    def glob(self, pattern: str) -> List[str]:
        """Paths that match PATTERN, sorted, on the host or in the drafts. Directories that cannot be listed count as
        empty.
        """
        drafted = [path for path, text in self._after.items() if text is not None and _matches(path, pattern)]
        removed = {path for path, text in self._after.items() if text is None}
        return sorted((set(matching(self.runner, pattern)) | set(drafted)) - removed)

    def changes(self) -> List[FileChange]:
        """Every file whose draft differs from what is there, by path."""
        return [FileChange(path, self._before[path], self._after[path], self._mode.get(path, 0o644))
                for path in sorted(self._after) if self._after[path] != self._before[path]]


def read_text(runner: Runner, path: str) -> Optional[str]:
    """The whole of file PATH, every byte kept (surrogates stand for what is not UTF-8); None where it does not exist.
    """
    try:
        return runner.read_bytes(path).decode("utf-8", "surrogateescape")
    except Missing:
        return None


def matching(runner: Runner, pattern: str) -> List[str]:
    """Sorted paths on the host that match the absolute PATTERN; each part of it may hold wildcards, as in glob(7)."""
    found = ["/"]
    for part in pattern.strip("/").split("/"):
        found = [posixpath.join(folder, name) for folder in found for name in _names(runner, folder, part)]
    return sorted(path for path in found if runner.exists(path))


def _names(runner: Runner, folder: str, part: str) -> List[str]:
    if not any(mark in part for mark in "*?["):
        return [part]
    try:
        names = runner.listdir(folder)
    except ReadError:
        return []
    return [
        name for name in names if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
    ]


def _matches(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def is_mac(text: str, mac: str) -> bool:
    """Whether TEXT, in whatever notation, is the canonical MAC."""
    try:
        return canonical(text.strip().strip("\"'")) == mac
    except MacError:
        return False


def decimal_mac(text: str) -> str:
    """A MAC in the notation of old keyfiles, ``82;84;0;0;0;1;``, in today's; any other text as it stands."""
    match = _DECIMAL.match(text)
    octets = [int(octet) for octet in match.group(1).split(";")] if match else []
    return ":".join("%02x" % octet for octet in octets) if octets and max(octets) < 256 else text


def restyled(sample: str, mac: str) -> str:
    """The canonical MAC in the notation of SAMPLE: its separators, its grouping, its case."""
    if ";" in sample:
        return ";".join(str(int(octet, 16)) for octet in mac.split(":"))
    digits = mac.replace(":", "")
    upper = any(mark.isupper() for mark in sample) and not any(mark.islower() for mark in sample)
    separator = next((mark for mark in ":-." if mark in sample), "")
    step = 4 if separator and sample.count(separator) == 2 else 2
    text = separator.join(digits[at:at + step] for at in range(0, 12, step))
    return text.upper() if upper else text
