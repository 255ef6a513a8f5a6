"""The JSON Schema in docs/ says what the report document really is."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, not_compared
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..flood_builders import incident2, incident2_samples
from .sample_reports import address_verdict, compared_with, document, finding, owner, wrapped

jsonschema = pytest.importorskip("jsonschema", reason="the jsonschema package is not installed")
referencing = pytest.importorskip(
    "referencing", reason="the referencing package, which jsonschema brings, is not installed"
)
SCHEMA = Path(__file__).resolve().parents[5] / "docs" / "schemas" / "report-v1.json"


def errors(made):
    registry = referencing.Registry().with_resource(
        "flood-verdict-v1.json",
        referencing.Resource.from_contents(json.loads((SCHEMA.parent / "flood-verdict-v1.json").read_text())),
    )
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()), registry=registry)
    return [error.json_path for error in validator.iter_errors(made)]


def snapshot(host, address):
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": host,
        "collected_at": 1.0,
        "duration": 0.1,
        "collector": "0.1.0",
        "source": "live",
        "identity": {"hostname": host, "machine_id": host * 9},
        "observed": ["interfaces", "neighbors"],
        "gaps": [{"subset": "guests", "reason": "no libvirt"}],
        "interfaces": [
            {
                "name": "eth0",
                "index": 2,
                "mac": "52:54:00:0c:1d:f5",
                "link_type": "ether",
                "up": True,
                "carrier": True,
                "flags": ["UP"],
                "addresses": [{"address": address, "prefix": 23, "scope": "global"}],
            }
        ],
        "neighbors": {
            "columns": ["netns", "interface", "address", "mac", "state", "flags"],
            "rows": [
                "- eth0 192.168.100.30 52:54:00:0c:1d:f5 REACHABLE -",
                "- eth0 192.168.100.25 52:54:00:0c:1d:f5 REACHABLE -",
            ],
        },
    }


@pytest.mark.parametrize("judged", [
    ip_conflicts([snapshot("hv1", "192.168.100.30"), snapshot("hv2", "192.168.100.30"), "{broken"]),
    ip_conflicts([snapshot("hv1", "192.168.100.30"), snapshot("hv2", "192.168.100.25")], list_shared=True),
    flooding_causes(incident2(), incident2_samples()), flooding_causes(incident2()), flooding_causes([]),
], ids=["addresses", "shared", "floods", "latent", "nothing"])
def test_verdicts_of_other_kinds_make_valid_reports(judged):
    assert errors(json.loads(json.dumps(wrapped(judged)))) == []


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"findings": [{}]}, {"summary": {}}, {"schema": "netops.layer2/weather"}]
)
@pytest.mark.parametrize("made", [address_verdict, lambda: flooding_causes(incident2())])
def test_what_is_no_verdict_of_its_kind_makes_no_valid_report(made, change):
    assert errors({**wrapped(made()), "verdict": {**made(), **change}})


def test_a_verdict_of_the_core_makes_a_valid_report():
    judged = mac_collisions([snapshot("hv1", "192.168.100.30"), snapshot("hv2", "192.168.100.25"), "{broken"])
    assert judged["findings"] and judged["coverage"]["gaps"]
    made = {**document(), "verdict": judged}
    assert errors(made) == []
    assert parse(made).summary["gaps"] == 8  # of each host one of its own, and three tables that it does not hold


@pytest.mark.parametrize(
    "made",
    [
        document(),
        document([]),
        document([finding(exception={"reason": "known", "expires": "2027-01-01"})]),
        {**document(), "comparison": not_compared("old.json", "cut off")},
        compared_with(
            wrapped(flooding_causes(incident2(), incident2_samples())),
            wrapped(flooding_causes(incident2(), incident2_samples()[:1])),
        ),
        compared_with(wrapped(flooding_causes([], [])), wrapped(flooding_causes(incident2(), incident2_samples()))),
        compared_with(
            wrapped(flooding_causes(incident2())), wrapped(flooding_causes(incident2(), incident2_samples()))
        ),
        compared_with(wrapped(address_verdict([])), wrapped(address_verdict())),
        {
            **document([]),
            "comparison": compare(parse(document([finding("a")])), parse(document([finding("a"), finding("b")])), "x"),
        },
    ],
)
def test_every_kind_of_document_is_valid(made):
    assert errors(made) == []


@pytest.mark.parametrize(("change", "where"), [
    ({"version": 2}, "$.version"), ({"created": "yesterday"}, "$.created"), ({"comparison": {}}, "$.comparison"),
    ({"notes": [{"host": "a"}]}, "$.notes[0]"), ({"verdict": document([finding(owners=[owner(5)])])["verdict"]},
                                                 "$.verdict.findings[0].owners[0].host"),
])
def test_the_schema_refuses_what_is_none(change, where):
    assert errors({**document(), **change}) == [where]
