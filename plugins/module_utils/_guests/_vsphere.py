"""A vCenter's or an ESXi host's guests through pyvmomi: one call an object type, made into a manager's document."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources of what is read: vSphere Web Services API, VirtualMachineConfigInfo (uuid may repeat, instanceUuid does not),
# VirtualEthernetCard (addressType), HostPortGroup, DVPortgroupConfigInfo, RetrievePropertiesEx (pages). Names of
# devices: govc's,
# object.VirtualDeviceList.Name of govmomi.

import re
import socket
import ssl
from importlib import import_module
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Gap, Record, gap
from ansible_collections.netops.layer2.plugins.module_utils._guests._vmware import VMWARE
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

_PAGE = 500  # objects an answer
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_SOURCES = ("manual", "assigned", "generated")  # VirtualEthernetCardMacType
_FIRST_UNIT = 7  # unitNumber of a VM's first network card
_VM = ("name", "config.instanceUuid", "config.uuid", "config.template", "config.hardware.device", "runtime.host",
       "runtime.powerState")
_HOST = ("name", "config.network.portgroup")
_PORT_GROUP = ("name", "key", "config.distributedVirtualSwitch", "config.defaultPortConfig")

Properties = Dict[str, Any]
# Each object's properties by the id of the object; one that the user may not see lacks some.
Inventory = NamedTuple(
    "Inventory",
    [
        ("manager", str),
        ("vms", Dict[str, Properties]),
        ("hosts", Dict[str, Properties]),
        ("groups", Dict[str, Properties]),
        ("switches", Dict[str, Properties]),
    ],
)
Login = NamedTuple("Login", [
    ("host", str), ("port", int), ("user", str), ("password", str), ("validate", bool), ("authorities", Optional[str]),
    ("timeout", float)])


class VsphereError(Exception):
    """The manager could not be asked; the message says why, and what helps."""


def fetch(login: Login) -> Inventory:
    """What the manager of LOGIN tells, in four calls (and one for each further page); VsphereError where it cannot be
    asked.
    """
    try:
        connect, types = import_module("pyVim.connect"), import_module("pyVmomi")
    except ImportError as error:
        raise VsphereError("pyvmomi is missing where this task runs (%s): pip install pyvmomi" % error) from error
    vim, vmodl = types.vim, types.vmodl
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(login.timeout)  # SmartConnect of older versions takes none
    try:
        return _fetch(login, connect, vim, vmodl)
    except vim.fault.InvalidLogin as error:
        raise VsphereError(
            "%s refuses user %s: name and password are wrong" % (login.host, shortened(login.user, 80))
        ) from error
    except ssl.SSLError as error:
        raise VsphereError(
            "%s: its certificate is not accepted (%s): name its authority in ca_path" % (login.host, error)
        ) from error
    except (vmodl.MethodFault, vmodl.RuntimeFault) as error:
        raise VsphereError(
            "%s: %s" % (login.host, shortened(getattr(error, "msg", None) or type(error).__name__, 200))
        ) from error
    except Exception as error:  # pyvmomi hands on what http.client, expat and ssl raise
        raise VsphereError(
            "%s:%d cannot be asked: %s" % (login.host, login.port, shortened(str(error), 200))
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _fetch(login: Login, connect: Any, vim: Any, vmodl: Any) -> Inventory:
    service = connect.SmartConnect(
        host=login.host, port=login.port, user=login.user, pwd=login.password, sslContext=_context(login)
    )
    try:
        content = service.RetrieveContent()
        found = [_collect(content, vim, vmodl, kind, wanted) for kind, wanted in (
            (vim.VirtualMachine, _VM), (vim.HostSystem, _HOST), (vim.dvs.DistributedVirtualPortgroup, _PORT_GROUP),
            (vim.DistributedVirtualSwitch, ("name",)))]
        return Inventory(content.about.instanceUuid or login.host, *found)
    finally:
        connect.Disconnect(service)


def _context(login: Login) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=login.authorities)
    if not login.validate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _collect(content: Any, vim: Any, vmodl: Any, kind: Any, wanted: Tuple[str, ...]) -> Dict[str, Properties]:
    """The WANTED properties of all objects of KIND, by their ids."""
    collector, spec = content.propertyCollector, vmodl.query.PropertyCollector
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    try:
        walk = spec.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
        asked = spec.FilterSpec(
            objectSet=[spec.ObjectSpec(obj=view, skip=True, selectSet=[walk])],
            propSet=[spec.PropertySpec(type=kind, pathSet=list(wanted), all=False)])
        found: Dict[str, Properties] = {}
        page = collector.RetrievePropertiesEx([asked], spec.RetrieveOptions(maxObjects=_PAGE))
        while page:
            for one in page.objects:
                found[one.obj._GetMoId()] = {each.name: each.val for each in one.propSet}
            page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        return found
    finally:
        view.DestroyView()


def guests(inventory: Inventory) -> Tuple[List[Record], List[Gap]]:
    """The guests of INVENTORY as docs/snapshot.md has them, and what of them could not be read."""
    found: List[Record] = []
    gaps: List[Gap] = []
    for known, vm in inventory.vms.items():
        name = str(vm.get("name") or known)
        if "config.hardware.device" not in vm:
            gaps.append(
                gap(
                    "VM %s: its configuration could not be read (it is inaccessible, or the user may not see it)"
                    % shortened(name, 80),
                    "give the user the role Read-only on it",
                    known,
                )
            )
            continue
        found.append(_guest(inventory, known, name, vm, gaps))
    return found, gaps


def _guest(inventory: Inventory, known: str, name: str, vm: Properties, gaps: List[Gap]) -> Record:
    state = str(vm.get("runtime.powerState") or "unknown")
    guest: Record = {
        "name": name, "hypervisor": VMWARE.name, "id": str(vm.get("config.instanceUuid") or known),
        "manager": inventory.manager, "kind": "vm", "state": state if state in VMWARE.states else "unknown"}
    uuid = str(vm.get("config.uuid") or "").lower()
    if _UUID.match(uuid):
        guest["product_uuid"] = uuid
    if vm.get("config.template"):
        guest["template"] = True
    host = vm["runtime.host"]._GetMoId() if vm.get("runtime.host") else ""
    if inventory.hosts.get(host, {}).get("name"):
        guest["node"] = str(inventory.hosts[host]["name"])
    guest["nics"] = list(_nics(inventory, host, name, vm, gaps))
    return guest


def _nics(inventory: Inventory, host: str, name: str, vm: Properties, gaps: List[Gap]) -> Iterator[Record]:
    runs = vm.get("runtime.powerState") == "poweredOn"
    for card in vm["config.hardware.device"]:
        if not (hasattr(card, "macAddress") and hasattr(card, "addressType")):
            continue  # no network card
        alias = "ethernet-%d" % (card.unitNumber - _FIRST_UNIT) if card.unitNumber is not None else "ethernet"
        try:
            mac = canonical(card.macAddress or "")
        except MacError as error:
            if card.macAddress:
                gaps.append(gap("VM %s, %s: %s" % (shortened(name, 80), alias, error), item=shortened(name, 80)))
            continue  # a card that was never started has none yet
        yield _nic(card, alias, mac, runs, _network(inventory, host, card.backing))


def _nic(card: Any, alias: str, mac: str, runs: bool, network: Record) -> Record:
    plug = card.connectable
    plugged = plug is None or plug.connected or (plug.startConnected and not runs)
    nic: Record = {"mac": mac, "alias": alias, "type": "network", "link": "up" if plugged else "down"}
    if card.addressType in _SOURCES:
        nic["mac_source"] = card.addressType
    if network:
        nic["network"] = network
    return nic


def _network(inventory: Inventory, host: str, backing: Any) -> Record:
    """What a card hangs on. Its id only where all that hang on it are in one broadcast domain."""
    if hasattr(backing, "port"):  # VirtualEthernetCardDistributedVirtualPortBackingInfo
        return _distributed(inventory, backing.port.portgroupKey)
    if hasattr(backing, "opaqueNetworkId"):
        return {"id": str(backing.opaqueNetworkId)}
    return _standard(inventory, host, getattr(backing, "deviceName", None) or "")


def _distributed(inventory: Inventory, key: Any) -> Record:
    group = next((one for one in inventory.groups.values() if one.get("key") == key), {})
    network: Record = {"id": str(key)} if key else {}
    if group.get("name"):
        network["name"] = str(group["name"])
    switch = group.get("config.distributedVirtualSwitch")
    named = inventory.switches.get(switch._GetMoId(), {}).get("name") if switch is not None else None
    if named:
        network["switch"] = str(named)
    vlan = getattr(group.get("config.defaultPortConfig"), "vlan", None)
    number = getattr(vlan, "vlanId", None)
    if isinstance(number, int):
        network["vlan"] = number
    elif vlan is not None:
        network.pop("id", None)  # a trunk carries several domains; ports of a private VLAN may not hear each other
    return network


def _standard(inventory: Inventory, host: str, name: str) -> Record:
    """A port group of a standard switch: one of the same name on another host may be another network."""
    network: Record = {"name": name} if name else {}
    for group in inventory.hosts.get(host, {}).get("config.network.portgroup") or ():
        if group.spec.name == name:
            network.update(id="%s/%s" % (host, name), switch=str(group.spec.vswitchName))
            if 0 <= group.spec.vlanId < 4095:
                network["vlan"] = int(group.spec.vlanId)
            else:
                del network["id"]  # 4095: all VLANs, tagged
    return network
