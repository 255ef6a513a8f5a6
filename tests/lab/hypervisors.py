"""Hypervisors and guests: libvirt's settings on a lab host, domain XML, defining and starting."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from . import hosts
from .topology import Guest, Host, Topology

FILES = "/var/lib/layer2-lab"
# A container cannot give libvirt what it uses to fence guests off from each other; the lab's guests need none of it.
QEMU_CONF = (
    'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nnamespaces = []\ncgroup_controllers = []\nremember_owner'
    " = 0\n"
)


def prepare(lab: str, host: Host) -> None:
    """Settings that libvirt needs on a lab host, before it boots."""
    hosts.write(hosts.root(lab, host.name), "etc/libvirt/qemu.conf", QEMU_CONF, 0o600)


def kernel_options(guest: Guest, key: str) -> str:
    """What tests/lab/guest/init reads."""
    options = {"hostname": guest.name, "address": guest.address, "machine_id": guest.machine_id}
    if guest.chatter:
        options.update(chatter=guest.chatter, every=str(guest.every))
    if guest.disk:
        options.update(disk="vda", key=key)
    return " ".join(
        [
            "console=ttyS0",
            "quiet",
            "panic=1",
            "mitigations=off",
            *(f"lab.{name}={value}" for name, value in options.items()),
        ]
    )


def domain_xml(guest: Guest, key: str) -> str:
    """The domain of a guest: direct kernel boot under software emulation, one virtio NIC on a bridge."""
    disk = ""
    if guest.disk:
        source = f'<driver name="qemu" type="raw"/><source file="{FILES}/disk/disk.img"/>'
        disk = f'<disk type="file" device="disk">{source}<target dev="vda" bus="virtio"/><readonly/></disk>'
    return f"""<domain type="qemu">
  <name>{escape(guest.name)}</name>
  <uuid>{guest.uuid}</uuid>
  <memory unit="MiB">{guest.memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <kernel>{FILES}/kernel/linux</kernel>
    <initrd>{FILES}/kernel/initrd</initrd>
    <cmdline>{escape(kernel_options(guest, key))}</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    {disk}
    <interface type="bridge">
      <mac address={quoteattr(guest.mac)}/>
      <source bridge={quoteattr(guest.bridge)}/>
      <model type="virtio"/>
      <rom enabled="no"/>
    </interface>
    <serial type="file"><source path="/var/log/{escape(guest.name)}.log"/></serial>
    <console type="file"><source path="/var/log/{escape(guest.name)}.log"/></console>
    <memballoon model="none"/>
  </devices>
</domain>
"""


def define_and_start(lab: str, topology: Topology, host: Host, key: str) -> None:
    """Define every guest of a hypervisor as 'virsh define' does, then start those that shall run."""
    # One connection and one round trip: virsh alone takes longer than the guests do.
    lines = ["set -e", "for n in $(seq 100); do virsh -q list >/dev/null 2>&1 && break; sleep 0.2; done"]
    for guest in topology.guests_of(host):
        name = f"/etc/libvirt/lab-{guest.name}.xml"
        hosts.write(hosts.root(lab, host.name), name.lstrip("/"), domain_xml(guest, key))
        lines.append(f"virsh -q define {name}; rm {name}")
        if guest.state == "running":
            lines.append(f"virsh -q autostart {guest.name}; virsh -q start {guest.name}")
    hosts.inside(lab, host.name, ["sh", "-c", "\n".join(lines)], timeout=120)
