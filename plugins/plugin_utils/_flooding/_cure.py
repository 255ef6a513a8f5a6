"""From a verdict on floods to policy routes: which host sends which VIP's replies where, and afterwards what became of
each flood.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._alphabets import is_address
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError, check_schema
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut, padded, wrapped
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import POLICY_ROUTE
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import SCHEMA as VERDICT_SCHEMA
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import STATUSES
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import VERSION as VERDICT_VERSION
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import (
    FIELD,
    digest_note,
    digest_problem,
    sealed,
)

Row = dict[str, t.Any]
SCHEMA = "netops.layer2/return-path-plan"
VERSION = 1
CURED, STANDS, UNKNOWN, NEW = "cured", "stands", "unknown", "new"
COLUMNS = 100
_INDENT = 12
_MOST_RATE = 1e18  # bits a second, of which no network knows


class CureError(ValueError):
    """A plan cannot be made or used; the text names the field and the way out."""


@dataclass(frozen=True, slots=True)
class Flood:
    """What the plan needs of a finding."""

    id: str
    status: str
    cause: str
    reason: str
    fix: str
    role: str
    host: str
    interface: str
    gateway: str
    vip: str
    client: str
    rate: float
    receivers: tuple[str, ...]


def floods(verdict: Mapping[str, t.Any], statuses: Collection[str] = STATUSES) -> list[Flood]:
    """The findings of a flood verdict that have one of STATUSES and that nobody excepted. ReportError where it is no
    such verdict.
    """
    check_schema(verdict, VERDICT_SCHEMA, VERDICT_VERSION, "verdict")
    found = [_flood(item) for item in Fields.of(verdict, "verdict").objects("findings") if not item.has("exception")]
    return [flood for flood in found if flood.status in statuses]


def _flood(item: Fields) -> Flood:
    cure, source = item.nested("cure"), item.nested("source")
    return Flood(
        item.text("id"),
        item.text("status"),
        item.text("cause"),
        item.text("reason"),
        item.text("fix"),
        cure.text("role"),
        source.text("host") or cure.text("host"),
        cure.text("interface"),
        cure.text("gateway"),
        source.text("ip") or cure.text("vip"),
        item.nested("destination").text("ip"),
        _rate(item),
        tuple(dict.fromkeys(row.text("host") for row in item.objects("receivers"))),
    )


def _rate(item: Fields) -> float:
    """Bits a second, 0 where it is no number of them."""
    value = item.data.get("bits_per_second")
    return float(value) if isinstance(value, (int, float)) and 0 < value < _MOST_RATE else 0.0


# --- the plan -------------------------------------------------------------------------------------------------------

def plan(
    verdict: Mapping[str, t.Any], statuses: Collection[str] = STATUSES, gateways: Mapping[str, t.Any] | None = None
) -> Row:
    """The plan that ends the floods of VERDICT that a policy route ends; the others are listed with their own way out.

    GATEWAYS: host -> gateway, or list of one per family; the operator's word against the finding's. The plan is
    ``{"schema", "version", "digest", "steps": [{"host", "interface", "gateway", "vips", "clients", "findings",
    "reason", "bits_per_second", "receivers"}],
    "refused": [{"id", "host", "reason"}], "others": [{"id", "cause", "reason", "fix"}]}``.
    """
    unknown = sorted(set(statuses) - set(STATUSES))
    if unknown:
        raise CureError(f"statuses: {unknown[0]!r} is none of {', '.join(STATUSES)}")
    made: Row = {"schema": SCHEMA, "version": VERSION, "steps": [], "refused": [], "others": []}
    for flood in floods(verdict, statuses):
        if flood.role != POLICY_ROUTE:
            made["others"].append({"id": flood.id, "cause": flood.cause, "reason": flood.reason, "fix": flood.fix})
        elif problem := _problem(flood, gateway := _gateway(flood, gateways or {})):
            made["refused"].append({"id": flood.id, "host": flood.host, "reason": problem})
        else:
            _add(made["steps"], flood, gateway)
    return sealed(made)


def _gateway(flood: Flood, gateways: Mapping[str, t.Any]) -> str:
    """The gateway for the family of the VIP: the operator's, else the one that requests come through."""
    said = gateways.get(flood.host)
    for text in [said] if isinstance(said, str) else list(said or ()):
        try:
            same = ip_address(str(text)).version == ip_address(flood.vip).version
        except ValueError:
            raise CureError(
                f"gateways.{flood.host}: {text!r} is no IP address: write it as 192.0.2.1 or 2001:db8::1"
            ) from None
        if same:
            return str(text)
    return flood.gateway


