#!/usr/bin/python
# Module vmware_guests: argument spec, one reading of a vCenter, one JSON text out.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: vmware_guests
short_description: Read the guests of a vCenter or an ESXi host, as a document to judge
version_added: 0.2.0
description:
  - Reads every VM and template with its network cards, their MAC addresses, who gave these (by hand, by vCenter, by the
    host), port group, VLAN, switch and host, and returns one document that C(report_documents) of the role
    P(netops.layer2.report#role) takes.
  - Asks once for each type of object, whatever their number, and changes nothing. The role Read-only is enough.
  - Runs where it is delegated to, which needs to reach the manager, and pyvmomi.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.actiongroup_all
options:
  hostname:
    description: Name or address of the vCenter or the ESXi host. It names the manager in reports.
    type: str
    required: true
  port:
    description: Its HTTPS port.
    type: int
    default: 443
  username:
    description: A user with the role Read-only.
    type: str
    required: true
  password:
    description: The user's password.
    type: str
    required: true
  validate_certs:
    description: Whether the manager has to prove who it is. Without it, whoever answers gets the password.
    type: bool
    default: true
  ca_path:
    description: A file of certificates (PEM) that sign the manager's; without it those that the system trusts.
    type: path
  timeout:
    description: Seconds that the manager may take for one answer.
    type: float
    default: 60
attributes:
  check_mode:
    support: full
    details:
      - It reads only, so check mode makes no difference.
  diff_mode:
    support: none
    details:
      - It changes nothing.
  idempotent:
    support: full
  platform:
    platforms: posix
    support: full
requirements:
  - pyvmomi (Python library) where the task runs
seealso:
  - plugin: netops.layer2.report
    plugin_type: role
"""

EXAMPLES = r"""
- name: Read the vCenter
  netops.layer2.vmware_guests:
    hostname: vcenter.example.org
    username: layer2@vsphere.local
    password: "{{ vault_vcenter_password }}"
  delegate_to: localhost
  run_once: true
  ignore_errors: true # the report names a manager that could not be read
  register: vcenter

- name: Judge the hosts together with its guests
  ansible.builtin.import_role:
    name: netops.layer2.report
  vars:
    report_documents: ["{{ vcenter }}"]
"""

RETURN = r"""
document:
  description: The document, a JSON text, as the collection's document C(docs/snapshot.md) describes it.
  returned: success
  type: str
summary:
  description: How many guests and NICs were read, and what could not be.
  returned: success
  type: dict
  sample: {guests: 120, nics: 140, gaps: []}
"""

import json
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils._guests import _vsphere
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION

# Options, in the order of _vsphere.Login.
LOGIN = ("hostname", "port", "username", "password", "validate_certs", "ca_path", "timeout")


def main() -> None:
    """Read, and hand over one text."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "hostname": {"type": "str", "required": True},
            "port": {"type": "int", "default": 443},
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 60},
        },
        supports_check_mode=True,
    )
    asked, started = module.params, time.time()
    try:
        found, gaps = _vsphere.guests(_vsphere.fetch(_vsphere.Login(*(asked[name] for name in LOGIN))))
    except _vsphere.VsphereError as error:
        module.fail_json(msg=str(error))
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "host": asked["hostname"],
        "collected_at": started,
        "duration": round(time.time() - started, 3),
        "collector": COLLECTOR,
        "source": "manager",
        "guests": found,
        "observed": ("guests",),
        "gaps": gaps,
    }
    summary = {
        "guests": len(found),
        "nics": sum(len(guest["nics"]) for guest in found),
        "gaps": ["%s: %s" % (one["subset"], one["reason"]) for one in gaps],
    }
    module.exit_json(changed=False, document=json.dumps(document, separators=(",", ":")), summary=summary)


if __name__ == "__main__":
    main()
