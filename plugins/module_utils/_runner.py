"""The only door to the system: run a command, read a file or a link; tests put captured output in its place."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import errno
import fcntl
import os
import socket
import struct
import subprocess
import threading
from typing import BinaryIO, Dict, List, NamedTuple, Optional, Sequence, Tuple

# System directories come before PATH: `ip` of a user's ~/bin must not answer, and sbin is often missing from PATH.
_DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin")
_LONGEST_MESSAGE = 200
_PIECE = 65536
_CLONE_NEWNET = 0x40000000
_RTM_NEWNSID, _RTM_GETNSID = 88, 90
_SIOCGIFCONF = 0x8912
_SIOCGIFNETMASK = 0x891B
_SIOCETHTOOL = 0x8946
_IFREQ = 40 if struct.calcsize("P") == 8 else 32  # struct ifreq
_ETHTOOL_GPERMADDR = 0x20
BECOME = "run the task with `become: true`"

Output = NamedTuple("Output", [("rc", int), ("stdout", str), ("stderr", str)])


class ReadError(Exception):
    """Something could not be read: ``reason`` says why, ``hint`` (or None) what the operator can do about it."""

    def __init__(self, reason: str, hint: Optional[str] = None) -> None:
        super(ReadError, self).__init__(reason)
        self.reason = reason
        self.hint = hint


class Missing(ReadError):
    """The program or file does not exist on this host."""


class Denied(ReadError):
    """The user of this task may not read it."""


def shortened(text: str, limit: int = _LONGEST_MESSAGE) -> str:
    """TEXT on one line and at most LIMIT characters long, for messages."""
    line = " ".join(text[:4 * limit].split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[:limit] + "..."


class Runner:
    """Commands and files of the host it runs on. ``timeout``: seconds that one command may take."""

    def __init__(self, timeout: float = 20.0) -> None:
        self.timeout = timeout
        self._found: Dict[str, Optional[str]] = {}

    def find(self, name: str) -> Optional[str]:
        """Absolute path of program NAME, or None."""
        if os.path.isabs(name):
            return name if _executable(name) else None
        if name not in self._found:
            directories = list(_DIRECTORIES) + os.environ.get("PATH", "").split(os.pathsep)
            paths = [os.path.join(directory, name) for directory in directories if os.path.isabs(directory)]
            self._found[name] = next((path for path in paths if _executable(path)), None)
        return self._found[name]

    def output(self, argv: Sequence[str]) -> Output:
        """Run ARGV (without a shell, LC_ALL=C, no input) and return what it said, whatever its return code.

        Raises Missing where the program is not installed, ReadError where it cannot start or takes too long.
        """
        path = self.find(argv[0])
        if path is None:
            raise Missing("%s is not installed" % argv[0])
        try:
            # Parsers and respawned Pythons have no AnsibleModule to lend its run_command.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                [path] + list(argv[1:]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=_environment(), timeout=self.timeout, check=False)
        except subprocess.TimeoutExpired:
            raise ReadError("`%s` took longer than %g s" % (shortened(" ".join(argv)), self.timeout),
                            "raise `timeout`") from None
        except OSError as error:
            raise _translated(error, "`%s`" % argv[0]) from error
        return Output(done.returncode, _text(done.stdout), _text(done.stderr))

    def run(self, argv: Sequence[str]) -> str:
        """Standard output of ARGV; ReadError also where the return code is not 0, with what it said."""
        rc, stdout, stderr = self.output(argv)
        if rc != 0:
            said = shortened(stderr) or shortened(stdout) or "and said nothing"
            raise ReadError("`%s` failed (return code %d): %s" % (shortened(" ".join(argv)), rc, said))
        return stdout

    def read(self, path: str, limit: int = 1 << 24) -> str:
        """The first LIMIT bytes of file PATH as text, white space at the end removed; Missing, Denied or ReadError
        otherwise.
        """
        return _text(self.read_bytes(path, limit)).rstrip()

    def read_bytes(self, path: str, limit: int = 1 << 24) -> bytes:
        """The first LIMIT bytes of file PATH; Missing, Denied or ReadError otherwise."""
        try:
            with open(path, "rb", 0) as stream:
                return _read_pieces(stream, limit)
        except OSError as error:
            raise _translated(error, path) from error

    def listdir(self, path: str) -> List[str]:
        """Sorted names in directory PATH; Missing, Denied or ReadError otherwise."""
        try:
            return sorted(os.listdir(path))
        except OSError as error:
            raise _translated(error, path) from error

    def readlink(self, path: str) -> str:
        """Where the symbolic link PATH points to; Missing, Denied or ReadError otherwise."""
        try:
            return os.readlink(path)
        except OSError as error:
            raise _translated(error, path) from error

    def modified(self, path: str) -> float:
        """When file PATH was last written, Unix time; Missing, Denied or ReadError otherwise."""
        try:
            return os.stat(path).st_mtime
        except OSError as error:
            raise _translated(error, path) from error

    def exists(self, path: str) -> bool:
        """Whether PATH exists, as far as this user can tell."""
        return os.path.exists(path)

    def permanent_address(self, interface: str) -> str:
        """Permanent link-layer address that the driver of INTERFACE tells (ethtool's -P), as hex octets with colons."""
        # struct ethtool_perm_addr: command, size, octets; struct ifreq: name and a pointer to it (linux/ethtool.h).
        answer = ctypes.create_string_buffer(struct.pack("II32x", _ETHTOOL_GPERMADDR, 32))
        request = struct.pack("16sP16x", interface.encode("utf-8")[:15], ctypes.addressof(answer))
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
                fcntl.ioctl(channel.fileno(), _SIOCETHTOOL, request)
        except OSError as error:
            raise _translated(error, "permanent address of %s" % shortened(interface, 40)) from error
        size = struct.unpack_from("II", answer.raw)[1]
        return ":".join("%02x" % octet for octet in bytearray(answer.raw[8:8 + min(size, 32)]))

    def ipv4_addresses(self) -> List[Tuple[str, str, int]]:
        """(label, address, prefix length) of every IPv4 address here, by ioctl (netdevice(7)); needs no program."""
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
                return [(_c_string(request), socket.inet_ntoa(request[20:24]), _prefix_length(channel, request))
                        for request in _interface_requests(channel)]
        except OSError as error:
            raise _translated(error, "SIOCGIFCONF") from error

    def namespace_number(self, inside: str, of: str) -> Optional[int]:
        """The number that network namespace INSIDE gives namespace OF (both as paths): -1 for none, None if it cannot
        be asked.

        Asked by RTM_GETNSID (linux/net_namespace.h) from a thread of its own, since entering a namespace concerns one
        thread.
        """
        answers: List[int] = []
        asking = threading.Thread(target=lambda: answers.extend(_numbers_inside(inside, of)))
        asking.start()
        asking.join()
        return answers[0] if answers else None

    def is_root(self) -> bool:
        """Whether this process has the rights that most of /proc and libvirt ask for."""
        return os.geteuid() == 0


def _numbers_inside(inside: str, of: str) -> List[int]:
    """The answer to RTM_GETNSID as a list of one; empty where the kernel refuses, as it does to all but root."""
    try:
        with open(inside, "rb") as namespace, open(of, "rb") as other:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET) != 0:
                return []
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as channel:
                channel.settimeout(2)
                # struct nlmsghdr, struct rtgenmsg, and the attribute NETNSA_FD with its descriptor.
                channel.send(struct.pack("IHHIIB3xHHi", 28, _RTM_GETNSID, 1, 1, 0, 0, 8, 3, other.fileno()))
                answer = channel.recv(4096)
    except (OSError, AttributeError):
        return []
    # A struct nlmsghdr, a struct rtgenmsg, and the attribute NETNSA_NSID.
    if len(answer) < 28:
        return []
    kind, attribute = struct.unpack_from("H", answer, 4)[0], struct.unpack_from("H", answer, 22)[0]
    if (kind, attribute) != (_RTM_NEWNSID, 1):
        return []
    return [struct.unpack_from("i", answer, 24)[0]]


