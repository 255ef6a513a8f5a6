"""Ports of a real Neutron, made over its API, told by openstack.cloud.port_info, made into a document and judged."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_collections.netops.layer2 as collection
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from tests import from_ansible
from tests.lab.system import slowness, wait_until

PLACED = Path(next(iter(collection.__path__))).parents[2]
ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv" / "openstack"
TWIN, VIRTUAL = "fa:16:3e:0c:64:01", "00:00:5e:00:01:07"
SERVERS = [f"11111111-2222-4333-8444-55555555550{number}" for number in range(3)]
# What only Nova knows is given; the rest of it is asked of Neutron, by the modules that the guide names.
TASKS = [
    {"openstack.cloud.port_info": "{{ cloud }}", "register": "ports"},
    {"openstack.cloud.networks_info": "{{ cloud }}", "register": "networks"},
    {"ansible.builtin.copy": {
        "content": "{{ ports | netops.layer2.snapshot_from_openstack(host='ours', servers=servers, networks=networks)"
                   " | to_json }}",
        "dest": "{{ told }}", "mode": "0600"}},
]  # fmt: skip
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cloud:
    """A Neutron that listens on PORT, and a FOLDER for what is said of it."""

    port: int
    folder: Path

    def ask(self, path: str, body: Answer | None = None, method: str | None = None) -> Answer:
        """What it answers; a refusal with its `type`, by Neutron's names."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v2.0/{path}", data=json.dumps(body).encode() if body else None,
            method=method, headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60 * slowness()) as told:
                answer: Answer = json.load(told)
        except urllib.error.HTTPError as error:
            answer = json.load(error)["NeutronError"]
        return answer

    def make(self, kind: str, **wanted: Any) -> Answer:
        """One network, port, ... of a project."""
        answer = self.ask(f"{kind}s", {kind: {"project_id": "ours", **wanted}})
        made: Answer = answer.get(kind, answer)
        return made

    def document(self) -> Answer:
        """What the filter makes of the modules' results."""
        told = self.folder / "document.json"
        given = {
            "cloud": {"auth_type": "none", "auth": {"endpoint": f"http://127.0.0.1:{self.port}"}},
            "servers": [{"id": known, "name": known[-1], "status": "ACTIVE"} for known in SERVERS],
            "told": str(told),
            "ansible_python_interpreter": str(ENVIRONMENT / "bin" / "python"),
        }
        book = self.folder / "book.yml"
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": given, "tasks": TASKS}
        book.write_text(json.dumps([play]), encoding="utf-8")
        seen = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": f"{PLACED}:{ENVIRONMENT / 'collections'}",
        }  # fmt: skip
        done = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-m", "ansible", "playbook", "-i", "localhost,", book],
            env=seen, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120 * slowness(),
        )
        assert told.exists(), done.stdout + done.stderr
        document: Answer = json.loads(told.read_text(encoding="utf-8"))
        return document


def _ready(log: Path) -> re.Match[str] | None:
    """The line of LOG that names the port of the server, once it listens."""
    return re.search(r"^ready (\d+)$", log.read_text(errors="replace"), re.MULTILINE)


