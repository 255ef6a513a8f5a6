"""Guests for a private libvirtd: a kernel that answers hot-unplugging, and a shell on the serial line to ask what they
see.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil

from . import images
from .private_libvirt import Host
from .system import wait_until

# First process of the guest, in place of the lab's: it runs each line that comes in over the serial port.
INIT = b"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
stty -echo
echo "<ready>"
while read -r line; do eval "$line"; echo "<done>"; done
"""
KERNEL = "<kernel>/run/linux</kernel><initrd>/run/initrd</initrd><cmdline>console=ttyS0 quiet panic=1</cmdline>"
ASK = """
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.settimeout(30)
line.connect(sys.argv[1])
line.sendall(sys.argv[2].encode() + b"\\n")
said = b""
while b"<done>" not in said:
    said += line.recv(4096)
print(said.decode().replace("\\r", "").split("<done>")[0])
"""


def prepare(host: Host) -> None:
    """Kernel and initramfs where guests of HOST find them: the lab's, with an own first process laid over it."""
    built = images.build(images.kernel_recipe())
    shutil.copy(built / "linux", host.root / "run/linux")
    (host.root / "run/initrd").write_bytes((built / "initrd").read_bytes() + archive("init", INIT))


def archive(name: str, content: bytes) -> bytes:
    """A cpio archive (newc) of one executable file; the kernel unpacks several after each other."""
    return _entry(name, content, 0o100755) + _entry("TRAILER!!!", b"", 0)


def _entry(name: str, content: bytes, mode: int) -> bytes:
    path = name.encode() + b"\0"
    head = (
        b"070701"
        + b"".join(b"%08X" % number for number in (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0))
        + path
    )
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def domain(name: str, nics: str, kernel: bool = True, more: str = "") -> str:
    """A guest's definition. Without a kernel its firmware waits for ever, and answers no unplugging."""
    return f"""<domain type='qemu'><name>{name}</name>{more}<memory unit='MiB'>96</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type>{KERNEL if kernel else ""}</os><features><acpi/></features><devices>
<emulator>/usr/bin/qemu-system-x86_64</emulator>{nics}
<serial type='unix'><source mode='bind' path='/run/{name}.sock'/><log file='/run/{name}.log'/></serial>
<memballoon model='none'/></devices></domain>"""


def start(host: Host, name: str) -> None:
    """Start the guest and wait until it listens."""
    (host.root / f"run/{name}.log").write_text("")
    host.virsh("start", name)
    listens(host, name)


def listens(host: Host, name: str, times: int = 1) -> None:
    """Wait until the guest has booted TIMES times since start()."""
    log = host.root / f"run/{name}.log"
    assert wait_until(lambda: log.read_text(errors="replace").count("<ready>") >= times, 90, 0.3), (
        f"{name} does not boot"
    )


def ask(host: Host, name: str, command: str) -> str:
    """What COMMAND prints inside the guest."""
    return host.run("python3", "-c", ASK, f"/run/{name}.sock", command).strip()


def nics(host: Host, name: str) -> dict[str, str]:
    """PCI address -> MAC, as the guest itself sees its NICs."""
    found = ask(host, name, 'for n in /sys/class/net/*/device; do r=$(readlink -f $n/..); p=${r%/virtio*}; '
                            'echo "${p##*/} $(cat ${n%/device}/address)"; done')
    lines = [line.split() for line in found.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2 and line[0].count(":") == 2}
