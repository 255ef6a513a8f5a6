"""The JSON Schema in docs/ says what the verdict on floods really is, and docs/flooding.md names every rule."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _causes
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import PLATFORMS
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._list import cause_names
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes

from ..builders import nic
from ..flood_builders import (
    CLIENT_MAC,
    host,
    incident2,
    incident2_samples,
    loopback,
    real_server,
    sample,
    sampled,
    switch2,
    talker,
)

jsonschema = pytest.importorskip("jsonschema", reason="the jsonschema package is not installed")
DOCS = Path(__file__).resolve().parents[5] / "docs"


def errors(verdict):
    schema = json.loads((DOCS / "schemas" / "flood-verdict-v1.json").read_text())
    return [
        f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(verdict)
    ]


@pytest.mark.parametrize(
    ("fleet", "samples"),
    [
        (incident2(), incident2_samples()),
        (incident2(), None),
        ([], incident2_samples()),
        ([], None),
        (incident2(sw2=switch2(ageing=10.0, topology_change=True, uplink_learns=False)), incident2_samples()),
        (incident2(twin=host("twin1", nic("eth0", CLIENT_MAC, "192.0.2.77/24"))), incident2_samples()),
        (["{broken", *incident2(server=real_server(observed=["interfaces"]))], ["{broken"]),
        (
            incident2(),
            [
                sample(
                    "client1",
                    sampled(
                        "eth0",
                        talker(
                            vlan="20",
                            source_ip="-",
                            destination_ip="-",
                            protocol="0x88cc",
                            source_port="-",
                            destination_port="-",
                        ),
                    ),
                    sampled("eth1", verdict="cannot_tell"),
                )
            ],
        ),
        (incident2(server=real_server(vip=loopback("2001:db8::5/128"))), None),
    ],
)
def test_every_verdict_is_valid(fleet, samples):
    verdict = json.loads(json.dumps(flooding_causes(fleet, samples)))
    assert errors(verdict) == []


@pytest.mark.parametrize("change", [{"version": 2}, {"findings": [{"id": "x"}]}, {"summary": {}}, {"coverage": {}}])
def test_the_schema_refuses_what_is_no_verdict(change):
    assert errors({**flooding_causes(incident2(), incident2_samples()), **change})


def test_the_page_names_every_cause_and_rule_and_platform():
    page = (DOCS / "flooding.md").read_text()
    source = "".join(path.read_text() for path in Path(_causes.__file__).parent.glob("*.py"))
    rules = set(re.findall(r'Ruling\(\s*"\w+",\s*"(\w+)"', source))
    assert len(rules) > 10 and all(f"`{name}`" in page for name in rules | set(cause_names()) | set(PLATFORMS))