@pytest.fixture(scope="module", name="cloud")
def _cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Up for the tests of this file."""
    from_ansible.collections(ENVIRONMENT, "openstack/cloud")
    folder = tmp_path_factory.mktemp("neutron")
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [ENVIRONMENT / "bin" / "python", Path(__file__).with_name("serve.py"), folder],
            stdout=output, stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        ) as serving,
    ):
        try:
            wait_until(lambda: serving.poll() is not None or _ready(log) is not None, 120)
            ready = _ready(log)
            assert ready, log.read_text(errors="replace")[-3000:]
            yield Cloud(int(ready[1]), folder)
        finally:
            serving.kill()


@dataclass(frozen=True, slots=True)
class Made:
    """What was made in the cloud, and the document of it."""

    networks: dict[str, Answer]
    refused: Answer
    parent: Answer
    document: Answer

    def guest(self, number: int) -> Answer:
        (found,) = [one for one in self.document["guests"] if one["id"] == SERVERS[number]]
        return found


@pytest.fixture(scope="module", name="made")
def _made(cloud: Cloud) -> Made:
    """Two networks, twins in both of them, a trunk, routers: distributed, and in VRRP."""
    networks = {name: cloud.make("network", name=name) for name in ("a", "b")}
    for number, network in enumerate(networks.values()):
        cloud.make("subnet", network_id=network["id"], cidr=f"10.0.{number}.0/24", ip_version=4)

    def port(network: str, server: int | None = None, **more: Any) -> Answer:
        bound = {} if server is None else {"device_id": SERVERS[server], "device_owner": "compute:nova"}
        return cloud.make("port", network_id=networks[network]["id"], **bound, **more)

    pairs = [{"ip_address": "10.0.0.100", "mac_address": VIRTUAL}, {"ip_address": "10.0.0.101"}]
    port("a", 0, mac_address=TWIN, allowed_address_pairs=pairs, **{"binding:host_id": "compute1"})
    refused = port("a", 1, mac_address=TWIN)
    port("b", 1, mac_address=TWIN, **{"binding:host_id": "compute2"})
    parent = port("a", 2)
    subports = [port("b", mac_address=parent["mac_address"]), port("b")]
    told = [
        {"port_id": one["id"], "segmentation_type": "vlan", "segmentation_id": 7 + number}
        for number, one in enumerate(subports)
    ]
    cloud.make("trunk", port_id=parent["id"], sub_ports=told)
    for distributed, with_vrrp in ((True, False), (False, True)):
        router = cloud.make("router", distributed=distributed, ha=with_vrrp)
        inside = {"port_id": port("a")["id"]}
        cloud.ask(f"routers/{router['id']}/add_router_interface", inside, "PUT")
    port("b", device_owner="network:router_ha_interface", device_id="11111111-0000-4000-8000-000000000000")
    port("b", device_owner="network:dhcp", device_id="dhcp-of-b")
    return Made(networks, refused, parent, cloud.document())


def test_neutron_refuses_a_mac_twice_in_one_network_and_takes_it_in_two(made: Made) -> None:
    assert made.refused["type"] == "MacAddressInUse"
    (finding,) = mac_collisions([], documents=[made.document])["findings"]
    assert (finding["mac"], finding["status"], finding["rule"]) == (TWIN, "latent", "segment_not_proven"), finding
    assert {owner["node"] for owner in finding["owners"]} == {"compute1", "compute2"}


def test_a_server_is_told_with_its_network_vlan_and_allowed_macs(made: Made) -> None:
    guest = made.guest(0)
    (nic,) = guest["nics"]
    network = made.networks["a"]
    assert (guest["state"], guest["node"], guest["product_uuid"]) == ("ACTIVE", "compute1", SERVERS[0])
    assert nic["allowed_macs"] == [VIRTUAL] and nic["addresses"][0].startswith("10.0.0.")
    told = {"id": network["id"], "name": "a", "vlan": network["provider:segmentation_id"]}
    assert nic["network"] == told and 100 <= told["vlan"] <= 200


def test_subports_of_a_trunk_are_nics_of_its_server(made: Made) -> None:
    macs = [nic["mac"] for nic in made.guest(2)["nics"]]
    assert macs[0] == made.parent["mac_address"] and len(macs) == 2, made.document["guests"]
    assert {one["id"] for one in made.document["guests"]} == set(SERVERS)


def test_ports_of_routers_are_left_out_and_counted(made: Made) -> None:
    (gap,) = made.document["gaps"]
    assert gap["reason"].startswith("4 ports of routers"), gap


def test_the_document_keeps_to_its_shape(made: Made) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "snapshot-v1.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(made.document)
