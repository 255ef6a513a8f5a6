"""A trace as one HTML page that needs nothing but itself; the words come from templates/trace.html.j2, the looks from
trace.css.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.netops.layer2.plugins.plugin_utils._common._pages import content_policy, embedded, environment
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _drawing
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sheet import LOOKS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._text import render as as_text
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import duration, percent

NS = 1_000_000_000
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(trace: Mapping[str, t.Any]) -> str:
    """Return the page of a trace document."""
    style = (_TEMPLATES / "trace.css").read_text(encoding="utf-8")
    return environment(_TEMPLATES).get_template("trace.html.j2").render(
        trace=trace,
        look=LOOKS.get(trace["verdict"]["status"], "none"),
        created=stamp(datetime.fromtimestamp(trace["begin"], timezone.utc)),
        policy=content_policy(style, ""),
        style=style,
        data=embedded(trace),
        labels={point["point"]: point["label"] for point in trace["points"]},
        ladder=_drawing.ladder(trace),
        charts=_drawing.charts(trace),
        drawing=_drawing,
        shown=lambda seconds: duration(seconds * NS),
        percent=percent,
        text=as_text(trace),
    )
