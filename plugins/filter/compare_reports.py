"""The filter compare_reports: what is new, still there or gone since an earlier report."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: compare_reports
short_description: Compare a report with an earlier one
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Compares by the C(id) of each finding, which stays the same as long as MAC and owners do.
  - Findings that are legitimate (V(shared)) or excepted by the operator are not compared.
  - A finding that is not there any more counts as gone only if all its hosts were judged this time;
    otherwise it is listed as unchecked.
  - Takes reports on floods as well. A flood is gone if every interface that received it listened again and got nothing of it, or less than the verdict
    lists. One that waited to happen and is heard now is still there, and so is one that was heard and waits now.
positional: _input, earlier
options:
  _input:
    description: The report document of now.
    type: dict
    required: true
  earlier:
    description:
      - The path of the earlier JSON report on the controller, or the document itself.
    type: raw
    required: true
  strict:
    description: Whether an earlier report that cannot be used is an error. With V(false) the reason is noted in the document instead.
    type: bool
    default: true
seealso:
  - plugin: netops.layer2.report_document
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Compare with last week
  ansible.builtin.set_fact:
    my_report: "{{ my_report | netops.layer2.compare_reports('/var/lib/layer2/last-week/layer2-report.json') }}"
"""

RETURN = r"""
_value:
  description: The report document of now with its C(comparison) filled in.
  type: dict
"""

import json
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, not_compared, read_earlier
from ansible_collections.netops.layer2.plugins.plugin_utils._report._files import read
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import opened


def compare_reports(document: object, earlier: object, strict: bool = True) -> dict[str, Any]:
    """Return DOCUMENT with the comparison against EARLIER; errors become filter errors, or a note if not STRICT."""
    path = str(earlier) if isinstance(earlier, str) else "the earlier report"
    try:
        now = plain(document)
        today = opened(now)
    except ReportError as error:
        raise AnsibleFilterError(f"compare_reports: {error}") from error
    try:
        text = read(path) if isinstance(earlier, str) else json.dumps(plain(earlier))
        return {**now, "comparison": compare(today, read_earlier(text, path), path)}
    except ReportError as error:
        if strict:
            raise AnsibleFilterError(f"compare_reports: {error}") from error
        return {**now, "comparison": not_compared(path, str(error))}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"compare_reports": compare_reports})