def _read_pieces(stream: BinaryIO, limit: int) -> bytes:
    """Read small pieces: the kernel allocates what a reader of /proc/sys asks for, and refuses 4 MiB."""
    pieces: List[bytes] = []
    while limit > 0:
        piece = stream.read(min(limit, _PIECE))
        if not piece:
            break
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _interface_requests(channel: socket.socket) -> List[bytes]:
    """One struct ifreq an address (SIOCGIFCONF), in a buffer that grows until all fit."""
    room = 64 * _IFREQ
    while True:
        answer = ctypes.create_string_buffer(room)
        request = fcntl.ioctl(channel.fileno(), _SIOCGIFCONF, struct.pack("iP", room, ctypes.addressof(answer)))
        size = struct.unpack("iP", request)[0]
        if size < room:
            return [answer.raw[offset:offset + _IFREQ] for offset in range(0, size, _IFREQ)]
        room *= 4


def _prefix_length(channel: socket.socket, request: bytes) -> int:
    # The address in the request picks the right one among several with the same label.
    mask = fcntl.ioctl(channel.fileno(), _SIOCGIFNETMASK, request)[20:24]
    return sum(bin(octet).count("1") for octet in bytearray(mask))


def _c_string(data: bytes) -> str:
    return _text(data[:16].split(b"\0", 1)[0])


def _executable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _environment() -> Dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("LANGUAGE", "LANG")}
    environment["LC_ALL"] = "C"
    return environment


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _translated(error: OSError, what: str) -> ReadError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH):
        return Missing("%s does not exist" % what)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied("%s: permission denied" % what, BECOME)
    return ReadError("%s: %s" % (what, error.strerror or error))
