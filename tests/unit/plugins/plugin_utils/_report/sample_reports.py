"""Sample verdicts and reports for the tests of every format, and strategies that make hostile ones."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report import _model
from hypothesis import strategies as st

CREATED = datetime(2026, 11, 21, 3, 12, 45, tzinfo=timezone.utc)
TWINS = "52:54:00:0c:1d:f5"
HOSTILE = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<!--<script>", '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)", "]]>", "{{ 7*7 }}", "=cmd|' /C calc'!A0", "@SUM(1)", "\x1b[2J\x1b]0;owned\x07", "a\nb\r\nc\td",
    "\u202egpj.exe", "\ud800", "\u2028", "x" * 5000, "", " ", "\\", '"', "\\n", "&lt;", "\x00", "\U0001f600", "Zw\u200bidth",
)


def owner(host: str, **changes: Any) -> dict[str, Any]:
    """Return an owner on HOST."""
    return {
        "host": host, "guest": None, "interface": "eth0", "addresses": [], "state": "up", "kind": "host", "uuid": None,
        "machine_id": None, "bridge": None, "segment": "192.168.100.0/23", "permanent": None, "details": "", **changes,
    }


def finding(identifier: str = "mac-1", status: str = "conflict", **changes: Any) -> dict[str, Any]:
    """Return a finding like that of incident 1."""
    return {
        "id": identifier, "mac": TWINS, "status": status, "rule": "proven_twins", "confidence": "certain",
        "reason": "Two running guests use this MAC on one segment.", "cause": "cloned_definition",
        "cause_text": "One definition was copied from the other.", "segment": "192.168.100.0/23",
        "segment_proof": ["hv1 and hv2 both have 192.168.100.21 at 52:54:00:aa:00:01"],
        "owners": [
            owner("hv1", guest="web30", interface="vnet0", addresses=["192.168.100.30"], kind="guest"),
            owner("hv2", guest="web25", interface="vnet3", addresses=["192.168.100.25"], kind="guest"),
        ],
        "evidence": ["client: 192.168.100.30 and 192.168.100.25 at one MAC"], "seen_with": ["192.168.100.30"],
        "fix": "ansible-playbook netops.layer2.fix_dup_mac -e guest=web25", **changes,
    }


def verdict(findings: list[dict[str, Any]] | None = None, **coverage: Any) -> dict[str, Any]:
    """Return a verdict with FINDINGS (default: one conflict), its summary counted from them."""
    found = [finding()] if findings is None else findings
    seen = {"judged": ["client", "hv1", "hv2"], "missing": [], "gaps": [], "quarantined": [], **coverage}
    summary = dict.fromkeys(_model.STATUSES, 0)
    for item in found:
        summary["excepted" if item.get("exception") else item["status"]] += 1
    return {
        "schema": "netops.layer2/verdict", "version": 1, "findings": found, "coverage": seen,
        "summary": {
            **summary, "hosts_judged": len(seen["judged"]), "hosts_missing": len(seen["missing"]), "guests_judged": 2,
            "macs_judged": 9, "gaps": len(seen["gaps"]), "quarantined": len(seen["quarantined"]),
        },
    }


def document(findings: list[dict[str, Any]] | None = None, *, about: dict[str, Any] | None = None, **coverage: Any) -> dict[str, Any]:
    """Return a report document; ABOUT goes to the model's `document`."""
    return _model.document(verdict(findings, **coverage), **{"created": CREATED, "collection": "0.1.0", **(about or {})})


words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text(st.characters(), max_size=10))
lists_of_words = st.lists(words, max_size=3)


@st.composite
def hostile_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a report document in which every text that the network can choose is hostile."""
    found = [
        finding(
            f"mac-{number}", draw(st.sampled_from(["conflict", "latent", "suspected", "shared"])), mac=draw(words),
            reason=draw(words), cause_text=draw(words), segment=draw(words), segment_proof=draw(lists_of_words),
            evidence=draw(lists_of_words), seen_with=draw(lists_of_words), fix=draw(words), cause=draw(words),
            confidence=draw(words), rule=draw(words),
            owners=[
                owner(draw(words), guest=draw(words), interface=draw(words), addresses=draw(lists_of_words), state=draw(words),
                      kind=draw(words), bridge=draw(words), segment=draw(words), details=draw(words), uuid=draw(words))
                for _count in range(draw(st.integers(0, 3)))
            ],
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    remark = st.fixed_dictionaries({"host": words, "reason": words, "problem": words, "subset": words, "field": words, "way_out": words})
    remarks = st.lists(remark, max_size=2)
    return document(
        found, judged=draw(lists_of_words), missing=draw(remarks), gaps=draw(remarks), quarantined=draw(remarks),
        about={"target": draw(words), "limit": draw(words), "not_asked": draw(lists_of_words), "notes": {draw(words): draw(words)}},
    )
