"""Filter flooding_causes: explain unknown unicast floods, sampled and waiting; the work is done in
plugin_utils/_flooding/_flooding.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: flooding_causes
short_description: Explain why switches flood unicast frames, and where they would
version_added: 0.1.0
description:
  - Puts the snapshots of all hosts and the flood samples together, and says for each flooded pair of sender and
    destination who they are, which way the reply goes and which way the request came, why the switches do not know the
    destination, and what ends it.
  - The cause is one of V(asymmetric_return), V(ageing_mismatch), V(learning_off), V(silent_destination),
    V(table_overflow), V(topology_change), V(duplicate_mac) and V(unknown); docs/flooding.md describes each. Several
    receivers of one flood are one finding.
  - Finds the V(latent) cases, too, for which no sample is needed. These are real servers whose replies from a virtual
    IP would go on-link, as the kernel's own C(ip route get CLIENT from VIP) decides, or would do so after an ICMP
    redirect or a loss of link.
  - Broken or hostile data of one host is quarantined and named in the coverage; the others are still judged.
author:
  - netops.layer2 contributors (@netops)
positional: _input, samples
extends_documentation_fragment:
  - netops.layer2.fleet
  - netops.layer2.fleet.verdict
  - netops.layer2.fleet.switches
options:
  samples:
    description:
      - C(hostvars) after M(netops.layer2.flood_sample) ran, a list of flood samples (JSON texts or documents), or the
        directory of a C(jsonfile) fact cache. If it is left out, the samples are taken from where the snapshots are.
    type: raw
  least_share:
    description: Pairs whose share of what each receiver got is smaller are only counted. A share from 0 to 1.
    type: float
    default: 0.01
notes:
  - Gather the subsets V(rules), V(routes), V(sysctls), V(bridges) and V(fdb), which the verdict goes by. What was not
    read is named.
seealso:
  - plugin: netops.layer2.ageing_mismatches
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Explain what was sampled, and find what waits to happen
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | netops.layer2.flooding_causes(hosts=groups['all'], switches=known_switches) }}"
  vars:
    known_switches:
      core1: {platform: ios, addresses: [192.0.2.1]}
      access switches: {mac: 300}

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ verdict.findings | map(attribute='reason') }}"
"""

RETURN = r"""
_value:
  description: The verdict; docs/flooding.md and docs/schemas/flood-verdict-v1.json describe every key.
  type: dict
  contains:
    summary:
      description: How many findings have which cause and status, how many receivers there are, and the most that one of
        them gets.
      type: dict
      sample: {asymmetric_return: 1, flooding: 1, latent: 0, receivers: 3, bits_per_second: 940000000, hosts_judged: 12}
    findings:
      description: The findings, biggest flood first, each with cause, source, destination, receivers, route, ageing,
        evidence, fix and cure.
      type: list
      elements: dict
    coverage:
      description: Who was judged and sampled, who is missing and why, what could not be read or told, what was
        quarantined.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import (
    ArgumentError,
    read_hosts,
    read_share,
    read_unreachable,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import SwitchFactsError, read_switches
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import LEAST_SHARE, flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions


def judge(
    data: object,
    samples: object = None,
    hosts: object = None,
    unreachable: object = None,
    exceptions: object = None,
    switches: object = None,
    least_share: object = LEAST_SHARE,
) -> dict[str, t.Any]:
    """Check the types, call the core, translate its errors."""
    try:
        return flooding_causes(
            data,
            samples,
            read_hosts(hosts),
            read_unreachable(unreachable),
            read_exceptions(exceptions),
            read_switches(switches),
            read_share("least_share", least_share),
        )
    except (ArgumentError, SnapshotError, ExceptionError, SwitchFactsError) as error:
        raise AnsibleFilterError(f"flooding_causes: {to_native(error)}") from error
    except ImportError as error:
        raise AnsibleFilterError(
            f"flooding_causes: exceptions need the Python library jmespath: {to_native(error)}"
        ) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"flooding_causes": judge})
