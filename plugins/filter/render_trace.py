"""Filter render_trace: a trace in any format of reports; the work is done in plugin_utils/_trace/_formats.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: render_trace
short_description: Draw a trace of packets in one of the formats of reports
version_added: 0.1.0
description:
  - Draws a trace in the formats of P(netops.layer2.render_report#filter).
  - Everything that came from the network is escaped in the way of each format.
author:
  - netops.layer2 contributors (@netops)
positional: _input, format
options:
  _input:
    description: What P(netops.layer2.correlate_captures#filter) returned.
    type: dict
    required: true
  format:
    description:
      - V(table) is text for a terminal, with the verdict and a line for each hop.
      - V(json) is the document itself.
      - V(csv) has a row for the verdict, for each hop, point and pair of MACs, and for what was not seen.
      - V(prometheus) is for the textfile collector of the node exporter.
      - V(html) is a page that needs nothing but itself, with a ladder of packets over time, and loss and delay of every
        hop.
      - V(junit) is JUnit XML for CI servers. A verdict that is not clean is a failure. One that tells nothing of the
        packets, and what was not seen, are errors.
    type: str
    choices: [table, json, csv, prometheus, html, junit]
    default: table
seealso:
  - plugin: netops.layer2.render_report
    plugin_type: filter
  - plugin: netops.layer2.correlate_captures
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show a trace
  netops.layer2.show_text:
    text: "{{ my_trace | netops.layer2.render_trace }}"

- name: Let a CI server show it as a test
  ansible.builtin.copy:
    content: "{{ my_trace | netops.layer2.render_trace('junit') }}"
    dest: trace.junit.xml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The trace in the chosen format.
  type: str
"""

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import FORMATS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._formats import render

KEYS = ("verdict", "summary", "points", "clocks", "ways", "ladder", "gaps")


def draw(trace: object, format: str = "table") -> str:  # noqa: A002 - the option's public name
    """Check the types, draw."""
    if not isinstance(trace, Mapping) or trace.get("schema") != "netops.layer2/trace":
        raise AnsibleFilterError("render_trace: no trace; give what correlate_captures returned")
    missing = [key for key in KEYS if key not in trace]
    if missing:
        raise AnsibleFilterError(
            f"render_trace: the trace has no {', '.join(missing)}; give what correlate_captures returned, as it is"
        )
    if format not in FORMATS:
        raise AnsibleFilterError(f"render_trace: format: {format!r} is unknown, use one of {', '.join(FORMATS)}")
    try:
        return render(plain(trace), format)
    except ReportError as error:
        raise AnsibleFilterError(f"render_trace: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"render_trace": draw})
