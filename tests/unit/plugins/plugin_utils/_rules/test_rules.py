"""A rule is one file and one row, of each kind: a toy one decides a verdict, and none of ours is left out of its list.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes import _list as causes
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address import _list as of_addresses
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac import _list as of_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import server
from ..flood_builders import incident2, incident2_samples

M, A, B = "00:25:90:00:aa:01", "00:25:90:00:aa:02", "00:25:90:00:aa:03"
# The whole files of new rules.
SHARING = """
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing

def toy(contest):
    return Sharing("toy", "toys may share it") if contest.%s == "%s" else None
"""
CAUSE = """
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import Ruling

def toy(case):
    return Ruling("toy_cause", "toy", "a toy lies on the switch", "high") if case.flood else None
"""


def new_rule(tmp_path, monkeypatch, text):
    """The function of a file of its own."""
    name = f"layer2_toy_rule_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module(name).toy


def rules_told(verdict):
    return [(one["status"], one["rule"]) for one in verdict["findings"]]


def test_a_new_reason_for_a_mac_is_one_file_and_one_row(tmp_path, monkeypatch):
    fleet = [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23")]
    assert rules_told(mac_collisions(fleet)) == [("conflict", "proven_twins")]
    monkeypatch.setattr(of_macs, "RULES", (*of_macs.RULES, new_rule(tmp_path, monkeypatch, SHARING % ("mac", M))))
    assert rules_told(mac_collisions(fleet, list_shared=True)) == [("shared", "toy")]


def test_a_new_reason_for_an_address_is_one_file_and_one_row(tmp_path, monkeypatch):
    fleet = [server("a", A, "192.168.100.4/23"), server("b", B, "192.168.100.4/23")]
    assert rules_told(ip_conflicts(fleet)) == [("conflict", "two_owners")]
    toy = new_rule(tmp_path, monkeypatch, SHARING % ("address", "192.168.100.4"))
    monkeypatch.setattr(of_addresses, "RULES", (*of_addresses.RULES, toy))
    assert rules_told(ip_conflicts(fleet, list_shared=True)) == [("shared", "toy")]


def test_a_new_cause_of_a_flood_is_one_file_and_one_row(tmp_path, monkeypatch):
    monkeypatch.setattr(
        causes, "RULES", (causes.Row("toy_cause", new_rule(tmp_path, monkeypatch, CAUSE)), *causes.RULES)
    )
    verdict = flooding_causes(incident2(), incident2_samples())
    assert {one["cause"] for one in verdict["findings"]} == {"toy_cause"} and verdict["summary"]["toy_cause"] == 1
    assert [other["cause"] for one in verdict["findings"] for other in one["also"]] == ["asymmetric_return"]


@pytest.mark.parametrize(
    ("room", "listed"),
    [(of_macs, of_macs.RULES), (of_addresses, of_addresses.RULES), (causes, [row.find for row in causes.RULES])],
    ids=["MAC", "address", "flood"],
)
def test_every_rule_has_its_row(room, listed):
    """A rule is a public function of the room that returns a reason or nothing."""
    package = room.__name__.rpartition(".")[0]
    modules = [
        importlib.import_module(f"{package}.{path.stem}")
        for path in Path(room.__file__).parent.glob("_*.py")
        if path.stem != "__init__"
    ]
    found = {function for module in modules for name, function in inspect.getmembers(module, inspect.isfunction)
             if function.__module__ == module.__name__ and not name.startswith("_") and module is not room
             and inspect.signature(function).return_annotation in ("Sharing | None", "Ruling | None")}
    assert found == set(listed) and len(set(listed)) == len(listed)
