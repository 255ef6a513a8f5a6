"""Filter render_trace: a trace as text or as a page; the work is done in plugin_utils/_trace/_text.py and _html.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: render_trace
short_description: Draw a trace of packets as text for a terminal, or as one HTML page
version_added: 0.1.0
description:
  - V(table) is text with the verdict and a line for each hop. V(html) is a page that needs nothing but itself, with a
    ladder of packets over time, and loss and delay of every hop.
author:
  - netops.layer2 contributors (@netops)
positional: _input, format
options:
  _input:
    description: What P(netops.layer2.correlate_captures#filter) returned.
    type: dict
    required: true
  format:
    description: How to draw it.
    type: str
    choices: [table, html]
    default: table
seealso:
  - plugin: netops.layer2.correlate_captures
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show a trace
  netops.layer2.show_text:
    text: "{{ my_trace | netops.layer2.render_trace }}"
"""

RETURN = r"""
_value:
  description: The text or page.
  type: str
"""

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _html, _text

FORMATS: dict[str, t.Callable[[Mapping[str, t.Any]], str]] = {"table": _text.render, "html": _html.render}
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
        return FORMATS[format](plain(trace))
    except ReportError as error:
        raise AnsibleFilterError(f"render_trace: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"render_trace": draw})
