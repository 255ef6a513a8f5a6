#!/usr/bin/python
# Module confirmed_change: argument spec, one call of _revert.py, its answer or its refusal.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: confirmed_change
short_description: Have a host undo a change by itself unless it is confirmed
version_added: 0.1.0
description:
  - For a change that may cut the way to the host that it changes. Before it, the host arms the revert, with what is to
    be restored and a deadline. After it, a new connection confirms. If none does, because the controller died, the
    power failed or the change was wrong, the host restores everything by itself.
  - The revert is a small Python program of its own below C(/var/lib/netops-layer2/revert). A systemd timer starts it,
    or a background process where there is no systemd. It also runs at the next boot; with systemd before the network
    comes up, without it when cron starts. Where neither systemd nor cron is there, the warnings of the task say that
    nothing runs at boot.
  - The deadline is counted on the monotonic clock. Setting the host's clock neither delays nor hurries it. Time that
    the host sleeps does not count.
  - One change at a time waits on a host. Another one is refused until the first is confirmed or undone.
  - To confirm, use P(netops.layer2.confirm_reachable#module). It makes sure that the connection is a new one.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  state:
    description:
      - V(armed) arms the revert. Do it before the change. Run again with the same O(id) and O(token), it moves the
        deadline to O(timeout) seconds from then.
      - V(confirmed) keeps the change.
      - V(reverted) undoes the change now, in the foreground.
      - V(query) tells how O(id), or every change that the host knows of, stands.
    type: str
    choices: [armed, confirmed, reverted, query]
    required: true
  id:
    description:
      - Name of the change on its host, up to 64 letters, digits, hyphens and underscores. Required unless
        O(state=query).
      - An id can be used again once its change is settled.
    type: str
  timeout:
    description:
      - Seconds until the host undoes the change by itself, 5 to 86400. Allow for the change, for the new connection and
        for the probes.
    type: float
    default: 120
  token:
    description:
      - Proof of being the run that armed the change. Required to confirm, to undo, and to move the deadline, unless
        O(force=true).
      - For O(state=armed) at least 16 characters. Without it the host makes one and returns it, for everybody who sees
        the result. One that is given is not shown.
      - V(run) has the controller make it, the same for this run, host and O(id), known to nobody else and kept in no
        variable. Where one run makes several changes of one name, V(run:) and a word of small letters and digits tells
        them apart.
    type: str
  restore_files:
    description:
      - Absolute paths of the files that the change may alter, make or delete. What they are at arming is restored, with
        owner, mode, extended attributes, and their not being there.
      - For a symbolic link, the link and the file behind it are restored.
    type: list
    elements: str
    default: []
  restore_commands:
    description:
      - Commands that run after the files are restored, in this order, without a shell.
    type: list
    elements: dict
    default: []
    suboptions:
      argv:
        description: The program and its arguments.
        type: list
        elements: str
        required: true
      at_boot:
        description:
          - Run it also when the revert happens at boot. Then the network is not up and its managers do not run yet,
            and what only the running system knew is gone anyway.
          - For netplan, whose generator has run by then, C(netplan generate).
        type: bool
        default: false
      may_fail:
        description: Its failure does not make the revert a failed one. It is tried once, others three times.
        type: bool
        default: false
      timeout:
        description: Seconds that it may take.
        type: float
        default: 30
  owner:
    description:
      - Who makes the change, as shown to others who are refused meanwhile.
      - Without it, the user and the address that the connection came from.
    type: str
  force:
    description:
      - Confirm or undo without the token. For people who know what became of the run that armed the change.
      - With O(state=confirmed), also gives up a revert that failed, and leaves the host as it is.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Confirming and undoing are. Arming moves the deadline at every run.
notes:
  - Needs root.
  - Backups lie readable by root only, and are deleted once the change is confirmed or undone.
seealso:
  - module: netops.layer2.confirm_reachable
"""

EXAMPLES = r"""
- name: Change an address over the very connection that it carries, and survive a mistake
  block:
    - name: Arm the revert
      netops.layer2.confirmed_change:
        state: armed
        id: new-address
        timeout: 60
        restore_files: [/etc/systemd/network/20-eth0.network]
        restore_commands:
          - argv: [networkctl, reload]
          - argv: [networkctl, reconfigure, eth0]
      register: my_armed

    - name: Change the file
      ansible.builtin.copy:
        src: 20-eth0.network
        dest: /etc/systemd/network/20-eth0.network
        mode: '0644'

    - name: Apply it
      ansible.builtin.command: networkctl reconfigure eth0

    - name: Keep the change if the host can be reached anew
      netops.layer2.confirm_reachable:
        id: new-address
        token: "{{ my_armed.token }}"
        deadline: "{{ my_armed.deadline }}"
        timeout: 45

- name: Have the controller make the token, where one task arms and changes and its answer may get lost
  netops.layer2.interface_mac:
    interface: eth0
    old_mac: 52:54:00:0c:1d:f5
    mac: 52:54:00:8a:31:07
    revert_timeout: 120
    revert_id: new-mac
    revert_token: run
  become: true

- name: Show what waits on the hosts
  netops.layer2.confirmed_change:
    state: query
  become: true
  register: my_changes
"""

RETURN = r"""
state:
  description:
    - V(armed), V(confirmed), V(reverted), V(failed) (something could not be restored), or V(none).
  returned: O(id) is given
  type: str
  sample: armed
id:
  description: The name of the change.
  returned: O(id) is given
  type: str
token:
  description: What confirms the change.
  returned: O(state=armed)
  type: str
owner:
  description: Who armed it.
  returned: O(id) is given
  type: str
since:
  description: When it was armed, UTC.
  returned: O(id) is given
  type: str
  sample: "2026-03-01T12:00:00Z"
deadline:
  description: When the host undoes it by itself, UTC, as the host's clock shows it now.
  returned: O(id) is given
  type: str
  sample: "2026-03-01T12:02:00Z"
remaining:
  description: Seconds until then.
  returned: O(id) is given
  type: float
  sample: 119.6
guard:
  description: What waits for the deadline, V(systemd) or V(process). Empty when nothing does.
  returned: O(id) is given
  type: str
at_boot:
  description: What undoes the change at the next boot, V(systemd) (before the network), V(cron) (after it) or V(none).
  returned: O(id) is given
  type: str
failures:
  description: What could not be restored.
  returned: O(id) is given
  type: list
  elements: dict
  contains:
    what:
      description: The file or the command.
      type: str
    problem:
      description: What went wrong.
      type: str
changes:
  description: The same keys for every change that the host knows of.
  returned: O(state=query) without O(id)
  type: list
  elements: dict
"""

import os
import pwd
import time
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _carry_out

_COMMAND = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "at_boot": {"type": "bool", "default": False},
    "may_fail": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 30},
}
_SPEC = {
    "state": {"type": "str", "choices": ["armed", "confirmed", "reverted", "query"], "required": True},
    "id": {"type": "str"},
    "timeout": {"type": "float", "default": 120},
    "token": {"type": "str", "no_log": True},
    "restore_files": {"type": "list", "elements": "str", "default": []},
    "restore_commands": {"type": "list", "elements": "dict", "default": [], "options": _COMMAND},
    "owner": {"type": "str"},
    "force": {"type": "bool", "default": False},
}


def _name_of(uid: int) -> str:
    """A user's name; the number where no database knows it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "uid %d" % uid


def _owner() -> str:
    """The user, and where the connection came from (sshd(8) sets SSH_CONNECTION; sudo(8) may drop it, and sets
    SUDO_USER).
    """
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or _name_of(os.getuid())
    client = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    return "%s from %s" % (user, client) if client else user


def _change(params: Dict[str, Any]) -> _revert.Change:
    commands = [
        _revert.Command(item["argv"], item["at_boot"], item["may_fail"], item["timeout"])
        for item in params["restore_commands"]
    ]
    return _revert.Change(
        params["id"], params["timeout"], params["restore_files"], commands, params["owner"] or _owner(), params["token"]
    )


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment else ""


def _shown(status: _revert.Status) -> Dict[str, Any]:
    """A status as the task returns it."""
    shown = dict(status._asdict(), since=_iso(status.since), deadline=_iso(status.deadline))
    for name in ("changed", "warnings"):
        del shown[name]
    if status.token is None:
        del shown["token"]
    return shown


def _settle(params: Dict[str, Any]) -> _revert.Status:
    if params["state"] == "confirmed":
        kept = _revert.confirm(params["id"], params["token"], params["force"])
        _carry_out.drop_old_backups()
        return kept
    return _revert.revert(params["id"], params["token"], params["force"])


def _foreseen(params: Dict[str, Any], before: _revert.Status) -> _revert.Status:
    """What the run would return, found out without touching anything."""
    if params["state"] == "armed":
        _revert.check_arm(_change(params))
        return before._replace(state="armed", changed=True)
    # In check mode nothing was armed: there may well be nothing to settle.
    waits = before.state in ("armed", "failed")
    return before._replace(state=params["state"] if waits else before.state, changed=waits)


def _act(params: Dict[str, Any], before: _revert.Status, check_mode: bool) -> _revert.Status:
    if params["state"] == "query":
        return before
    if check_mode:
        return _foreseen(params, before)
    return _revert.arm(_change(params)) if params["state"] == "armed" else _settle(params)


def _diff(params: Dict[str, Any], before: _revert.Status, after: _revert.Status) -> Dict[str, Any]:
    wanted: Dict[str, Any] = {"state": after.state}
    if params["state"] == "armed":
        wanted.update(
            restore_files=params["restore_files"],
            restore_commands=[item["argv"] for item in params["restore_commands"]],
        )
    return {"before": {"state": before.state}, "after": wanted, "before_header": after.id, "after_header": after.id}


def main() -> None:
    """Do what the state asks for, and hand over how the change stands."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec=_SPEC,
        required_if=[("state", state, ["id"]) for state in ("armed", "confirmed", "reverted")],
        supports_check_mode=True,
    )
    params = module.params
    try:
        if params["id"] is None:
            module.exit_json(changed=False, changes=[_shown(status) for status in _revert.query_all()])
        before = _revert.query(params["id"])
        after = _act(params, before, module.check_mode)
    except _revert.RevertError as error:
        module.fail_json(msg=str(error), **(_shown(error.status) if error.status else {}))
    for warning in after.warnings:
        module.warn(warning)
    if params["state"] == "reverted" and after.state == "failed":
        module.fail_json(msg="change %s could not be undone completely" % after.id, changed=True, **_shown(after))
    diff = {"diff": _diff(params, before, after)} if after.changed else {}
    module.exit_json(changed=after.changed, **diff, **_shown(after))


if __name__ == "__main__":
    main()
