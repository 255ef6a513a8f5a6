"""Who this host is: name, machine-id digest, product UUID, boot, container, virtualisation, versions."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._address_managers import read_address_managers
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

_MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_PRODUCT_UUID_FILES = ("/sys/class/dmi/id/product_uuid", "/sys/hypervisor/uuid", "/proc/device-tree/vm,uuid")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
# Boards whose maker did not fill it in all carry the same UUID; such a value identifies nobody.
_EMPTY_UUIDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "03000200-0400-0500-0006-000700080009")
# First words of DMI's sys_vendor or product_name, as systemd-detect-virt(1) reads and names them.
_VENDORS = (("QEMU", "kvm"), ("KVM", "kvm"), ("OpenStack", "kvm"), ("KubeVirt", "kvm"), ("Amazon EC2", "amazon"),
            ("VMware", "vmware"), ("VMW", "vmware"), ("innotek", "oracle"), ("VirtualBox", "oracle"), ("Xen", "xen"),
            ("Bochs", "bochs"), ("Parallels", "parallels"), ("BHYVE", "bhyve"), ("Hyper-V", "microsoft"),
            ("Virtual Machine", "microsoft"), ("Google Compute Engine", "google"))


def machine_id_digest(machine_id: str) -> str:
    """SHA-256 in hex of MACHINE_ID with the collection's name before it: comparable, but not the id itself.

    machine-id(5) asks that the id never leaves the host in the clear.
    """
    return hashlib.sha256(("netops.layer2" + machine_id.strip().lower()).encode("utf-8")).hexdigest()


def read_identity(runner: Runner) -> Tuple[Dict[str, Any], List[Dict[str, Any]]]:
    """Return (identity object, gaps). What a host does not have is left out of the object."""
    readers: Tuple[Tuple[str, Callable[[Runner], Any]], ...] = (
        ("hostname", hostname), ("machine_id", _machine_id), ("product_uuid", _product_uuid), ("boot_id", _boot_id),
        ("netns", _netns), ("container", container_kind), ("virtualization", _virtualization), ("system", _system),
        ("address_managers", read_address_managers), ("os", _os),
        ("kernel", _kernel), ("python", _python), ("iproute2", _iproute2), ("libvirt", _libvirt_version),
    )
    identity: Dict[str, Any] = {}
    gaps: List[Dict[str, Any]] = []
    for key, reader in readers:
        try:
            value = reader(runner)
        except ReadError as error:
            gaps.append(_gap(key, error))
            continue
        if value:
            identity[key] = value
    return identity, gaps


def _gap(item: str, error: ReadError) -> Dict[str, Any]:
    gap = {"subset": "identity", "item": item, "reason": error.reason}
    if error.hint:
        gap["hint"] = error.hint
    return gap


def _optional(runner: Runner, path: str, limit: int = 4096) -> str:
    """Text of a file that many hosts do not have; empty where it is missing or unreadable."""
    try:
        return runner.read(path, limit)
    except ReadError:
        return ""


def hostname(runner: Runner) -> str:
    """The kernel's name of this host."""
    return _optional(runner, "/proc/sys/kernel/hostname") or os.uname()[1]


def _machine_id(runner: Runner) -> Optional[str]:
    for path in _MACHINE_ID_FILES:
        text = _optional(runner, path).strip()
        if re.match(r"[0-9a-fA-F]{32}\Z", text):
            return machine_id_digest(text)
    raise ReadError("no machine-id in %s" % " or ".join(_MACHINE_ID_FILES),
                    "run systemd-machine-id-setup, or dbus-uuidgen --ensure, on the host")


def _product_uuid(runner: Runner) -> Optional[str]:
    if container_kind(runner):
        return None  # inside a container the file shows the UUID of the host around it
    for path in _PRODUCT_UUID_FILES:
        if not runner.exists(path):
            continue
        uuid = runner.read(path, 100).strip("\0 \n").lower()
        if _UUID.match(uuid) and uuid not in _EMPTY_UUIDS:
            return uuid
    return None


def _boot_id(runner: Runner) -> Optional[str]:
    return runner.read("/proc/sys/kernel/random/boot_id")


def _netns(runner: Runner) -> Optional[str]:
    return "".join(re.findall(r"\d+", runner.readlink("/proc/self/ns/net")))


def container_kind(runner: Runner) -> Optional[str]:
    """Name of the container manager that this process lives under, None on machines.

    systemd leaves it in /run/systemd/container (its Container Interface), other managers leave marks of their own.
    """
    for path in ("/run/systemd/container", "/run/host/container-manager"):
        name = _optional(runner, path, 64)
        if name:
            return name.replace("systemd-nspawn", "nspawn")
    for path, name in (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"), ("/dev/lxd/sock", "lxd")):
        if runner.exists(path):
            return name
    return _container_of_init(runner)


def _container_of_init(runner: Runner) -> Optional[str]:
    """What pid 1's environment says (`container=lxc`); readable for root only, so silent otherwise."""
    match = re.search(r"(?:\A|\0)container=([a-z0-9-]{1,32})(?:\0|\Z)", _optional(runner, "/proc/1/environ", 1 << 16))
    return match.group(1) if match else None


def _virtualization(runner: Runner) -> Optional[str]:
    xen = _optional(runner, "/sys/hypervisor/type")
    if xen:
        return xen
    for name in ("product_name", "sys_vendor", "board_vendor", "bios_vendor"):
        text = _optional(runner, "/sys/class/dmi/id/" + name)
        for start, kind in _VENDORS:
            if text.startswith(start):
                return kind
    flags = re.search(r"^flags\s*:.*$", _optional(runner, "/proc/cpuinfo"), re.MULTILINE)
    return "unknown" if flags and " hypervisor" in flags.group() else None


def _system(runner: Runner) -> Optional[str]:
    """DMI's vendor and product: they tell one hypervisor with KVM from another. Inside a container they are the host's.
    """
    if container_kind(runner):
        return None
    texts = (_optional(runner, "/sys/class/dmi/id/" + name, 256).strip() for name in ("sys_vendor", "product_name"))
    return shortened(" ".join(text for text in texts if text), 120) or None


def _os(runner: Runner) -> Optional[str]:
    text = _optional(runner, "/etc/os-release") or _optional(runner, "/usr/lib/os-release")
    fields = dict(re.findall(r"^(ID|VERSION_ID)=[\"']?([^\"'\n]*)", text, re.MULTILINE))
    return shortened(" ".join(fields[key] for key in ("ID", "VERSION_ID") if fields.get(key))) or None


def _kernel(runner: Runner) -> Optional[str]:
    return _optional(runner, "/proc/sys/kernel/osrelease") or os.uname()[2]


def _python(_runner: Runner) -> Optional[str]:
    return "%d.%d.%d" % sys.version_info[:3]


def _iproute2(runner: Runner) -> Optional[str]:
    if not runner.find("ip"):
        return None
    match = re.search(r"iproute2-(?:ss)?([\w.-]+)", runner.output(["ip", "-V"]).stdout)
    return match.group(1) if match else None


def _libvirt_version(runner: Runner) -> Optional[str]:
    for program in ("virsh", "libvirtd", "virtqemud"):
        if runner.find(program):
            match = re.search(r"\d+\.\d+\.\d+", runner.output([program, "--version"]).stdout)
            return match.group() if match else None
    return None
