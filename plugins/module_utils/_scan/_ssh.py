"""The host keys of an SSH server, read without logging in: the first messages of the key exchange (RFC 4253) are
enough.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import base64
import hashlib
import os
import socket
import struct
import time

from ansible_collections.netops.layer2.plugins.module_utils._shown_name import SSH_TYPE, shown

PORT = 22
_BANNER = b"SSH-2.0-layer2scan\r\n"
_LONGEST_BANNER = 8192  # a server may talk before its identification (RFC 4253, 4.2)
_LONGEST_PACKET = 35000  # what every implementation can handle (RFC 4253, 6.1)
_KEXINIT, _KEX_ECDH_INIT, _KEX_ECDH_REPLY = 20, 30, 31
# Any 32 octets are a public key of Curve25519 (RFC 7748, 6.1), and the secret is of no interest here.
_EXCHANGES = "curve25519-sha256,curve25519-sha256@libssh.org"
_KEYS = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,ssh-rsa"
_CIPHERS = "aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc"
_MACS = "hmac-sha2-256,hmac-sha2-512,hmac-sha1"


class SshError(Exception):
    """No host key was read; the text says why."""


def host_key(address: str, timeout: float, port: int = PORT) -> str:
    """``type SHA256:digest`` of the host key that the server prefers of ours, as ssh-keygen -l prints digests; SshError
    otherwise.

    The signature is not checked: this tells servers apart, it trusts none.
    """
    until = time.monotonic() + timeout
    try:
        with socket.create_connection((address, port), timeout) as channel:
            return _exchange(_Stream(channel, until))
    except (OSError, struct.error) as error:
        raise SshError("no SSH answer: %s" % error) from error


class _Stream:
    """Packets before encryption, until a time."""

    def __init__(self, channel: socket.socket, until: float) -> None:
        self._channel, self._until, self._read = channel, until, b""

    def _more(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise SshError("the server took too long")
        self._channel.settimeout(left)
        octets = self._channel.recv(4096)
        if not octets:
            raise SshError("the server closed the connection")
        self._read += octets

    def take(self, count: int) -> bytes:
        """Exactly COUNT octets."""
        while len(self._read) < count:
            self._more()
        taken, self._read = self._read[:count], self._read[count:]
        return taken

    def banner(self) -> None:
        """Read up to the identification of the server."""
        while True:
            while b"\n" not in self._read:
                if len(self._read) > _LONGEST_BANNER:
                    raise SshError("no SSH server: it sent no identification")
                self._more()
            line, self._read = self._read.split(b"\n", 1)
            if line.startswith(b"SSH-"):
                return

    def packet(self) -> bytes:
        """The payload of the next packet."""
        length, padding = struct.unpack("!IB", self.take(5))
        if not padding + 1 < length <= _LONGEST_PACKET:
            raise SshError("no SSH server: a packet of %d octets" % length)
        return self.take(length - 1)[:length - 1 - padding]

    def send(self, payload: bytes) -> None:
        """Send a payload as a packet of a multiple of eight octets (RFC 4253, 6)."""
        padding = 8 - (len(payload) + 5) % 8
        padding += 8 if padding < 4 else 0
        self._channel.sendall(struct.pack("!IB", len(payload) + padding + 1, padding) + payload + os.urandom(padding))

    def greet(self) -> None:
        """Send our identification."""
        self._channel.sendall(_BANNER)


def _exchange(stream: _Stream) -> str:
    stream.greet()
    stream.banner()
    stream.send(_kexinit())
    _wait_for(stream, _KEXINIT)
    stream.send(bytes(bytearray([_KEX_ECDH_INIT])) + _text(os.urandom(32)))
    return fingerprint(first_text(_wait_for(stream, _KEX_ECDH_REPLY)[1:]))


def _wait_for(stream: _Stream, kind: int) -> bytes:
    for payload in (stream.packet() for number in range(8)):
        if payload[:1] == bytes(bytearray([kind])):
            return payload
        if payload[:1] == b"\x01":
            raise SshError("the server broke off: it shares no algorithm with us")
    raise SshError("no SSH server: it sends other messages")


def _kexinit() -> bytes:
    lists = (_EXCHANGES, _KEYS, _CIPHERS, _CIPHERS, _MACS, _MACS, "none", "none", "", "")
    return (
        bytes(bytearray([_KEXINIT])) + os.urandom(16) + b"".join(_text(names.encode()) for names in lists) + b"\0" * 5
    )


def _text(octets: bytes) -> bytes:
    return struct.pack("!I", len(octets)) + octets


def first_text(octets: bytes) -> bytes:
    """The first string of a message (RFC 4251, 5); SshError where it is cut."""
    if len(octets) < 4:
        raise SshError("a damaged message")
    length = struct.unpack("!I", octets[:4])[0]
    if length > len(octets) - 4:
        raise SshError("a damaged message")
    return octets[4:4 + length]


def fingerprint(blob: bytes) -> str:
    """``type SHA256:digest`` of a public key; whatever the server calls its type, it is one word of harmless
    characters.
    """
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return "%s SHA256:%s" % (shown(first_text(blob).decode("utf-8", "surrogateescape"), SSH_TYPE), digest)
