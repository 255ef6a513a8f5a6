"""A report on floods as one HTML page that needs nothing but itself; the words come from templates/, the looks from its .css files."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_drawing import path, plot
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import STATUSES, FloodReport
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_table import summary_line
from ansible_collections.netops.layer2.plugins.plugin_utils._report._html import asset, content_policy, embedded, environment, troubles
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import counted

FINDINGS_MOST = 200     # each has two pictures; the page says how many more the other files list


def render(report: FloodReport) -> str:
    """Return the page."""
    style = asset("report.css") + asset("flood.css")
    shown = report.findings[:FINDINGS_MOST]
    return environment().get_template("flood.html.j2").render(
        report=report, created=stamp(report.created), policy=content_policy(style, ""), style=style, data=embedded(report.document),
        headline=headline(report), summary=summary_line(report), tiles=[(name, report.summary[name]) for name in STATUSES],
        shown=shown, hidden=len(report.findings) - len(shown), troubles=troubles(report), plot=plot, path=path, rate=bit_rate,
    )  # fmt: skip


def headline(report: FloodReport) -> tuple[str, str]:
    """Return the class and the words of the verdict in one sentence, which never call a network quiet that was not heard."""
    numbers = report.summary
    if not numbers["hosts_judged"]:
        return "none", "No verdict: no host could be judged."
    if numbers["flooding"]:
        heard = counted(numbers["receivers"], "interface")
        return "conflict", f"{counted(numbers['flooding'], 'flood')}: {heard} receive up to {bit_rate(report.highest)} of others' traffic."
    blind = [f"{counted(numbers['hosts_missing'], 'host')} missing" if numbers["hosts_missing"] else "",
             f"{deaf} not listened" if (deaf := numbers["hosts_judged"] - numbers["hosts_sampled"]) > 0 else "",
             f"{counted(numbers['interfaces_cannot_tell'], 'interface')} cannot tell" if numbers["interfaces_cannot_tell"] else "",
             counted(numbers["gaps"], "gap") if numbers["gaps"] else ""]
    seen = ", ".join(text for text in blind if text)
    look = "suspected" if numbers["latent"] or seen else "clear"
    waits = f", {numbers['latent']} that wait to happen" if numbers["latent"] else ""
    return look, f"No flood heard by {counted(numbers['hosts_sampled'], 'host')}{waits}" + (f"; {seen}." if seen else ".")
