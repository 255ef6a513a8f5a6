"""Targets: documents of a fleet (snapshots, scans, flood samples, plans, reports), judged and drawn."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _ageing, _cure, _flooding
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import (
    _plan,
    _plan_outcome,
    _plan_steps,
    _plan_text,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, PoolError, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    PlanError,
    make_plan,
    read_facts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _compare, _formats, _model
from ansible_collections.netops.layer2.plugins.plugin_utils._scan import _unknown, _vantages
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _points
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..unit.plugins.plugin_utils import builders, flood_builders
from . import pages, samples
from .target import JSON, Target

_NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
_TWIN = builders.TWIN
_STATES = ("REACHABLE", "STALE", "FAILED", "PERMANENT", "arp", "na", "probe", "conflict", "request", "-")


def _drawn(verdict: Any) -> Any:
    """The report of a verdict, in every format."""
    made = _model.document(plain(verdict), created=_NOW, collection="0.0.0")
    _draw(made)
    return made


def _draw(made: Any) -> None:
    for name in _formats.FORMATS:
        pages.check_drawn(name, _formats.render(made, name))
    _formats.summary(
        made, ("conflict",) if "flood" not in str(made.get("verdict", {}).get("schema")) else ("flooding",)
    )


def judge_snapshots(octets: bytes) -> None:
    """Snapshots of strangers are judged; what is wrong in them is quarantined."""
    data = samples.loaded(octets)
    _drawn(mac_collisions(data, list_shared=True))
    _drawn(ip_conflicts(data, list_shared=True))
    json.dumps(_known.known_macs(data))
    _vantages.vantages(data)
    _flooding.ageing_mismatches(data)
    with suppress(TraceError):
        _points.plan(data, "192.168.100.30", "192.168.100.25")


def judge_scans(octets: bytes) -> None:
    """Scans laid over snapshots."""
    data = samples.loaded(octets)
    if isinstance(data, dict):
        snapshots, scans = data.get("snapshots"), data.get("scans")
        _drawn(mac_collisions(snapshots, scans=scans))
        machines = _unknown.machines(snapshots, scans)
        _draw(
            _model.document(
                plain(ip_conflicts(snapshots, scans=scans)), created=_NOW, collection="0", machines=machines
            )
        )


def judge_floods(octets: bytes) -> None:
    """Flood samples, the timers of switches, and the routes that cure."""
    data = samples.loaded(octets)
    if isinstance(data, dict):
        devices = _ageing.read_switches(data.get("switches"))
        verdict = _flooding.flooding_causes(data.get("snapshots"), data.get("samples"), devices=devices)
        _drawn(verdict)
        made = _cure.check_plan(plain(_cure.plan(plain(verdict))))
        _cure.routes(made)
        pages.check_text(_cure.plan_text(made))
        pages.check_text(_cure.outcome(made, plain(verdict), plain(verdict))["text"])


def read_cure(octets: bytes) -> None:
    """A saved plan of policy routes, and verdicts before and after."""
    data = plain(samples.loaded(octets))
    if isinstance(data, dict):
        made = _cure.check_plan(data.get("plan"))
        _cure.routes(made)
        pages.check_text(_cure.plan_text(made))
        if isinstance(data.get("verdict"), dict):
            pages.check_text(_cure.plan_text(_cure.plan(data["verdict"])))
            pages.check_text(_cure.outcome(made, data["verdict"], data["verdict"])["text"])


def read_plans(octets: bytes) -> None:
    """A saved plan of new MACs against the fleet as it is now."""
    data = plain(samples.loaded(octets))
    if isinstance(data, dict):
        plan = _plan.check_plan(data.get("plan"))
        fleet = data.get("fleet")
        _plan.plan_problems(plan, fleet)
        steps = plain(_plan_steps.plan_steps(plan, fleet, _plan_steps.Consent(True, True, True)))
        pages.check_text(_plan_text.plan_table(plan, steps))
        _plan_steps.resumed(plan, plan, fleet)
        report = _model.parse(_drawn(mac_collisions(fleet)))
        pages.check_text(_plan_outcome.outcome(plan, steps, report)["text"])


def make_plans(octets: bytes) -> None:
    """New MACs for the findings of a verdict that strangers had their hands on."""
    data = plain(samples.loaded(octets))
    if isinstance(data, dict) and isinstance(data.get("findings"), list):
        taken = _known.taken_macs(data.get("fleet"), [data.get("reserved")])
        allocators = (Allocator(read_pool("52:54:00"), "s", taken), Allocator(read_pool("02:00:00"), "s", taken))
        plan = plain(
            make_plan(data["findings"], read_facts(data.get("fleet")), allocators, statuses=("conflict", "latent"))
        )
        pages.check_text(_plan_text.plan_table(_plan.check_plan(plan), []))


def judge_exceptions(octets: bytes) -> None:
    """What the operator excepts."""
    data = samples.loaded(octets)
    if isinstance(data, dict):
        _drawn(mac_collisions(data.get("snapshots"), exceptions=read_exceptions(data.get("exceptions"))))


def draw_reports(octets: bytes) -> None:
    """Reports of other runs, drawn, and compared with themselves."""
    data = plain(samples.loaded(octets))
    _draw(data)
    with suppress(ReportError):
        made = _model.parse(data)
        compared = _compare.compare(made, _compare.read_earlier(json.dumps(data), "earlier"), "earlier")
        _draw({**data, "comparison": compared})


# --- samples ----------------------------------------------------------------------------------------------------------

def _fleet() -> list[Any]:
    """Incident 1: two guests with one MAC, and a client that saw both."""
    guests = [
        builders.guest(name, _TWIN, uuid=f"{number}-u", address="pci 0000:01:00.0")
        for number, name in enumerate(("web30", "web25"))
    ]
    seen = [builders.neighbour("eth0", f"192.168.100.{last} {_TWIN}") for last in (30, 25)]
    learnt = [builders.learned("eth0", _TWIN, "br0"), builders.learned("vnet-web30", _TWIN, "br0")]
    return [builders.hypervisor("hv1", 1, guests[0], learnt=learnt), builders.hypervisor("hv2", 2, guests[1]),
            builders.server("client", "00:25:90:00:aa:21", "192.168.100.21/23", neighbours=seen)]


def _shared() -> list[Any]:
    """Hosts with one IP address, one of which has VLANs, a bond and a container."""
    bond = [
        builders.nic("bond0", "00:25:90:00:aa:01", "192.168.100.9/23", kind="bond"),
        builders.nic("eth0", "00:25:90:00:aa:01", master="bond0", permanent_mac="00:25:90:00:aa:01"),
        builders.nic(
            "bond0.7",
            "00:25:90:00:aa:01",
            "10.7.0.1/24",
            kind="vlan",
            link="bond0",
            vlan={"id": 7, "protocol": "802.1Q"},
        ),
        builders.nic(
            "eth0", "02:42:ac:11:00:02", "172.17.0.2/16", netns="c1", kind="veth", link="veth1", link_netns=""
        ),
    ]
    flags = builders.neighbour("bond0", "192.168.100.25 00:25:90:00:aa:02", netns="-")
    bridge = {
        "name": "br0",
        "kind": "linux",
        "vlan_filtering": True,
        "ports": ["bond0"],
        "ageing": 300.0,
        "forward_delay": 15.0,
        "port_vlans": {"bond0": [{"id": 7, "pvid": True}]},
    }
    gaps = [{"subset": "guests", "reason": "virsh is not installed", "hint": "install it", "item": "x"}]
    return [
        builders.snapshot(
            "h1", *bond, neighbours=[flags, builders.neighbour("bond0", builders.GATEWAY)], bridges=[bridge], gaps=gaps
        ),
        builders.server("h2", "00:25:90:00:aa:02", "192.168.100.9/23"),
    ]


def _scan_documents() -> list[Any]:
    rows = [
        f"eth0 - 192.168.100.{last} {mac} arp 2 0.010 0.020"
        for last, mac in ((30, _TWIN), (25, _TWIN), (9, "00:25:90:00:aa:01"))
    ]
    rows += [
        "eth0 7 fe80::1 00:25:90:00:aa:02 na 1 0.5 0.5",
        "eth0 - 192.168.100.9 00:25:90:00:aa:02 probe-conflict 1 1.0 1.0",
    ]
    event = {
        "kind": "conflict",
        "address": "192.168.100.9",
        "mac": "00:25:90:00:aa:01",
        "mac_before": "00:25:90:00:aa:02",
    }
    machines = [
        {
            "mac": _TWIN,
            "addresses": ["192.168.100.30", "192.168.100.25"],
            "same": False,
            "evidence": ["host keys differ"],
        }
    ]
    return [
        {
            "schema": "netops.layer2/scan",
            "version": 1,
            "host": "client",
            "collected_at": 1.0,
            "duration": 1.0,
            "collector": "0.1.0",
            "mode": "scan",
            "interfaces": [],
            "probes": [],
            "replies": {"columns": [], "rows": rows},
            "events": [event],
            "machines": machines,
            "gaps": [{"subset": "scan", "reason": "cut", "hint": "again"}],
        }
    ]


def _flood_inputs() -> Iterator[bytes]:
    switches = {"sw1": {"platform": "ios"}, "sw2": {"arp": 1200, "mac": 300, "segment": "192.0.2.0/24"}}
    yield from samples.as_json(
        {"snapshots": flood_builders.incident2(), "samples": flood_builders.incident2_samples(), "switches": switches},
        {"snapshots": _fleet(), "samples": flood_builders.incident2_samples(), "switches": None},
    )


def _flood_verdict() -> Any:
    return json.loads(next(samples.files("plugin_utils/_report/golden", "flood_verdict.json")))


def _plan_inputs() -> Iterator[bytes]:
    fleet = _fleet()
    taken = _known.taken_macs(fleet)
    allocators = (Allocator(read_pool("52:54:00"), "s", taken), Allocator(read_pool("02:00:00"), "s", taken))
    yield from samples.as_json(
        {"plan": make_plan(mac_collisions(fleet)["findings"], read_facts(fleet), allocators), "fleet": fleet}
    )


def _report_inputs() -> Iterator[bytes]:
    for verdict in (
        mac_collisions(_fleet(), list_shared=True),
        ip_conflicts(_shared(), list_shared=True),
        _flood_verdict(),
    ):
        yield from samples.as_json(_model.document(verdict, created=_NOW, collection="0.1.0", notes={"hv1": "old"}))


def _excepted() -> Iterator[bytes]:
    rows = [
        {
            "match": "mac == '52:54:00:0c:1d:f5' && contains(owners[].host, 'hv1')",
            "reason": "known",
            "expires": "2099-12-31",
        }
    ]
    yield from samples.as_json({"snapshots": _fleet(), "exceptions": rows})


_MATCHES = (
    "owners[?host=='hv1']",
    "length(owners) > `1`",
    "starts_with(mac, '52')",
    "@",
    "*",
    "[*].a",
    "sort(keys(@))",
    "to_number(mac)",
    "2099-02-30",
)
_OF_FLEETS = (SnapshotError, ArgumentError, ReportError)
TARGETS = [
    Target(
        "snapshots",
        "snapshots judged, reports of the verdicts drawn in every format",
        judge_snapshots,
        lambda: samples.as_json(_fleet(), _shared(), flood_builders.incident2()),
        (*_OF_FLEETS, _known.KnownError),
        JSON,
        _STATES,
    ),
    Target(
        "scans",
        "scans and watches laid over snapshots",
        judge_scans,
        lambda: samples.as_json(*({"snapshots": fleet, "scans": _scan_documents()} for fleet in (_fleet(), _shared()))),
        _OF_FLEETS,
        JSON,
        _STATES,
    ),
    Target(
        "flood-samples",
        "flood samples explained, drawn, and their cure planned",
        judge_floods,
        _flood_inputs,
        (*_OF_FLEETS, _ageing.SwitchFactsError, _cure.CureError),
        JSON,
        ("ios", "tcp", "on-link", "director", "20000"),
    ),
    Target(
        "cure-plans",
        "saved plans of policy routes, and verdicts of floods",
        read_cure,
        lambda: samples.as_json({"plan": _cure.plan(_flood_verdict()), "verdict": _flood_verdict()}),
        (*_OF_FLEETS, _cure.CureError),
        JSON,
    ),
    Target(
        "plans",
        "saved plans of new MACs, held against a fleet",
        read_plans,
        _plan_inputs,
        (*_OF_FLEETS, PlanError),
        JSON,
        _STATES,
    ),
    Target(
        "planning",
        "new MACs for the findings of a verdict",
        make_plans,
        lambda: samples.as_json(
            {"findings": mac_collisions(_fleet())["findings"], "fleet": _fleet(), "reserved": ["52:54:00:00:00:09"]}
        ),
        (*_OF_FLEETS, PlanError, PoolError),
        JSON,
    ),
    Target(
        "exceptions",
        "what the operator excepts, by JMESPath",
        judge_exceptions,
        _excepted,
        (*_OF_FLEETS, ExceptionError),
        JSON,
        _MATCHES,
    ),
    Target(
        "reports",
        "reports of other runs drawn in every format, and compared",
        draw_reports,
        _report_inputs,
        _OF_FLEETS,
        JSON,
        ("conflict", "latent", "shared", "excepted", "flooding"),
    ),
]
