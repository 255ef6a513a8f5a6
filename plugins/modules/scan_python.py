#!/usr/bin/python
# Module scan_python: a virtual environment with scapy, for arp_scan.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: scan_python
short_description: Put scapy into a virtual environment of its own
version_added: 0.2.0
description:
  - Makes a virtual environment where it is missing, and has pip install what O(requirements) names where it cannot
    import scapy, for M(netops.layer2.arp_scan). Whoever removes the folder has removed all that was installed.
  - pip is held to the digests in O(requirements), installs no dependencies, and builds nothing with what it would have
    to fetch.
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
      - RV(steps) says what is done.
  idempotent:
    support: full
options:
  venv:
    description:
      - The virtual environment. One that belongs to another user, or that others may write to, is refused.
    type: path
    required: true
  requirements:
    description:
      - Requirements as pip reads them, with a version and digests (C(--hash)) of each package.
    type: str
    required: true
  python:
    description:
      - The Python to make it with, which needs the module C(venv) (Debian's package python3-venv).
    type: str
    default: python3
  timeout:
    description:
      - Seconds that one command may take. At most 3600.
    type: float
    default: 300
notes:
  - pip's own settings, and proxies in the environment of the task, count as ever.
seealso:
  - module: netops.layer2.arp_scan
"""

EXAMPLES = r"""
- name: Have a Python with scapy
  netops.layer2.scan_python:
    venv: /opt/netops.layer2/scan
    requirements: "{{ lookup('ansible.builtin.file', 'scapy.txt') }}"
  become: true
"""

RETURN = r"""
python:
  description: The Python of the virtual environment, for O(netops.layer2.arp_scan#module:scapy_python).
  returned: success
  type: str
  sample: /opt/netops.layer2/scan/bin/python
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: [made /opt/netops.layer2/scan, installed scapy]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._scan_python import provide

_LONGEST = 3600  # seconds


def main() -> None:
    """Make it, fill it, and say what was done."""
    leave_working_directory()
    refuse_writers()
    spec = {
        "venv": {"type": "path", "required": True},
        "requirements": {"type": "str", "required": True},
        "python": {"type": "str", "default": "python3"},
        "timeout": {"type": "float", "default": 300},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    params = module.params
    if not 1 <= params["timeout"] <= _LONGEST:  # not a number, either
        module.fail_json(msg="timeout: %g is not between 1 and %d" % (params["timeout"], _LONGEST))
    runner = Runner(params["timeout"])
    try:
        outcome = provide(params["python"], params["venv"], params["requirements"], module.check_mode, runner)
    except ReadError as error:
        module.fail_json(msg="%s; %s" % (error.reason, error.hint) if error.hint else error.reason)
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename or params["venv"], error.strerror))
    module.exit_json(changed=bool(outcome["steps"]), **outcome)


if __name__ == "__main__":
    main()
