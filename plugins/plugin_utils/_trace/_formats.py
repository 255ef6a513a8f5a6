"""Draws a trace in any format of reports; text and page of its own show more of it than neutral terms hold."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _html, _text
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sheet import sheet

# Packets as a ladder, and hops over time.
OWN: Mapping[str, Callable[[Mapping[str, t.Any]], str]] = {"table": _text.render, "html": _html.render}


def render(trace: Mapping[str, t.Any], name: str) -> str:
    """Return a TRACE document in the format NAME of reports; ReportError where there is none of that name."""
    own = OWN.get(name)
    return own(trace) if own else _formats.drawn(sheet(trace), name)
