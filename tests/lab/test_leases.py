"""Leases that real DHCP servers gave to real clients, two of which have one MAC: dnsmasq and Kea, in namespaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._lease_snapshot import snapshot_from_leases
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from .system import slowness

TWIN_MAC, OWN_MAC = "02:00:00:00:62:aa", "02:00:00:00:62:bb"
# Client identifiers as systemd-networkd makes them: an IAID of the NIC, a DUID of the machine (RFC 4361).
IDENTIFIER = "ff6200000100020000ab1100000000000000%02x"
HOOKS = sorted(Path("/usr/lib").glob("*/kea/hooks/libdhcp_lease_cmds.so"))
# Each client asks until it has a lease, and then ends; nothing of it is configured. /run and the network are our own.
SEGMENT = f"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/kea /run/lock/kea
ip link set lo up
ip link add br0 type bridge forward_delay 0
ip address add 10.62.0.1/24 dev br0
ip link set br0 up
client() {{ # name, MAC, identifier
    ip netns add $1
    ip link add eth0 address $2 netns $1 type veth peer name $1-port
    ip link set $1-port master br0 up
    ip -n $1 link set eth0 up
    until ip netns exec $1 udhcpc -i eth0 -f -q -n -t 5 -T 1 -s /bin/true -x 0x3d:$3 -F $1 >&2; do sleep 0.5; done
}}
$SERVE
client one {TWIN_MAC} {IDENTIFIER % 1}
client two {TWIN_MAC} {IDENTIFIER % 2}
client three {OWN_MAC} {IDENTIFIER % 3}
"""
DNSMASQ = """
dnsmasq --conf-file=/dev/null --pid-file=/run/dnsmasq.pid --port=0 --interface=br0 --bind-interfaces --user=root \
    --dhcp-range=10.62.0.10,10.62.0.50,1h --dhcp-leasefile=/run/leases
"""
TOLD = "\ncat /run/leases\n"
KEA_SETTINGS = {
    "interfaces-config": {"interfaces": ["br0"], "service-sockets-max-retries": 20},
    "lease-database": {"type": "memfile", "name": "/run/kea/leases.csv", "lfc-interval": 0},
    "control-socket": {"socket-type": "unix", "socket-name": "/run/kea/socket"},
    "hooks-libraries": [{"library": str(path)} for path in HOOKS],
    "subnet4": [{"id": 1, "subnet": "10.62.0.0/24", "interface": "br0", "pools": [{"pool": "10.62.0.60-10.62.0.90"}]}],
}
KEA = f"""
# From 2.6.3 on it writes elsewhere only where it is told so, and wants the folder of its socket closed to others.
export KEA_DHCP_DATA_DIR=/run/kea KEA_CONTROL_SOCKET_DIR=/run/kea
chmod 750 /run/kea
printf '%s' '{json.dumps({"Dhcp4": KEA_SETTINGS})}' >/run/kea/settings.json
kea-dhcp4 -c /run/kea/settings.json >&2 &
"""
ASKED = """
python3 -c 'import socket
asked = socket.socket(socket.AF_UNIX)
asked.connect("/run/kea/socket")
asked.send(b"{\\"command\\": \\"lease4-get-all\\"}")
while said := asked.recv(65536).decode():
    print(said, end="")'
"""
SERVERS = {
    "dnsmasq": ("dnsmasq", DNSMASQ, TOLD),
    "kea by its file": ("kea", KEA, "\ncat /run/kea/leases.csv\n"),
    "kea by its API": ("kea", KEA, ASKED),
}
PROGRAMS = {"dnsmasq": "dnsmasq", "kea": "kea-dhcp4"}


def leases(server: str, serve: str, told: str) -> str:
    """What the server tells of its leases once all clients have theirs; skips, with the reason, where it cannot run."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    absent = [name for name in (PROGRAMS[server], "udhcpc", "unshare") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c"]
    script = SEGMENT.replace("$SERVE", serve) + told
    done = subprocess.run(
        [*command, script], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        timeout=120 * slowness(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("which", SERVERS)
def test_two_machines_with_one_mac_are_told_apart_by_their_identifiers(which: str) -> None:
    server = SERVERS[which][0]
    text = leases(*SERVERS[which])
    document = snapshot_from_leases(text, host="dhcp1", server=server, collected_at=time.time())
    assert document["gaps"] == [] and len(document["dhcp_leases"]["rows"]) == 3, text
    verdict = mac_collisions([], documents=[document])
    (finding,) = verdict["findings"]
    assert (finding["mac"], finding["status"], finding["rule"]) == (TWIN_MAC, "suspected", "two_clients"), finding
    told = json.dumps(finding).replace(":", "")
    duids = [(IDENTIFIER % number)[10:] for number in (1, 2, 3)]
    assert [duid in told for duid in duids] == [True, True, False], told
