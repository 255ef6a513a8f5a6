"""Sample verdicts and reports for the tests of every format, and strategies that make hostile ones."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats, _kinds, _model
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, read_earlier
from hypothesis import strategies as st

CREATED = datetime(2026, 11, 21, 3, 12, 45, tzinfo=timezone.utc)
TWINS = "52:54:00:0c:1d:f5"
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "]]>",
    "{{ 7*7 }}",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "\x1b[2J\x1b]0;owned\x07",
    "a\nb\r\nc\td",
    "\u202egpj.exe",
    "\ud800",
    "\u2028",
    "x" * 5000,
    "",
    " ",
    "\\",
    '"',
    "\\n",
    "&lt;",
    "\x00",
    "\U0001f600",
    "Zw\u200bidth",
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
    summary = dict.fromkeys(_kinds.MACS.statuses, 0)
    for item in found:
        summary["excepted" if item.get("exception") else item["status"]] += 1
    return {
        "schema": "netops.layer2/verdict", "version": 1, "findings": found, "coverage": seen,
        "summary": {
            **summary, "hosts_judged": len(seen["judged"]), "hosts_missing": len(seen["missing"]), "guests_judged": 2,
            "macs_judged": 9, "gaps": len(seen["gaps"]), "quarantined": len(seen["quarantined"]),
        },
    }


def document(
    findings: list[dict[str, Any]] | None = None, *, about: dict[str, Any] | None = None, **coverage: Any
) -> dict[str, Any]:
    """Return a report document; ABOUT goes to the model's `document`."""
    return _model.document(
        verdict(findings, **coverage), **{"created": CREATED, "collection": "0.1.0", **(about or {})}
    )


def address_verdict(findings: list[dict[str, Any]] | None = None, **coverage: Any) -> dict[str, Any]:
    """Return the like of VERDICT for an IP address, as ip_conflicts makes it."""
    users = [
        owner("web1", mac=TWINS, addresses=["192.168.100.9"]),
        owner("web2", mac="52:54:00:00:00:02", addresses=["192.168.100.9"]),
    ]
    default = finding(
        "ip-1", address="192.168.100.9", macs=[TWINS, "52:54:00:00:00:02"], reason="Both have it up.", owners=users
    )
    default.pop("mac")
    made = verdict([default] if findings is None else findings, **coverage)
    made["summary"]["addresses_judged"] = made["summary"].pop("macs_judged")
    made["summary"]["handed_over"] = 0
    return {**made, "schema": _kinds.ADDRESSES.schema}


def receiver(host: str = "near1", bits: float = 8_000_000.0, **changes: Any) -> dict[str, Any]:
    """Return a receiver of a flood: ten intervals of a second."""
    series = [[round(bits / 12000), round(bits / 8)]] * 10
    return {
        "host": host,
        "interface": "eth0",
        "packets_per_second": bits / 12000,
        "bits_per_second": bits,
        "share": 1.0,
        "seconds": 10.0,
        "interval": 1.0,
        "series": series,
        "dropped": 0,
        **changes,
    }


def flood(identifier: str = "flood-1", status: str = "flooding", **changes: Any) -> dict[str, Any]:
    """Return a finding of flooding_causes like that of incident 2."""
    row = {
        "id": identifier,
        "cause": "asymmetric_return",
        "rule": "reply_on_link",
        "status": status,
        "confidence": "certain",
        "reason": (
            "server answers 192.0.2.21 directly on eth0, by destination, from 203.0.113.80, while the requests come"
            " through a gateway"
        ),
        "source": {
            "host": "server",
            "interface": "eth0",
            "mac": TWINS,
            "ip": "203.0.113.80",
            "protocol": "tcp",
            "port": 80,
        },
        "destination": {"host": "client", "mac": "52:54:00:00:00:21", "ip": "192.0.2.21", "segment": "192.0.2.0/24"},
        "receivers": [receiver("near1"), receiver("near2", 7_900_000.0)] if status == "flooding" else [],
        "route": {
            "reply": {"kind": "on-link", "dev": "eth0", "via": None},
            "request": {
                "kind": "director",
                "via": "192.0.2.1",
                "from": "inferred",
                "mode": "tunnel",
                "director": {"host": "director", "interface": "eth0", "mac": "52:54:00:00:02:50"},
            },
        },
        "ageing": {
            "segment": "192.0.2.0/24",
            "arp": 50.0,
            "mac": 300.0,
            "from": "read",
            "arp_device": "server eth0",
            "mac_device": "br0 on sw2",
            "not_observed": [],
            "confirmed_by_traffic": True,
        },
        "also": [{"cause": "learning_off", "rule": "deaf_port", "reason": "learning is off on to-sw1 of br0 on core"}],
        "evidence": ["near1: eth0 got 8 Mbit/s of it for 10 s"],
        "fix": "ansible-playbook netops.layer2.fix_return_path",
        "cure": {
            "role": "policy_route",
            "host": "server",
            "vip": "203.0.113.80",
            "interface": "eth0",
            "gateway": "192.0.2.1",
        },
        **changes,
    }
    rates = {"bits_per_second": 8_000_000.0, "packets_per_second": 667.0} if status == "flooding" else {}
    return {**rates, **row}