def _problem(flood: Flood, gateway: str) -> str:
    if not flood.host:
        return "the sender is no host that was read: add it to the inventory"
    if not flood.vip or not flood.interface:
        return "it is not known which address it answers from, or where replies leave"
    if not _interface_name.is_plain(flood.interface):
        return (
            f"replies leave by {shortened(flood.interface, 40)}, and that is no name that a route is made for: rename"
            " the interface"
        )
    if any(
        not is_address(text)
        for text in (flood.vip, *([gateway] if gateway else []), *([flood.client] if flood.client else []))
    ):
        return f"{shortened(flood.vip, 60)}, its gateway or its client is no IP address"
    if not gateway:
        return (
            f'no gateway is known for {flood.vip}: name it, as in -e \'{{"fix_gateways": {{"{flood.host}":'
            ' "192.0.2.1"}}\''
        )
    return ""


def _add(steps: list[Row], flood: Flood, gateway: str) -> None:
    """One step for each host, interface and gateway, with all its VIPs."""
    for step in steps:
        if (step["host"], step["interface"], step["gateway"]) == (flood.host, flood.interface, gateway):
            step["vips"] = sorted({*step["vips"], flood.vip})
            step["clients"] = sorted({*step["clients"], *([flood.client] if flood.client else [])})
            step["findings"].append(flood.id)
            step["bits_per_second"] += flood.rate
            step["receivers"] = sorted({*step["receivers"], *flood.receivers})
            return
    steps.append({"host": flood.host, "interface": flood.interface, "gateway": gateway, "vips": [flood.vip],
                  "clients": [flood.client] if flood.client else [], "findings": [flood.id],
                  "reason": flood.reason, "bits_per_second": flood.rate, "receivers": sorted(flood.receivers)})


def open_plan(path: str) -> Row:
    """The plan in a JSON file; CureError or DocumentError, naming the file, where there is none or its digest does not
    fit.
    """
    text = read_text(absolute(path))
    if text is None:
        raise CureError(f"{absolute(path)}: No such file; plan anew without fix_plan")
    try:
        read = json.loads(text)
        opened, problem = check_plan(read), digest_problem(read)
    except (ValueError, RecursionError, ReportError) as error:
        raise CureError(f"{absolute(path)}: {error}; plan anew without fix_plan") from error
    if problem:
        raise CureError(f"{absolute(path)}: {problem}")
    return sealed(opened) if FIELD in opened else opened


