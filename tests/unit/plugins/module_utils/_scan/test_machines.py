"""Tests of telling machines apart: what signs weigh, SSH servers good and hostile, and which addresses are held against
each other.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import socket
import struct
import threading

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _machines, _ssh
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Trait
from ansible_collections.netops.layer2.plugins.module_utils._scan._machines import Crossing
from hypothesis import given
from hypothesis import strategies as st

BLOB = struct.pack("!I", 11) + b"ssh-ed25519" + struct.pack("!I", 32) + bytes(range(32))


def traits(numbers, life=64, start=0.0):
    return [Trait(life, number, "", start + place) for place, number in enumerate(numbers)]


@pytest.mark.parametrize(
    ("crossing", "same"),
    [
        (Crossing(0, 10), False),
        (Crossing(10, 10), True),
        (Crossing(4, 10), None),
        (Crossing(0, 2), None),
        (Crossing(0, 0), None),
    ],
)
def test_a_mac_has_one_place_in_a_switch(crossing, same):
    sign = _machines.arp_sign(crossing)
    assert _machines.judged([sign] if sign else []) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (traits([100, 102, 104]), traits([101, 103, 105], start=0.5), True),
        (traits([65534, 0, 2]), traits([65535, 1, 3], start=0.5), True),
        (traits([100, 102, 104]), traits([9000, 9001, 9002], start=0.5), None),
        (traits([0, 0, 0]), traits([0, 0, 0], start=0.5), None),
        (traits([1, 2, 3], life=64), traits([4, 5, 6], life=128), False),
        (traits([1, 2], life=63), traits([900, 7], life=64), None),
        ([], traits([1, 2]), None),
    ],
)
def test_fingerprints_of_echo_replies(one, other, same):
    assert _machines.judged(_machines.icmp_signs(one, other)) is same


def test_signs_that_contradict_each_other_decide_nothing():
    one_port, other_keys = (
        _machines.arp_sign(Crossing(10, 10)),
        _machines.ssh_sign("ssh-rsa SHA256:a", "ssh-rsa SHA256:b"),
    )
    assert _machines.judged([one_port, other_keys]) is None
    assert _machines.judged([other_keys]) is False
    assert _machines.judged([_machines.ssh_sign("ssh-rsa SHA256:a", "ssh-rsa SHA256:a")]) is None


def test_answers_on_tcp_ports():
    linux, other = Trait(64, 0, "SA, window 64240", 0.0), Trait(64, 0, "SA, window 8192", 0.0)
    assert _machines.tcp_sign({22: linux}, {22: other}).weight < 0
    assert _machines.tcp_sign({22: linux}, {22: linux, 80: linux}).weight == 0
    assert _machines.tcp_sign({22: linux}, {80: linux}) is None


def test_only_macs_with_several_addresses_and_no_proxies_are_examined():
    rows = ["eth0 - 192.0.2.%d 52:54:00:00:00:0a arp 1 0 0" % number for number in (1, 2, 2)]
    rows += ["eth0 - 192.0.2.3 52:54:00:00:00:0b arp 1 0 0", "eth0 - 192.0.2.4 52:54:00:00:00:0b request 1 0 0"]
    rows += ["eth0 - 192.0.2.%d 52:54:00:00:00:0c arp 1 0 0" % number for number in range(20, 40)]
    assert _machines.several(rows) == {("eth0", "-", "52:54:00:00:00:0a"): ["192.0.2.1", "192.0.2.2"]}


def listening():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    return listener


class Server:
    """Says its lines to whoever connects, and reads what comes in between."""

    def __init__(self, *says):
        self._listener = listening()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(says,), daemon=True).start()

    def _serve(self, says):
        channel, _address = self._listener.accept()
        with channel, self._listener:
            for octets in says:
                channel.sendall(octets)
            channel.settimeout(2)
            try:
                while channel.recv(4096):
                    pass
            except OSError:
                pass


def packet(payload, padding=8):
    return struct.pack("!IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def reply(blob=BLOB):
    return packet(b"\x1f" + struct.pack("!I", len(blob)) + blob + bytes(40))


def test_a_host_key_is_read_past_a_banner_and_messages_to_ignore():
    server = Server(b"Welcome\r\nSSH-2.0-test\r\n", packet(b"\x14" + bytes(60)), packet(b"\x02ignored"), reply())
    assert (
        _ssh.host_key("127.0.0.1", 5, server.port) == "ssh-ed25519 SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"
    )  # as ssh-keygen -l prints it


@pytest.mark.parametrize(
    ("says", "said"),
    [
        ([b"220 mail.example ESMTP\r\n" * 2, b"x" * 9000], "no identification"),
        ([b"SSH-2.0-test\r\n", packet(b"\x01gone")], "shares no algorithm"),
        ([b"SSH-2.0-test\r\n", b"\xff" * 64], "a packet of"),
        ([b"SSH-2.0-test\r\n", packet(b"\x14"), packet(b"\x1f\0\0\xff\xff")], "damaged"),
        ([b"SSH-2.0-test\r\n"] + [packet(b"\x02again")] * 9, "other messages"),
        ([b"SSH-2.0-test\r\n"], "took too long|timed out"),
    ],
)
def test_hostile_servers_are_no_trouble(says, said):
    with pytest.raises(_ssh.SshError, match=said):
        _ssh.host_key("127.0.0.1", 0.5, Server(*says).port)


def test_nobody_there_is_said_so():
    with listening() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(_ssh.SshError, match="no SSH answer"):
        _ssh.host_key("127.0.0.1", 1, port)


def key(kind):
    return _ssh.fingerprint(struct.pack("!I", len(kind)) + kind + b"key")


@pytest.mark.parametrize(("kind", "shown"), [
    (b"ssh-ed25519", "ssh-ed25519"),
    (b"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com"),
    (b"x" * 64, "x" * 64),
    (b"x" * 65, "x" * 38 + "%~9537c5fdf120482f7d58d25e"),
    (b"{{ lookup('pipe', 'id') }}", "%7B%7B%20lookup%28%27pipe%27%2C%20%27id%27%29%20%7D%7D"),
    (b"{%x%}", "%7B%25x%25%7D"),
    (b"a,b c", "a%2Cb%20c"),
    (b"\x1b[2J\r\n\xff", "%1B%5B2J%0D%0A%FF"),
    ("rsa\u202e".encode(), "rsa%E2%80%AE"),
    (b"", ""),
])
def test_what_a_server_calls_its_key_is_one_harmless_word(kind, shown):
    assert key(kind).split(" ")[0] == shown


@given(st.binary(max_size=90), st.binary(max_size=90))
def test_two_key_types_stay_two(one, other):
    shown = [key(kind).split(" ")[0] for kind in (one, other)]
    assert (shown[0] == shown[1]) == (one == other)


@given(st.binary(max_size=80))
def test_no_blob_breaks_the_fingerprint(octets):
    try:
        assert " SHA256:" in _ssh.fingerprint(octets)
    except _ssh.SshError as error:
        assert "damaged" in str(error)
