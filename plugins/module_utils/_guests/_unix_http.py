"""One GET over a Unix socket: bounded in time and octets, whatever the other side does."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import io
import socket
import time
from typing import Any, List, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Denied, Missing, ReadError

_HEAD = 1 << 17  # octets of an answer's head that the bound of its body does not count
_PIECE = 1 << 16


class _Received:
    """What http.client takes for a socket: an answer that has arrived."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, _mode: str) -> io.BytesIO:
        """The answer as a file, as socket.makefile gives one."""
        return io.BytesIO(self._octets)


def get(path: str, target: str, seconds: float, most: int) -> Tuple[int, bytes]:
    """(status, body) of the answer to GET TARGET at socket PATH; SECONDS for all of it, MOST octets.

    Missing where there is no socket, Denied where it is closed to this user, ReadError otherwise.
    """
    import http.client  # it loads TLS and e-mail, some 10 ms, where few hosts have such a socket

    received = _Received(_exchange(path, target, seconds, most + _HEAD))
    answer = http.client.HTTPResponse(received)  # type: ignore[arg-type]  # it calls makefile() and nothing else
    try:
        answer.begin()
        body = answer.read()
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise ReadError("%s: the answer to %s is broken (%s)" % (path, target, type(error).__name__)) from error
    return answer.status, body


def _exchange(path: str, target: str, seconds: float, most: int) -> bytes:
    """All octets that socket PATH answers until it closes, as it does after an answer of HTTP/1.0."""
    end = time.monotonic() + seconds
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(seconds)
            channel.connect(path)
            channel.sendall(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" % target).encode("ascii"))
            return _read_all(channel, end, most)
    except socket.timeout:
        raise ReadError("%s: no whole answer to %s within %g s" % (path, target, seconds), "raise `timeout`") from None
    except _TooLong:
        raise ReadError("%s: the answer to %s is longer than %d octets" % (path, target, most)) from None
    except OSError as error:
        raise _translated(error, path) from error


class _TooLong(Exception):
    """There is more than anybody wants to read."""


def _read_all(channel: Any, end: float, most: int) -> bytes:
    pieces: List[bytes] = []
    while most >= 0:
        left = end - time.monotonic()
        if left <= 0:
            raise socket.timeout()
        channel.settimeout(left)
        piece = channel.recv(_PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        most -= len(piece)
    raise _TooLong()


def _translated(error: OSError, path: str) -> ReadError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Missing("%s does not exist" % path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied("%s: permission denied" % path, BECOME)
    return ReadError("%s: %s" % (path, error.strerror or error), "see whether the daemon behind it runs")