def check_plan(value: object) -> Row:
    """A plan that was read from somewhere; CureError where it is none."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA or value.get("version") != VERSION:
        raise CureError(f"not a plan of this version: expected schema {SCHEMA} and version {VERSION}")
    fields = Fields.of(value, "plan")
    refused = [{name: item.text(name) for name in ("id", "host", "reason")} for item in fields.objects("refused")]
    others = [{name: item.text(name) for name in ("id", "cause", "reason", "fix")} for item in fields.objects("others")]
    return {
        **value,
        "steps": [_checked(step, f"steps[{number}]") for number, step in enumerate(fields.objects("steps"))],
        "refused": refused,
        "others": others,
    }


def _checked(step: Fields, where: str) -> Row:
    """A step of a plan with all its fields."""
    for name in ("host", "interface", "gateway"):
        if not step.text(name):
            raise CureError(f"{where}.{name}: is missing")
    if not step.texts("vips"):
        raise CureError(f"{where}.vips: is missing")
    lists = {name: list(step.texts(name)) for name in ("vips", "clients", "findings", "receivers")}
    if not _interface_name.is_plain(step.text("interface")):
        raise CureError(f"{where}.interface: {shortened(step.text('interface'), 40)} is no name of an interface")
    for name, texts in (("gateway", [step.text("gateway")]), ("vips", lists["vips"]), ("clients", lists["clients"])):
        for text in texts:
            if not is_address(text):
                raise CureError(
                    f"{where}.{name}: {shortened(text, 60)} is no IP address: write it as 192.0.2.1 or 2001:db8::1"
                )
    return {**step.data, **lists, "reason": step.text("reason"), "bits_per_second": _rate(step)}


def routes(made: Mapping[str, t.Any]) -> list[Row]:
    """The steps as the role policy_route takes them."""
    names = ("host", "interface", "gateway", "vips", "clients")
    return [{name: step[name] for name in names if step.get(name)} for step in made.get("steps") or ()]


def hosts(made: Mapping[str, t.Any]) -> list[str]:
    """The hosts of a plan."""
    return list(dict.fromkeys(step["host"] for step in made.get("steps") or ()))


def missing(verdict: Mapping[str, t.Any]) -> dict[str, str]:
    """Why hosts gave no snapshot for VERDICT, by host."""
    lost = Fields.of(verdict, "verdict").nested("coverage").objects("missing")
    return {row.text("host"): row.text("reason") for row in lost}


def absent(made: Mapping[str, t.Any], verdict: Mapping[str, t.Any], played: Collection[str]) -> dict[str, str]:
    """Hosts of a plan that are not among those PLAYED, or gave no snapshot for VERDICT, and why, empty if unknown."""
    lost = missing(verdict)
    return {host: lost.get(host, "") for host in hosts(made) if host in lost or host not in played}


def refusal(gone: Mapping[str, str]) -> str:
    """Why a plan is not applied where hosts of it, of ``absent``, are not there; empty if all are."""
    if not gone:
        return ""
    why = next(iter(gone.values()))
    return (f"Nothing was changed: {', '.join(gone)} of the plan: no snapshot now{why and ', ' + why}. "
            "Run it for all hosts of the plan")


def left_open(made: Mapping[str, t.Any], verdict: Mapping[str, t.Any]) -> list[str]:
    """A line for each flood that a plan leaves as it is: refused, or ended by something else and flooding now by
    VERDICT.
    """
    others = {other["id"] for other in made.get("others") or ()}
    return [refused["reason"] for refused in made.get("refused") or ()] + [
        flood.fix for flood in floods(verdict, ["flooding"]) if flood.id in others]


def plan_text(made: Mapping[str, t.Any]) -> str:
    """The plan for people, a block a host."""
    lines: list[str] = []
    for step in made.get("steps") or ():
        lines += [
            (
                f"ROUTE  {cut(step['host'], 40)}: replies from {cut(', '.join(step['vips']), 60)} leave by"
                f" {cut(step['gateway'], 40)} on {cut(step['interface'], 20)}"
            ),
            *_labelled("because", str(step.get("reason") or "the plan gives no reason")),
            *_labelled("ends", _ends(step)),
            "",
        ]
    for refused in made.get("refused") or ():
        lines += [
            f"REFUSED  {cut(str(refused.get('host') or 'unknown host'), 40)}",
            *_labelled("because", str(refused["reason"])),
            "",
        ]
    for other in made.get("others") or ():
        lines += [f"NOT BY A ROUTE  {cut(str(other['cause']), 40)}", *_labelled("because", str(other["reason"])),
                  *_labelled("do", str(other["fix"])), ""]
    note = digest_note(made)
    return "\n".join([*lines, *([note] if note else []), _summary(made)])


def _ends(step: Mapping[str, t.Any]) -> str:
    hosts = list(step.get("receivers") or ())
    if not hosts:
        return "a flood that waits to happen"
    return f"{bit_rate(step['bits_per_second'])} at {counted(len(hosts), 'host')}: {', '.join(hosts)}"


def _labelled(label: str, text: str) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, COLUMNS - _INDENT, 6)):
        yield padded(f"  {label}" if number == 0 else "", _INDENT) + line


def _summary(made: Mapping[str, t.Any]) -> str:
    steps, refused, others = (list(made.get(name) or ()) for name in ("steps", "refused", "others"))
    if not steps and not refused and not others:
        return "Nothing to do: nobody's replies take a way that floods."
    parts = [counted(len(steps), "policy route"), *([f"{len(refused)} refused"] if refused else []),
             *([f"{counted(len(others), 'flood')} that no route ends"] if others else [])]
    return "; ".join(parts) + "."


# --- the outcome ----------------------------------------------------------------------------------------------------

def outcome(
    made: Mapping[str, t.Any],
    before: Mapping[str, t.Any],
    after: Mapping[str, t.Any],
    unreachable: Collection[str] = (),
) -> Row:
    """What became of each step of a plan, by the verdicts BEFORE and AFTER:
    ``{"steps": [...], "new": [...], "failures", "text"}``.

    A step is cured only if its host and everybody who was flooded could be read and listened to again.
    """
    left = floods(after)
    heard = set(Fields.of(after, "verdict").nested("coverage").texts("sampled")) - set(unreachable)
    judged = set(Fields.of(after, "verdict").nested("coverage").texts("judged")) - set(unreachable)
    rows = [_step_outcome(step, left, judged, heard) for step in made.get("steps") or ()]
    known = {flood.id for flood in floods(before)} | {flood for row in rows for flood in row["left"]}
    new = [{"id": flood.id, "cause": flood.cause, "reason": flood.reason} for flood in left
           if flood.id not in known and flood.status == "flooding"]
    failures = list(_failures(rows, made.get("refused") or (), new))
    return {"steps": rows, "new": new, "failures": failures, "text": _outcome_text(rows, new)}


def _failures(rows: Sequence[Row], refused: Iterable[Mapping[str, t.Any]], new: Sequence[Row]) -> Iterator[str]:
    """Yield what keeps a cure from being one: steps that cured nothing, what was refused, and what is new."""
    yield from (f"{row['host']}: {row['says']}" for row in rows if row["outcome"] != CURED)
    yield from (f"{one['host'] or 'unknown host'}: {one['reason']}" for one in refused)
    yield from (f"new: {row['reason']}" for row in new)


def _step_outcome(step: Mapping[str, t.Any], left: Sequence[Flood], judged: set[str], heard: set[str]) -> Row:
    mine = [flood for flood in left if flood.host == step["host"] and flood.vip in step["vips"]]
    lost = [
        host for host in [step["host"], *step["receivers"]] if host not in (judged if host == step["host"] else heard)
    ]
    row = {
        "host": step["host"],
        "vips": list(step["vips"]),
        "before": step["bits_per_second"],
        "after": sum(flood.rate for flood in mine),
        "left": [flood.id for flood in mine],
    }
    if mine:
        return {**row, "outcome": STANDS, "says": mine[0].reason}
    if lost:
        return {**row, "outcome": UNKNOWN, "says": f"{', '.join(sorted(set(lost)))} could not be read again"}
    where = counted(len(step["receivers"]), "host")
    says = (
        f"{bit_rate(row['before'])} before, nothing now at {where}" if step["receivers"] else "no flood waits any more"
    )
    return {**row, "outcome": CURED, "says": says}


def _outcome_text(rows: Sequence[Row], new: Sequence[Row]) -> str:
    lines = [
        f"{row['outcome'].upper():<8} {cut(row['host'], 40)}, {cut(', '.join(row['vips']), 60)}:"
        f" {cut(row['says'], 200)}"
        for row in rows
    ]
    lines += [f"NEW      {cut(row['reason'], 200)}" for row in new]
    return "\n".join(lines) or "Nothing was planned, and nothing stands."