def flood_verdict(findings: list[dict[str, Any]] | None = None, **coverage: Any) -> dict[str, Any]:
    """Return the like of VERDICT for floods, as flooding_causes makes it."""
    found = [flood()] if findings is None else findings
    seen = {
        "judged": ["near1", "near2", "server"],
        "missing": [],
        "gaps": [],
        "quarantined": [],
        "sampled": ["near1", "near2"],
        "not_sampled": [],
        "listened": [{"host": host, "interface": "eth0", "verdict": "quiet"} for host in ("near1", "near2")],
        **coverage,
    }
    summary = dict.fromkeys((*_kinds.FLOOD_VERDICTS.statuses, "receivers", "interfaces_cannot_tell"), 0)
    for item in found:
        summary["excepted" if item.get("exception") else item["status"]] += 1
    receivers = {(row["host"], row["interface"]) for item in found for row in item["receivers"]}
    summary.update(
        receivers=len(receivers),
        hosts_judged=len(seen["judged"]),
        hosts_missing=len(seen["missing"]),
        hosts_sampled=len(seen["sampled"]),
        gaps=len(seen["gaps"]),
        quarantined=len(seen["quarantined"]),
    )
    highest = max((row["bits_per_second"] for item in found for row in item["receivers"]), default=0.0)
    return {"schema": _kinds.FLOOD_VERDICTS.schema, "version": 1, "findings": found, "coverage": seen,
            "summary": {**summary, "bits_per_second": highest}}


def wrapped(made: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Return the report document of a verdict of any kind."""
    return _model.document(made, **{"created": CREATED, "collection": "0.1.0", **about})


def compared_with(now: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """Return NOW with its comparison with EARLIER, as that comes back from a file; ReportError where they cannot be
    compared.
    """
    past = read_earlier(_formats.render(earlier, "json"), "the earlier report")
    return {**now, "comparison": compare(_formats.opened(now), past, "the earlier report")}


words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text(st.characters(), max_size=10))
lists_of_words = st.lists(words, max_size=3)


@st.composite
def hostile_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a report document in which every text that the network can choose is hostile."""
    found = [
        finding(
            f"mac-{number}",
            draw(st.sampled_from(["conflict", "latent", "suspected", "shared"])),
            mac=draw(words),
            reason=draw(words),
            cause_text=draw(words),
            segment=draw(words),
            segment_proof=draw(lists_of_words),
            evidence=draw(lists_of_words),
            seen_with=draw(lists_of_words),
            fix=draw(words),
            cause=draw(words),
            confidence=draw(words),
            rule=draw(words),
            owners=[
                owner(
                    draw(words),
                    guest=draw(words),
                    interface=draw(words),
                    addresses=draw(lists_of_words),
                    state=draw(words),
                    kind=draw(words),
                    bridge=draw(words),
                    segment=draw(words),
                    details=draw(words),
                    uuid=draw(words),
                )
                for _count in range(draw(st.integers(0, 3)))
            ],
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    remark = st.fixed_dictionaries(
        {"host": words, "reason": words, "problem": words, "subset": words, "field": words, "hint": words}
    )
    remarks = st.lists(remark, max_size=2)
    return document(
        found,
        judged=draw(lists_of_words),
        missing=draw(remarks),
        gaps=draw(remarks),
        quarantined=draw(remarks),
        about={
            "target": draw(words),
            "limit": draw(words),
            "not_asked": draw(lists_of_words),
            "notes": {draw(words): draw(words)},
        },
    )
