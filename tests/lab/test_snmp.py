"""Two switches that answer SNMP: real bridges, snmpd and lldpd in namespaces, walked by snmpbulkwalk; what the
documents say is held against what the kernel and lldpd say by themselves.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import snapshot_from_text
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from .system import children, entering, slowness, wait_until

BRIDGE_MIB = Path(__file__).with_name("bridge_mib.py")
NEEDED = ("snmpd", "snmpbulkwalk", "lldpd", "lldpcli", "bridge", "ip", "ping", "unshare")
TWIN_MAC, QUIET_MAC, FORGED_MAC = "02:00:00:00:64:aa", "02:00:00:00:64:bb", "02:00:00:00:64:ff"
# Octets that are all letters, quotes, backslashes, blanks or line ends: net-snmp prints them as text, not as numbers.
ODD_MACS = (
    "52:54:41:42:43:44", "52:54:22:5c:41:42", "52:54:41:42:5c:22", "52:54:0a:41:42:43", "52:54:0d:0a:41:42",
    "52:54:41:42:0d:0a", "0a:20:20:20:20:20",
)  # fmt: skip
# What a machine at an edge port says by LLDP that it is: rows of the switch's own tables, if a reader believes it.
FORGERY = "\n".join([
    "a server",
    ".1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.100.255 = INTEGER: 1",
    ".1.3.6.1.2.1.17.4.3.1.3.2.0.0.0.100.255 = INTEGER: 3",
    '.1.3.6.1.2.1.1.5.0 = STRING: "other',
])  # fmt: skip
SECRETS = ("a-secret-of-64", "another-one-of-64")
# A folder of /run for each switch; the snmpd and lldpd of a machine know nothing of those of another.
FABRIC = f"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/netns /run/lldpd
export MIBS=  # no names are needed of the modules, which it would complain of
echo configure lldp tx-interval 1 >/run/lldpd.conf
machine() {{ # name
    mkdir -p /run/$1
    ip netns add $1
    ip -n $1 link set lo up
}}
switch() {{ # name, address, MAC
    machine $1
    ip -n $1 link add br0 address $3 type bridge forward_delay 0 ageing_time 60000
    ip -n $1 address add $2/24 dev br0
    ip -n $1 link set br0 up
}}
plug() {{ # name, MAC, address, switch
    machine $1
    ip link add eth0 address $2 netns $1 type veth peer name edge-$1 netns $4
    ip netns exec $1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1  # what it announces would reach the other switch
    ip -n $1 link set eth0 up
    ip -n $1 address add $3/24 dev eth0
    ip -n $1 neigh replace 10.64.0.1 lladdr 02:00:00:00:64:01 dev eth0
    ip -n $1 neigh replace 10.64.0.2 lladdr 02:00:00:00:64:02 dev eth0
    ip -n $4 link set edge-$1 master br0 up
}}
neighbour() {{ # name, options of lldpd
    name=$1
    shift
    # All it is to know it is given at its start: lldpcli beside the one that it runs itself leaves it paused at times.
    ip netns exec $name unshare --uts sh -c 'hostname $0 && exec lldpd "$@"' \\
        $name -d -u /run/$name/lldpd.socket -O /run/lldpd.conf "$@" &
}}
agent() {{ # name
    cat >/run/$1/snmpd.conf <<END
agentAddress udp:127.0.0.1:161
sysName $1
master agentx
agentXSocket /run/$1/agentx
createUser reader SHA-256 "{SECRETS[0]}" AES "{SECRETS[1]}"
rouser reader priv
pass_persist .1.3.6.1.2.1.17 $PYTHON $BRIDGE_MIB br0
END
    printf '[snmp]\\npersistentDir /run/%s/kept\\n' $1 >/run/$1/snmp.conf
    SNMPCONFPATH=/run/$1 ip netns exec $1 snmpd -f -Le -C -c /run/$1/snmpd.conf -I -smux &
    until [ -S /run/$1/agentx ]; do sleep 0.1; done
    neighbour $1 -S switch -x -X /run/$1/agentx
}}
switch sw1 10.64.0.1 02:00:00:00:64:01
switch sw2 10.64.0.2 02:00:00:00:64:02
ip -n sw1 link add uplink type veth peer name uplink netns sw2
for name in sw1 sw2; do ip -n $name link set uplink master br0 up; done
plug twin1 {TWIN_MAC} 10.64.0.11 sw1
plug twin2 {TWIN_MAC} 10.64.0.12 sw2
plug quiet {QUIET_MAC} 10.64.0.13 sw2
plug liar 02:00:00:00:64:cc 10.64.0.14 sw1
number=0
for mac in {" ".join(ODD_MACS)}; do
    number=$((number + 1))
    ip -n sw1 link add odd$number address $mac type bridge  # dummy is not in every kernel
done
agent sw1
agent sw2
neighbour liar -S "$FORGERY"
touch /run/ready
wait
"""
CREDENTIALS = f"""defVersion 3
defSecurityName reader
defSecurityLevel authPriv
defAuthType SHA-256
defAuthPassphrase {SECRETS[0]}
defPrivType AES
defPrivPassphrase {SECRETS[1]}
"""
TREES = (".1.3.6.1.2.1", ".1.0.8802.1.1.2", ".1.2.840.10006.300.43")  # those of docs/guide_switches.md
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fabric:
    """Switches and machines, by the process that their namespaces belong to, and a folder with the credentials."""

    pid: int
    home: Path

    def run(self, name: str, *words: str) -> str:
        """What a command prints in the network of the machine NAME."""
        enter = [*entering(self.pid), "ip", "netns", "exec", name]
        done = subprocess.run(
            [*enter, *words], capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60 * slowness(),
            env={**os.environ, "HOME": str(self.home), "SNMPCONFPATH": str(self.home / ".snmp")},
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode("utf-8", "surrogateescape")  # with each line end as it is, other than text=True

    def told(self, name: str, *words: str) -> Any:
        """The same of a command that prints JSON."""
        return json.loads(self.run(name, *words) or "[]")

    def neighbours(self, name: str) -> dict[str, str]:
        """System -> chassis of the neighbours that lldpd itself tells of."""
        told = self.run(name, "lldpcli", "-u", f"/run/{name}/lldpd.socket", "-f", "json0", "show", "neighbors")
        return {
            chassis["name"][0]["value"]: chassis["id"][0]["value"]
            for interface in json.loads(told)["lldp"][0].get("interface", [])
            for chassis in interface["chassis"]
        }

    def walk(self, name: str) -> str:
        """All three trees of a switch, as the guide has them walked."""
        return "".join(
            self.run(name, "snmpbulkwalk", "-On", "-m", "", "-Cr50", "127.0.0.1", tree) for tree in TREES
        )

    def talk(self) -> None:
        """Each twin speaks to its own switch, in frames that do not leave it."""
        for name, switch in (("twin1", "10.64.0.1"), ("twin2", "10.64.0.2"), ("quiet", "10.64.0.2")):
            self.run(name, "ping", "-q", "-c", "2", "-i", "0.2", switch)


@pytest.fixture(scope="module", name="fabric")
def _fabric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fabric]:
    """Up once all switches know their neighbours; skips, with the reason, where it cannot run."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    home = tmp_path_factory.mktemp("bastion")
    (home / ".snmp").mkdir(mode=0o700)
    (home / ".snmp" / "snmp.conf").touch(mode=0o600)
    (home / ".snmp" / "snmp.conf").write_text(CREDENTIALS)
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", FABRIC]
    given = {"PYTHON": sys.executable, "BRIDGE_MIB": str(BRIDGE_MIB), "FORGERY": FORGERY}
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            command, env={**os.environ, **given}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        ) as outermost,
    ):
        try:
            over = wait_until(lambda: outermost.poll() is not None or any(map(is_ready, children(outermost.pid))), 60)
            assert over and outermost.poll() is None, (home / "log").read_text()
            (pid,) = children(outermost.pid)
            found = Fabric(pid, home)
            heard = {"sw1": {"sw2", "liar"}, "sw2": {"sw1"}}
            met = wait_until(lambda: all(set(found.neighbours(name)) == who for name, who in heard.items()), 60)
            assert met, ({name: found.neighbours(name) for name in heard}, (home / "log").read_text())
            yield found
        finally:
            outermost.send_signal(signal.SIGKILL)


def is_ready(pid: int) -> bool:
    return Path(f"/proc/{pid}/root/run/ready").exists()


@pytest.fixture(scope="module", name="documents")
def _documents(fabric: Fabric) -> dict[str, Document]:
    """Both switches, each read twice."""
    readings: dict[str, list[str]] = {"sw1": [], "sw2": []}
    for _number in range(2):
        fabric.talk()
        for name, texts in readings.items():
            texts.append(fabric.walk(name))
    return {
        name: snapshot_from_text({"host": name, "snmpbulkwalk -On": texts, "collected_at": time.time()})
        for name, texts in readings.items()
    }


def rows(document: Document, table: str) -> list[list[str]]:
    return [row.split(" ") for row in document[table]["rows"]]


def test_interfaces_are_those_of_the_kernel_with_macs_of_any_octets(
    fabric: Fabric, documents: dict[str, Document]
) -> None:
    for name, document in documents.items():
        kernel = {
            (link["ifname"], link["ifindex"], link["address"] if link["link_type"] == "ether" else None)
            for link in fabric.told(name, "ip", "-j", "link", "show")
        }
        assert {(one["name"], one["index"], one.get("mac")) for one in document["interfaces"]} == kernel
    assert set(ODD_MACS) <= {one.get("mac") for one in documents["sw1"]["interfaces"]}


def test_arp_addresses_and_forwarding_are_those_of_the_kernel(fabric: Fabric, documents: dict[str, Document]) -> None:
    for name, document in documents.items():
        arp = {
            (entry["dev"], entry["dst"], entry["lladdr"])
            for entry in fabric.told(name, "ip", "-j", "-4", "neigh", "show") if "lladdr" in entry
        }
        assert arp and {tuple(row[1:4]) for row in rows(document, "neighbors")} == arp
        learnt = {
            (entry["ifname"], entry["mac"], "1")
            for entry in fabric.told(name, "bridge", "-j", "fdb", "show", "br", "br0")
            if entry.get("state") != "permanent"
        }
        assert learnt and {tuple(row[1:4]) for row in rows(document, "fdb") if row[6] == "-"} == learnt
        (bridge,) = document["bridges"]
        assert bridge["ageing"] == 600 and "uplink" in bridge["ports"]
        own = {address["address"] for one in document["interfaces"] for address in one["addresses"]}
        assert {"10.64.0.1", "10.64.0.2"} & own == {f"10.64.0.{name[-1]}"}


def test_neighbours_are_those_of_lldpd(fabric: Fabric, documents: dict[str, Document]) -> None:
    for name, document in documents.items():
        assert {row[3]: row[1] for row in rows(document, "lldp")} == fabric.neighbours(name)
        uplinks = [row[0] for row in rows(document, "lldp") if row[3] != "liar"]
        assert uplinks == ["uplink"] and document["identity"]["hostname"] == name


def test_a_neighbour_cannot_write_rows_of_the_switch(documents: dict[str, Document]) -> None:
    assert FORGED_MAC not in json.dumps(documents)
    said = [gap["reason"] for gap in documents["sw1"]["gaps"] if gap["subset"] == "texts"]
    assert [words.partition(",")[0] for words in said] == ["not believed"] * 3
    assert "1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.100.255" in said[0]


def test_twins_behind_two_switches_are_a_conflict_that_names_both_ports(documents: dict[str, Document]) -> None:
    (finding,) = mac_collisions(list(documents.values()))["findings"]
    assert (finding["mac"], finding["status"]) == (TWIN_MAC, "conflict"), finding
    evidence = json.dumps(finding)
    assert "edge-twin1" in evidence and "edge-twin2" in evidence, evidence
