"""The filter render_report: a report document as table, JSON, CSV, Prometheus textfile, HTML or JUnit XML."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: render_report
short_description: Draw a verdict or a report in one of the formats of reports
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Draws a verdict, as P(netops.layer2.mac_collisions#filter), P(netops.layer2.ip_conflicts#filter) and
    P(netops.layer2.flooding_causes#filter) return it, or a report, as M(netops.layer2.report_fleet) writes it to its
    JSON file.
  - Everything that came from the network is escaped in the way of each format.
positional: _input, format, fail_on
options:
  _input:
    description: The verdict or the report, as a dictionary or as its JSON text.
    type: raw
    required: true
  format:
    description:
      - V(table) is the short text for a terminal.
      - V(json) is the document itself.
      - V(csv) has one row for each finding and owner, and one for each host that is missing or only partly read.
      - V(prometheus) is for the textfile collector of the node exporter.
      - V(html) is one self-contained page that opens offline.
      - V(junit) is JUnit XML for CI servers, with a test case for each finding, unread host and gap.
    type: str
    choices: [table, json, csv, prometheus, html, junit]
    default: table
  fail_on:
    description:
      - Statuses (or the rule V(probably_one_segment)) whose findings are failures in the format V(junit), beside
        conflicts and floods that are heard, which always are. Other formats do not look at it.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
seealso:
  - module: netops.layer2.report_fleet
  - module: netops.layer2.write_report
"""

EXAMPLES = r"""
- name: Keep the findings as CSV
  ansible.builtin.copy:
    content: "{{ hostvars | netops.layer2.mac_collisions | netops.layer2.render_report('csv') }}"
    dest: findings.csv
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The report in the chosen format.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import as_report


def render_report(
    given: object,
    format: str = "table",  # noqa: A002 - the option's public name
    fail_on: object = (),
) -> str:
    """Return the report GIVEN, or that of a verdict, drawn in FORMAT, where FAIL_ON says which findings fail; errors
    become filter errors.
    """
    try:
        return _formats.render(as_report(given), str(format), plain(fail_on))
    except ReportError as error:
        raise AnsibleFilterError(f"render_report: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"render_report": render_report})
