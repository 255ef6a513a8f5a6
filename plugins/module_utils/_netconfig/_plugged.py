"""Which NIC is in the machine now, and what to run when another one is plugged in; also runs as a program of its own.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# It runs alone on the target, where no AnsibleModule is: pylint: disable=ansible-bad-function

# While a hypervisor swaps a guest's NIC nobody reaches the guest, so the guest itself has to see to its network. This
# text runs there without
# anything of Ansible (python3 -c TEXT ...): standard library only, no import of ours, and no dollar sign, which
# systemd-run would take for a variable.

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence

NET = "/sys/class/net"
# Exit status of `which`: the new NIC, the old one, none of them (75: EX_TEMPFAIL, sysexits.h). What _revert_script.py
# asks for.
NEW, OLD, NEITHER = 0, 1, 75
_SIOCETHTOOL = 0x8946
_ETHTOOL_GPERMADDR = 0x20
_STACKED = ("bridge", "bonding", "tun_flags")
_PAUSE = 0.2
_NAMING = 3.0  # seconds that udev has to give a NIC its name
_TRIES = 5
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"

# mac: the one that the hypervisor gave it, if its driver tells, since a network manager may have set another one.
Nic = NamedTuple("Nic", [("name", str), ("index", int), ("mac", str)])


def nics() -> List[Nic]:
    """The NICs of this network namespace, without what is stacked on others, which may keep the MAC of a NIC that is
    gone.
    """
    found = []
    for name in sorted(os.listdir(NET)):
        with suppress(OSError, ValueError):  # bonding_masters is a file, and a NIC may go meanwhile
            parts = os.listdir(os.path.join(NET, name))
            if not any(part in _STACKED or part.startswith("lower_") for part in parts):
                found.append(Nic(name, int(_read(name, "ifindex")), permanent(name) or _read(name, "address")))
    return found


def _read(name: str, attribute: str) -> str:
    with open(os.path.join(NET, name, attribute)) as stream:
        return stream.read().strip()


def permanent(name: str) -> str:
    """The permanent MAC of a NIC, which no network manager changes; empty where the driver tells none."""
    answer = ctypes.create_string_buffer(struct.pack("II32x", _ETHTOOL_GPERMADDR, 32))  # linux/ethtool.h
    request = struct.pack("16sP16x", name.encode()[:15], ctypes.addressof(answer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel, suppress(OSError):
        fcntl.ioctl(channel.fileno(), _SIOCETHTOOL, request)
        size = struct.unpack_from("II", answer.raw)[1]
        octets = bytearray(answer.raw[8:8 + size])
        return ":".join("%02x" % octet for octet in octets) if size == 6 and any(octets) else ""
    return ""


def having(mac: str) -> Optional[Nic]:
    """The NIC that has this MAC."""
    return next((nic for nic in nics() if nic.mac == mac), None)


def which(new: str, old: str) -> int:
    """NEW, OLD or NEITHER."""
    if having(new):
        return NEW
    return OLD if having(old) else NEITHER


def watch(new: str, old: str, name: str, index: int, seconds: float, commands: Sequence[Sequence[str]]) -> int:
    """Run COMMANDS whenever a NIC with one of the MACs is plugged in anew; returns how often that was.

    Ends after SECONDS, but not while there is no NIC at all: whoever took it out has to give it back. INDEX: that of
    the NIC before.
    """
    deadline, times = time.monotonic() + seconds, 0
    while True:
        nic = having(new) or having(old)
        if nic is not None and nic.index != index:
            index, times = nic.index, times + 1
            _named(name, nic.index)
            for argv in commands:
                _run(argv)
        elif nic is not None and time.monotonic() >= deadline:
            return times
        time.sleep(_PAUSE)


def _named(name: str, index: int) -> None:
    """Wait until the new NIC has the name of the old one, which its settings may go by."""
    until = time.monotonic() + _NAMING
    while time.monotonic() < until and not any(nic.name == name and nic.index == index for nic in nics()):
        time.sleep(_PAUSE)


def _run(argv: Sequence[str]) -> None:
    """A network manager that is just busy with the new NIC may refuse: say it again."""
    for _attempt in range(_TRIES):
        with suppress(OSError, subprocess.TimeoutExpired):
            if not subprocess.call(
                list(argv), stdin=subprocess.DEVNULL, env={"PATH": _PATH, "LC_ALL": "C"}, cwd="/", timeout=60
            ):
                return
        time.sleep(1)


def main(argv: Sequence[str]) -> int:
    """which NEW OLD, or watch NEW OLD NAME INDEX SECONDS COMMANDS (JSON)."""
    if argv[0] == "which":
        return which(argv[1], argv[2])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # who started it may have been deaf to a hangup and its kind
    new, old, name, index, seconds, commands = argv[1:]
    watch(new, old, name, int(index), float(seconds), json.loads(commands))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
