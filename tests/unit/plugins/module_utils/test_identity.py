"""Identity: what files and versions say, and that neither the machine-id nor placeholders leave the host."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _identity
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

from .sample_runner import SampleRunner, denied

MACHINE_ID = "3d1219c7c4c5404aaa1f6d2a48adfda4"
UUID = "4c4c4544-0042-3510-8052-b4c04f4d3532"
HOST = {
    "/proc/sys/kernel/hostname": "hv1\n",
    "/etc/machine-id": MACHINE_ID + "\n",
    "/sys/class/dmi/id/product_uuid": UUID.upper() + "\n",
    "/proc/sys/kernel/random/boot_id": "0b56b7fe-1a66-4f9b-8062-da0659d96402\n",
    "/proc/self/ns/net": "net:[4026531840]",
    "/etc/os-release": 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.3"\n',
    "/sys/class/dmi/id/sys_vendor": "QEMU\n",
}


def read(**changes):
    files = dict(HOST)
    files.update(changes)
    return _identity.read_identity(SampleRunner(files=files, programs=()))


def test_a_virtual_machine():
    identity, gaps = read()
    assert gaps == []
    assert identity["machine_id"] == hashlib.sha256(b"netops.layer2" + MACHINE_ID.encode()).hexdigest()
    assert MACHINE_ID not in str(identity)
    assert {key: identity[key] for key in ("hostname", "product_uuid", "netns", "os", "virtualization")} == {
        "hostname": "hv1", "product_uuid": UUID, "netns": "4026531840", "os": "rocky 9.3", "virtualization": "kvm"}
    assert "container" not in identity and "libvirt" not in identity and "iproute2" not in identity


def test_a_user_who_may_not_read_the_uuid_is_told_the_hint():
    identity, gaps = read(**{"/sys/class/dmi/id/product_uuid": denied("/sys/class/dmi/id/product_uuid")})
    assert "product_uuid" not in identity and identity["boot_id"]
    assert gaps == [
        {
            "subset": "identity",
            "item": "product_uuid",
            "reason": "/sys/class/dmi/id/product_uuid: permission denied",
            "hint": "run the task with `become: true`",
        }
    ]


@pytest.mark.parametrize("uuid", ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
                                  "03000200-0400-0500-0006-000700080009", "Not Specified", ""])
def test_placeholders_identify_nobody(uuid):
    assert "product_uuid" not in read(**{"/sys/class/dmi/id/product_uuid": uuid})[0]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"/run/systemd/container": "systemd-nspawn\n"}, "nspawn"),
        ({"/run/systemd/container": "lxc"}, "lxc"),
        ({"/.dockerenv": ""}, "docker"),
        ({"/run/.containerenv": ""}, "podman"),
        ({"/proc/1/environ": "A=b\0container=lxc\0"}, "lxc"),
    ],
)
def test_inside_a_container_the_uuid_is_another_machines(files, kind):
    identity, gaps = read(**files)
    assert identity["container"] == kind and "product_uuid" not in identity and gaps == []


def test_an_empty_machine_id_is_a_gap():
    identity, gaps = read(**{"/etc/machine-id": "\n"})
    assert (
        "machine_id" not in identity
        and gaps[0]["item"] == "machine_id"
        and "systemd-machine-id-setup" in gaps[0]["hint"]
    )


def test_this_machine():
    identity, _gaps = _identity.read_identity(Runner())
    assert identity["hostname"] and identity["kernel"] and identity["python"]
