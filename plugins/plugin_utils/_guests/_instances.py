"""The commands of Incus' and LXD's clients that set a MAC of an instance's device."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, word

# For a running instance: the daemon takes the old device out and puts the new one in.
PLUGGED_ANEW = (
    "no restart is needed as a rule: the running NIC is unplugged and plugged anew at once, and its addresses go until"
    " they are set again inside, or until {} is restarted (where a profile brings the device: override in place of set)"
)


def device_commands(tool: str, change: Change) -> list[str]:
    """What sets the MAC by client TOOL. ``id`` is NAME or PROJECT_NAME; ``definition`` tells whose the device is."""
    project = change.id.partition("_")[0] if "_" in change.id else ""
    inside = f" --project {word(project, 'PROJECT')}" if project else ""
    verb = "override" if change.definition == "profile" else "set"
    place = f"{word(change.guest, 'INSTANCE')} {word(change.nic, 'DEVICE')}"
    return [f"{tool} config device {verb} {place} hwaddr={change.new}{inside}"]
