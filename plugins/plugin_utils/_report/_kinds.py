"""The kinds of verdicts that a report can hold, one row a kind: what it is about, the words for it, and what its files
are called.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, check_schema

USERS, FLOODS = (
    "users",
    "floods",
)  # families: kinds of one family have findings of one shape, and are drawn by the same code


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of verdict. STATUSES: most serious first, the order of every listing; ``excepted`` is what the operator
    excepted.

    SUBJECT: the field of a finding that says what it is about. NOUN and its PLURAL: that in words, JUDGED the count of
    them.
    STEM: how the files begin. METRICS: what stands before the names of metrics, so that several kinds fit into one
    folder.
    """

    schema: str
    version: int
    family: str
    statuses: tuple[str, ...]
    subject: str
    noun: str
    plural: str
    judged: str
    stem: str
    metrics: str
    title: str
    trouble: str

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts that a summary of this kind holds."""
        return (*self.statuses, "hosts_judged", "hosts_missing", "guests_judged", self.judged, "gaps", "quarantined")


MACS = Kind(
    schema="netops.layer2/verdict",
    version=1,
    family=USERS,
    statuses=("conflict", "suspected", "latent", "shared", "excepted"),
    subject="mac",
    noun="MAC",
    plural="MAC addresses",
    judged="macs_judged",
    stem="layer2-report",
    metrics="",
    title="Duplicate MAC addresses",
    trouble="machines share a MAC on one segment right now",
)
ADDRESSES = Kind(
    schema="netops.layer2/ip-verdict",
    version=1,
    family=USERS,
    statuses=("conflict", "suspected", "latent", "handed_over", "shared", "excepted"),
    subject="address",
    noun="IP address",
    plural="IP addresses",
    judged="addresses_judged",
    stem="layer2-addresses",
    metrics="ip_",
    title="Duplicate IP addresses",
    trouble="machines have one IP address on one segment right now",
)
FLOOD_VERDICTS = Kind(
    schema="netops.layer2/flood-verdict",
    version=1,
    family=FLOODS,
    statuses=("flooding", "latent", "excepted"),
    subject="destination",
    noun="flood",
    plural="floods",
    judged="hosts_sampled",
    stem="layer2-flooding",
    metrics="flood_",
    title="Unknown unicast flooding",
    trouble="interfaces receive what is for others",
)
# Every status of any kind, as the options of plugins list them.
STATUSES = tuple(dict.fromkeys(status for kind in (MACS, FLOOD_VERDICTS) for status in kind.statuses))
KINDS: Mapping[str, Kind] = {kind.schema: kind for kind in (MACS, ADDRESSES, FLOOD_VERDICTS)}


def kind_of(verdict: Mapping[str, Any], where: str) -> Kind:
    """The kind of VERDICT; ReportError if it is none, or of a version that is newer than this collection."""
    kind = KINDS.get(str(verdict.get("schema")))
    if kind is None:
        raise ReportError(f"{where}.schema: expected {' or '.join(KINDS)}, found {str(verdict.get('schema'))[:60]!r}")
    check_schema(verdict, kind.schema, kind.version, where)
    return kind


# Rules that a run may fail on though their status is harmless by itself: two machines that are probably in one segment.
SELECTABLE_RULES = ("probably_one_segment",)
# Hosts that gave no snapshot: whoever watches a fleet may want to be told that nobody looks.
# All that a run may be told to fail on, as the options of plugins list them.
MISSING = "missing"
FAIL_ON = (*STATUSES, *SELECTABLE_RULES, MISSING)


def statuses_of(kind: Kind) -> tuple[str, ...]:
    """All that a run may be told to fail on in a report of this KIND."""
    return (*kind.statuses, *(SELECTABLE_RULES if kind.family == USERS else ()), MISSING)


def check_statuses(kind: Kind, wanted: object) -> list[str]:
    """The statuses WANTED, if KIND has them, and rules that can be selected; ReportError otherwise."""
    statuses = [str(status) for status in wanted] if isinstance(wanted, (list, tuple)) else [str(wanted)]
    known = statuses_of(kind)
    for status in statuses:
        if status not in known:
            raise ReportError(f"unknown status {status[:40]!r}; choose from {', '.join(known)}")
    return statuses
