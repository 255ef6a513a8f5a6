#!/usr/bin/python
# Module machine_id: one machine-id of a host's own, in the place of a cloned one.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: machine_id
short_description: Give a cloned host a machine-id of its own
version_added: 0.2.0
description:
  - Writes a new random machine-id into C(/etc/machine-id), and makes D-Bus' copy a link to it. The id is made on the
    host and never leaves it.
  - It counts from the next start on. What systemd derives from it, such as the MAC addresses of bridges and bonds,
    changes then, and so may what DHCP gives the host. The restart is left to you.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - A machine-id is confidential, see C(machine-id(5\)).
  idempotent:
    support: partial
    details:
      - Without O(expects) each run writes a new one.
options:
  expects:
    description:
      - Digest of the machine-id that the host is expected to have, as a snapshot's C(identity.machine_id) tells it. A
        host with any other one keeps it.
    type: str
notes:
  - Needs root.
seealso:
  - module: netops.layer2.look_at_plan
"""

EXAMPLES = r"""
- name: Give a clone a machine-id of its own
  netops.layer2.machine_id:
    expects: "{{ (layer2_snapshot | netops.layer2.snapshot_document).identity.machine_id }}"
  become: true
"""

RETURN = r"""
files:
  description: The files that changed, or would.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/dbus/machine-id, /etc/machine-id]
backup:
  description: Copy of the old machine-id, for root only.
  returned: a new one was written
  type: str
  sample: /etc/machine-id.20260102T030405~
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._machine_id import MachineIdError, renew


def main() -> None:
    """Write it, and say where."""
    refuse_writers()
    module = AnsibleModule(argument_spec={"expects": {"type": "str"}}, supports_check_mode=True)
    try:
        outcome = renew(module.params["expects"], module.check_mode)
    except MachineIdError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(outcome["files"]), **outcome)


if __name__ == "__main__":
    main()
