"""The filter report_summary: the few values of a report that other tools want."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_summary
short_description: Give the counts, the MACs and the failing findings of a report
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - For M(ansible.builtin.set_stats) and for the decision whether a play fails.
positional: _input
options:
  _input:
    description: The report document.
    type: dict
    required: true
  fail_on:
    description: Statuses whose findings are returned as C(failures).
    type: list
    elements: str
    choices: [conflict, suspected, latent, shared, excepted, flooding, probably_one_segment]
    default: []
seealso:
  - plugin: netops.layer2.report_document
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Fail on conflicts
  ansible.builtin.assert:
    that: not (my_report | netops.layer2.report_summary(fail_on=['conflict'])).failures
"""

RETURN = r"""
_value:
  description: The values.
  type: dict
  contains:
    counts:
      description: The numbers of the verdict's summary.
      type: dict
      sample: {"conflict": 1, "latent": 0, "hosts_judged": 6}
    macs:
      description: MAC addresses by status, at most 500 of each.
      type: dict
      sample: {"conflict": ["52:54:00:0c:1d:f5"]}
    missing_hosts:
      description: Hosts that were expected and gave no snapshot, at most 500.
      type: list
      elements: str
    cached_hosts:
      description: The oldest 500 hosts that were judged by a snapshot of an earlier run, with its age in seconds.
      type: dict
      sample: {"hv9": 18120}
    oldest_snapshot:
      description: The age of the oldest of these in seconds, 0 without any.
      type: int
    line:
      description: The one line that sums it up.
      type: str
    failures:
      description: One line for each finding whose status is in O(fail_on).
      type: list
      elements: str
    changes:
      description: How many findings are V(new), V(still) there, V(gone) and V(unchecked) since the earlier report, empty if none was compared.
      type: dict
      sample: {"new": 0, "still": 1, "gone": 2, "unchecked": 0}
    compare_error:
      description: Why the earlier report could not be used, empty if there was none or it could.
      type: str
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats


def report_summary(document: object, fail_on: Sequence[str] = ()) -> dict[str, Any]:
    """Return the summary of DOCUMENT; errors become filter errors."""
    try:
        return _formats.summary(plain(document), plain(fail_on))
    except ReportError as error:
        raise AnsibleFilterError(f"report_summary: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"report_summary": report_summary})
