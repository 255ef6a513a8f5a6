"""A manager's document out of OpenStack's ports, as openstack.cloud.port_info returns them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources: Networking API v2.0, ports (device_owner, binding:host_id, allowed_address_pairs, trunk_details);
# openstacksdk, network/v2/port.py (its own names for those with a colon); neutron, services/trunk/rules.py: a
# trunk's subport has no device_id, its parent's trunk_details name it. A server's UUID is what its DMI shows:
# nova, virt/libvirt/driver.py, _get_guest_config_sysinfo.

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._guests._openstack import OPENSTACK
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION
from ansible_collections.netops.layer2.plugins.plugin_utils._collected import collected
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

Document = dict[str, t.Any]
_MOST_DAMAGED = 20
_SUBPORT = "trunk:subport"
_UNBOUND = "STOPPED"  # a port that no server has is on no wire


class OpenstackError(ValueError):
    """What was given is no list of ports; the message says what it should be."""


def snapshot_from_openstack(
    ports: object, host: object, servers: object = None, networks: object = None, collected_at: object = None
) -> Document:
    """The document (docs/snapshot.md) of PORTS that the cloud HOST has: a list, or a result with ``ports``.

    SERVERS and NETWORKS: the same of server_info and networks_info, for names, states and VLANs; without servers nobody
    knows whether one runs. Ports of routers, DHCP and floating addresses are left out, since nodes tell of them in
    their namespaces.
    COLLECTED_AT: Unix time.
    """
    if not isinstance(host, str) or not host.strip() or len(host) > 255:
        raise OpenstackError("snapshot_from_openstack: host must be a name of the cloud")
    try:
        when = collected(collected_at)
    except ValueError as error:
        raise OpenstackError(f"snapshot_from_openstack: {error}") from None
    making = _Making(host, _by_id(servers, "servers"), _by_id(networks, "networks"))
    making.take(_listed(ports, "ports"))
    document: Document = {
        "schema": SCHEMA,
        "version": VERSION,
        "host": str(host),
        "collector": COLLECTOR,
        "source": "manager",
    }
    if when is not None:
        document["collected_at"] = when
    return {**document, "guests": list(making.guests.values()), "observed": ["guests"], "gaps": list(making.gaps())}


def _listed(given: object, name: str) -> list[object]:
    found = given.get(name) if isinstance(given, Mapping) else given
    if isinstance(found, (str, bytes, Mapping)) or not isinstance(found, Iterable):
        raise OpenstackError(
            f"snapshot_from_openstack: needs a list of {name}, or a result that holds one, not {type_name(given)}"
        )
    return list(found)


def _by_id(given: object, name: str) -> dict[str, Document]:
    return {} if given is None else {_text(item, "id"): item for item in objects_in(_listed(given, name))}


def _parents(ports: list[object]) -> Iterator[tuple[str, Document]]:
    """(id of a subport, the port that is its trunk's parent)."""
    for port in objects_in(ports):
        details = port.get("trunk_details")
        for subport in objects_in(details.get("sub_ports")) if isinstance(details, dict) else ():
            if _text(subport, "port_id"):
                yield _text(subport, "port_id"), port


def _text(item: Mapping[str, t.Any], *names: str) -> str:
    """The first text among the fields NAMES of ITEM: the API and its library spell some differently."""
    return next((str(item[name]) for name in names if isinstance(item.get(name), str)), "")


class _Making:
    """One document in the making: servers by their ids."""

    def __init__(self, host: str, servers: dict[str, Document], networks: dict[str, Document]) -> None:
        self._host, self._servers, self._networks = host, servers, networks
        self.guests: dict[str, Document] = {}
        self._broken: list[str] = []
        self._services = self._lone_subports = 0

    def take(self, ports: list[object]) -> None:
        """Enter PORTS; a trunk's subports come last, since most have the MAC of their parent on purpose."""
        for item in ports:
            if not isinstance(item, dict):
                self._broken.append(f"{type_name(item)} instead of a port")
        parents = dict(_parents(ports))
        subports = []
        for port in objects_in(ports):
            if _text(port, "device_owner").startswith("network:"):
                self._services += 1
            elif _text(port, "id") in parents or _text(port, "device_owner") == _SUBPORT:
                subports.append(port)
            else:
                self._enter(port)
        for port in subports:
            self._enter(port, parents.get(_text(port, "id"), {}), is_subport=True)

    def _enter(self, port: Document, parent: Document | None = None, is_subport: bool = False) -> None:
        """Enter one port; a subport is of the server that its PARENT is of, empty where nobody tells which that is."""
        known = _text(port, "id")
        try:
            mac = canonical(_text(port, "mac_address"))
        except MacError as error:
            self._broken.append(f"port {shortened(known, 60)}: {shortened(str(error), 80)}")
            return
        if not known:
            self._broken.append(f"a port with {mac} has no id")
            return
        owner = parent or port
        device, named = _text(owner, "device_id"), _text(owner, "id")
        guest = self.guests.setdefault(device or named, self._guest(owner, device, named))
        is_lone = is_subport and not parent
        self._lone_subports += is_lone
        if is_lone and not device:
            guest["state"] = "unknown"
        if not (is_subport and any(nic["mac"] == mac for nic in guest["nics"])):
            guest["nics"].append(self._nic(port, known, mac))

    def _guest(self, port: Document, device: str, known: str) -> Document:
        server = self._servers.get(device, {})
        status = _text(server, "status")
        guest: Document = {
            "name": _text(server, "name") or _text(port, "name") or device or known,
            "hypervisor": OPENSTACK.name,
            "id": device or known,
            "manager": self._host,
            "state": (status if status in OPENSTACK.states else "unknown") if device else _UNBOUND,
            "nics": [],
        }
        node = _text(port, "binding_host_id", "binding:host_id")
        return {
            **guest,
            **({"node": node} if node else {}),
            **({"product_uuid": device.lower()} if _is_uuid(device) else {}),
        }

    def _nic(self, port: Document, known: str, mac: str) -> Document:
        nic: Document = {"mac": mac, "alias": known, "type": "network"}
        admin = port.get("is_admin_state_up", port.get("admin_state_up"))
        if admin is False:
            nic["link"] = "down"
        addresses = [
            _text(entry, "ip_address") for entry in objects_in(port.get("fixed_ips")) if _text(entry, "ip_address")
        ]
        allowed = sorted(set(self._allowed(port, known)) - {mac})
        network = self._network(_text(port, "network_id"))
        return {
            **nic,
            **({"addresses": addresses} if addresses else {}),
            **({"allowed_macs": allowed} if allowed else {}),
            **({"network": network} if network else {}),
        }

    def _allowed(self, port: Document, known: str) -> Iterator[str]:
        for pair in objects_in(port.get("allowed_address_pairs")):
            if pair.get("mac_address"):
                try:
                    yield canonical(_text(pair, "mac_address"))
                except MacError as error:
                    self._broken.append(
                        f"port {shortened(known, 60)}, allowed_address_pairs: {shortened(str(error), 80)}"
                    )

    def _network(self, known: str) -> Document:
        """A network of Neutron is one broadcast domain."""
        network = self._networks.get(known, {})
        vlan = network.get("provider_segmentation_id", network.get("provider:segmentation_id"))
        kind = _text(network, "provider_network_type", "provider:network_type")
        found = {name: text for name, text in (("id", known), ("name", _text(network, "name"))) if text}
        return {**found, "vlan": vlan} if kind == "vlan" and isinstance(vlan, int) and 0 <= vlan < 4096 else found

    def gaps(self) -> Iterator[dict[str, str]]:
        """What was left out, in words."""
        shown = self._broken[:_MOST_DAMAGED]
        if len(self._broken) > len(shown):
            shown.append(f"and {len(self._broken) - len(shown)} more")
        yield from ({"subset": "guests", "reason": f"not used: {words}"} for words in shown)
        if self._lone_subports:
            yield {
                "subset": "guests",
                "reason": f"whose {self._lone_subports} subports of trunks are is unknown: their parents are not told",
                "hint": "List the ports of all projects, as a user who may read trunk_details",
            }
        if self._services:
            yield {
                "subset": "guests",
                "reason": f"{self._services} ports of routers, DHCP and floating addresses were left out",
                "hint": "Gather the network nodes: they tell of them in their namespaces",
            }


def _is_uuid(text: str) -> bool:
    return (
        len(text) == 36
        and [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
        and not set(text.lower()) - set("0123456789abcdef-")
    )
