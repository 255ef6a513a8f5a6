"""The filter report_document: a verdict and its circumstances become one report document."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_document
short_description: Put a verdict and its circumstances into one report document
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Takes what P(netops.layer2.mac_collisions#filter) or P(netops.layer2.flooding_causes#filter) returned and adds
    when, by which version, for which hosts it was made.
  - The document is what P(netops.layer2.render_report#filter) draws in every format, and what it writes as JSON.
positional: _input
options:
  _input:
    description: The verdict, as a dictionary or as its JSON text.
    type: raw
    required: true
  target:
    description: The host pattern that was asked for.
    type: str
    default: ''
  limit:
    description: The C(--limit) of the run, if there was one.
    type: str
    default: ''
  not_asked:
    description: Hosts of the pattern that the run left out (by C(--limit)).
    type: list
    elements: str
    default: []
  notes:
    description: Remarks by host name that the reader has to know, such as a refused privilege escalation.
    type: dict
    default: {}
  unreachable:
    description:
      - Why hosts gave no snapshot this time, by host name. One that was judged all the same, by a snapshot of an earlier run in the
        fact cache, gets a note that says so.
    type: dict
    default: {}
  machines:
    description: Who answered scans, as P(netops.layer2.scanned_machines#filter) returned it. Those that nobody claims are a section of the report.
    type: dict
  created:
    description: The time of the report as C(2026-11-21T03:12:45Z). The default is now.
    type: str
seealso:
  - plugin: netops.layer2.render_report
    plugin_type: filter
  - plugin: netops.layer2.compare_reports
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Judge, and keep the report
  ansible.builtin.set_fact:
    my_report: "{{ hostvars | netops.layer2.mac_collisions | netops.layer2.report_document(target='all') }}"

- name: Show it
  netops.layer2.show_text:
    text: "{{ my_report | netops.layer2.render_report('table') }}"
"""

RETURN = r"""
_value:
  description: The report document; its JSON Schema is C(docs/schemas/report-v1.json) of the collection.
  type: dict
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import unstamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import document
from ansible_collections.netops.layer2.plugins.plugin_utils._report._version import collection_version


def report_document(
    verdict: object, target: str = "", limit: str = "", not_asked: Sequence[str] = (),
    notes: Mapping[str, str] | None = None, unreachable: Mapping[str, str] | None = None, created: str = "",
    machines: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the report document of VERDICT; errors become filter errors."""
    try:
        made = document(
            _verdict(verdict),
            created=unstamp(str(plain(created)), "created") if created else datetime.now(timezone.utc),
            collection=collection_version(),
            target=plain(target), limit=plain(limit), not_asked=plain(not_asked), notes=plain(notes or {}),
            unreachable=plain(unreachable or {}), machines=plain(machines),
        )
        _formats.check(made)
    except ReportError as error:
        raise AnsibleFilterError(f"report_document: {error}") from error
    return made


def _verdict(verdict: object) -> Mapping[str, Any]:
    """Return the verdict as a plain dictionary."""
    try:
        opened = plain(json.loads(verdict) if isinstance(verdict, str) else verdict)
    except ValueError as error:
        raise error if isinstance(error, ReportError) else ReportError(f"the verdict is no JSON ({error}); give what mac_collisions returns") from None
    if not isinstance(opened, dict):
        raise ReportError("expected the verdict that netops.layer2.mac_collisions returns")
    return opened


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"report_document": report_document})
