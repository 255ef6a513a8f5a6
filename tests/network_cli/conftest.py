"""Switches with Cisco IOS by FakeNOS: two that see one MAC on edge ports, one that refuses, one that is not there."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ansible_collections.netops.layer2 as collection
import pytest

from tests import from_ansible
from tests.lab.system import slowness, wait_until

PLACED = Path(next(iter(collection.__path__))).parents[2]
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv" / "network"
PYTHON, COLLECTIONS = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "collections"
TWIN = "5254.000c.1df5"
Run = tuple[int, str, dict[str, Any]]  # status, what was shown, the report
USER = {"username": "reader", "password": "reader"}


@pytest.fixture(scope="session")
def collections() -> Path:
    """A folder with the collections that network_cli needs."""
    return from_ansible.collections(ENVIRONMENT, "ansible/netcommon", "ansible/utils", "cisco/ios")


def started(
    playbook: str, folder: Path, inventories: Sequence[Path], cache: Path | None = None, **settings: Any
) -> tuple[int, str]:
    """The status and what was shown of one run of a PLAYBOOK that reads the group `switches` twice, its facts in CACHE.
    """
    told = {
        "detect_switches": "switches",
        "switch_snapshot_readings": 2,
        "switch_snapshot_pause": 0,
        "layer2_become": False,
        "report_directory": str(folder / "report"),
        **settings,
    }
    chosen = [word for path in inventories for word in ("-i", str(path))]
    kept = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache)} if cache else {}
    seen = {
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": f"{PLACED}:{COLLECTIONS}",
        "ANSIBLE_NOCOLOR": "1",
        "LANG": "C.UTF-8",
        **kept,
    }
    done = subprocess.run(
        [PYTHON, "-m", "ansible", "playbook", f"netops.layer2.{playbook}", *chosen, "-e", json.dumps(told)],
        env=seen,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240 * slowness(),
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def played(
    playbook: str, folder: Path, inventories: Sequence[Path], cache: Path | None = None, **settings: Any
) -> Run:
    """The same of a PLAYBOOK that judges, and its report."""
    status, shown = started(playbook, folder, inventories, cache, **settings)
    report = folder / "report" / "layer2-report.json"
    assert report.exists(), shown[-4000:]
    return status, shown, json.loads(report.read_text(encoding="utf-8"))


def interface(name: str, mac: str) -> str:
    return (
        f"{name} is up, line protocol is up (connected) \n"
        f"  Hardware is Gigabit Ethernet, address is {mac} (bia {mac})\n"
        "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n"
    )


def addresses(*entries: tuple[str, str]) -> str:
    head = "          Mac Address Table\n-------------------------------------------\n\n"
    head += "Vlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n"
    return head + "".join(f"  10    {mac}    DYNAMIC     {port}\n" for mac, port in entries)


def neighbour(name: str, mac: str) -> str:
    return (
        f"------------------------------------------------\nLocal Intf: Gi1/0/48\nChassis id: {mac}\n"
        f"Port id: Gi1/0/48\nPort Description: GigabitEthernet1/0/48\nSystem Name: {name}\n\n"
        "System Description: \nCisco IOS Software\n\nTime remaining: 101 seconds\nSystem Capabilities: B,R\n"
        "Enabled Capabilities: B,R\nManagement Addresses - not advertised\nAuto Negotiation - not supported\n"
        "Physical media capabilities - not advertised\nMedia Attachment Unit type - not advertised\n"
        "Vlan ID: - not advertised\n\n\nTotal entries displayed: 1\n"
    )


def switch(own: str, other: str, far: str) -> dict[str, str]:
    """What a switch with the base address OWN answers, whose port 48 leads to switch OTHER with the address FAR."""
    return {
        "show interfaces": interface("GigabitEthernet1/0/1", own) + interface("GigabitEthernet1/0/48", own),
        "show mac address-table": addresses((TWIN, "Gi1/0/1"), (far, "Gi1/0/48")),
        "show lldp neighbors detail": neighbour(other, far),
        "show ip arp": "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
        f"Internet  192.0.2.7               9   {TWIN}  ARPA   Vlan10\n",
    }


def served(port: int, answers: dict[str, Any]) -> dict[str, object]:
    """A host of FakeNOS's inventory; what is not among ANSWERS is refused as IOS does."""
    told = {**dict.fromkeys(("terminal length 0", "terminal width 512", "terminal width 0"), ""), **answers}
    commands = {command: {"output": text, "help": command} for command, text in told.items()}
    commands["_default_"] = {"output": "% Invalid input detected at '^' marker.", "help": "all else"}
    refused = (
        "show version",
        "show etherchannel summary",
        "show interfaces switchport",
        "show ipv6 neighbors",
        "show mac address-table",
        "show interfaces",
        "show ip arp",
        "show lldp neighbors detail",
    )
    for command in refused:  # FakeNOS knows some of its own
        commands.setdefault(command, commands["_default_"])
    return {
        "port": port,
        "platform": "cisco_ios",
        **USER,
        "nos": {"plugin": "cisco_ios", "configuration": {"commands": commands}},
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(folder: Path, answers: dict[str, dict[str, Any]], *missing: str, **settings: object) -> Iterator[Path]:
    """An inventory in FOLDER with the group `switches`: those that give ANSWERS while it is used, MISSING ones where
    nobody listens, with SETTINGS as their variables; and this machine.
    """
    ports = {name: free_port() for name in (*answers, *missing)}
    hosts = {name: served(ports[name], told) for name, told in answers.items()}
    (folder / "fakenos.json").write_text(json.dumps({"hosts": hosts}), encoding="utf-8")
    lines = [f"{name} ansible_host=127.0.0.1 ansible_port={port}" for name, port in ports.items()]
    told = {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_user": USER["username"],
        "ansible_password": USER["password"],
        "ansible_host_key_checking": "false",
        **settings,
    }
    path = folder / "hosts"
    path.write_text(
        f"server1 ansible_connection=local ansible_python_interpreter={sys.executable}\n"
        "[switches]\n"
        + "\n".join(lines)
        + "\n[switches:vars]\n"
        + "".join(f"{name}={value}\n" for name, value in told.items()),
        encoding="utf-8",
    )
    log = folder / "fakenos.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [PYTHON, Path(__file__).with_name("serve.py"), folder / "fakenos.json"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        ) as server,
    ):
        try:
            assert wait_until(lambda: "ready" in log.read_text(encoding="utf-8"), 30), log.read_text(encoding="utf-8")
            yield path
        finally:
            server.kill()


@pytest.fixture(scope="session")
def inventory(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two switches that see one MAC on edge ports, one that refuses most, one that is not there, and this machine."""
    answers: dict[str, dict[str, Any]] = {
        "sw1": switch("001c.7300.0001", "sw2", "001c.7300.0002"),
        "sw2": switch("001c.7300.0002", "sw1", "001c.7300.0001"),
        "sw3": {"show interfaces": interface("GigabitEthernet1/0/1", "001c.7300.0003")},
    }
    with serving(tmp_path_factory.mktemp("switches"), answers, "sw4") as path:
        yield path
