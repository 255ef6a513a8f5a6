"""What passes of a host's answer: documented keys of the documented types, equal to the modules' documentation, within
bounds.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.plugin_utils import _answers
from ansible_collections.netops.layer2.plugins.plugin_utils._answers import ANSWERS, FACTS, AnswerError, accept
from hypothesis import given
from hypothesis import strategies as st

MODULES = Path(_answers.__file__).parents[1] / "modules"
# Their actions do the work on the controller; nothing answers them from a host.
ON_THE_CONTROLLER = {path.stem for path in MODULES.glob("*.py")} - ANSWERS.keys()


def returned(module):
    """The documented results of a module."""
    tree = ast.parse((MODULES / f"{module}.py").read_text(encoding="utf-8"))
    found = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return yaml.safe_load(found["RETURN"])


@pytest.mark.parametrize("module", sorted(ANSWERS))
def test_the_table_says_what_the_documentation_says(module):
    documented = returned(module)
    assert {name: field["type"] for name, field in documented.items()} == ANSWERS[module]
    assert set(documented.get("ansible_facts", {}).get("contains", {})) == FACTS.get(module, set())


def test_no_module_that_runs_on_a_host_is_forgotten():
    runs_here = {path.stem for path in MODULES.glob("*.py") if "AnsibleModule(" not in path.read_text(encoding="utf-8")}
    assert runs_here == ON_THE_CONTROLLER


def test_what_is_documented_passes_as_it_is():
    answer = {"changed": False, "msg": "read", "ansible_facts": {"layer2_snapshot": "{}"}, "summary": {"gaps": ["a"]}}
    assert accept("layer2_facts", answer) == _answers.Accepted(answer, ())


@pytest.mark.parametrize(
    "name", ["report_directory", "mac_regenerate_live", "ansible_host", "layer2_scan", "layer2_flood_sample"]
)
def test_no_fact_but_the_modules_own_passes(name):
    accepted = accept("layer2_facts", {"ansible_facts": {"layer2_snapshot": "{}", name: "x"}})
    assert accepted.answer == {"ansible_facts": {"layer2_snapshot": "{}"}}
    assert accepted.left_out == (f"ansible_facts.{name}",)


@pytest.mark.parametrize(
    "name",
    ["skipped", "unreachable", "results", "ansible_stats", "add_host", "_ansible_item_label", "retries", "diff2"],
)
def test_no_other_key_passes(name):
    assert accept("interface_mac", {"changed": True, name: {"a": 1}}) == _answers.Accepted({"changed": True}, (name,))


@pytest.mark.parametrize("module", sorted(set(ANSWERS) - set(FACTS)))
def test_modules_without_facts_return_none(module):
    assert accept(module, {"ansible_facts": {"report_directory": "/"}}) == _answers.Accepted({}, ("ansible_facts",))


@pytest.mark.parametrize(
    ("module", "answer", "says"),
    [
        ("layer2_facts", {"ansible_facts": []}, "ansible_facts: expected a dictionary, found list"),
        (
            "layer2_facts",
            {"ansible_facts": {"layer2_snapshot": {"host": "x"}}},
            "layer2_snapshot: expected one JSON text, found dict",
        ),
        ("layer2_facts", {"changed": "yes"}, "changed: expected bool, found str"),
        ("layer2_facts", {"failed": {}}, "failed: expected bool, found dict"),
        ("layer2_facts", {"msg": ["a"]}, "msg: expected str, found list"),
        ("interface_mac", {"announced": True}, "announced: expected int, found bool"),
        ("interface_mac", {"revert": "id"}, "revert: expected dict, found str"),
        ("policy_route", {"diff": "text"}, "diff: expected a dictionary or list, found str"),
        ("arp_scan", {"resume": {"target": 1}}, "resume: expected str, found dict"),
    ],
)
def test_another_type_is_refused_with_its_field(module, answer, says):
    with pytest.raises(AnswerError, match=f"^(ansible_facts.)?{says}$"):
        accept(module, answer)


@pytest.mark.parametrize(("module", "name", "said", "kept"), [
    ("interface_mac", "interface", "eth0.5", "eth0.5"),
    ("interface_mac", "interface", "{{x}}\x1b[2J", "%7B%7Bx%7D%7D%1B%5B2J"),
    ("interface_mac", "manager", ".link file", ".link file"),
    ("interface_mac", "mac", "52:54:00:00:00:01", "52:54:00:00:00:01"),
    ("policy_route", "gateway_mac", "{% b %}", "%7B%25%20b%20%25%7D"),
    ("announce_guest", "tap", "vnet0\u202e", "vnet0%E2%80%AE"),
    ("confirmed_change", "state", "armed\r\nconfirmed", "armed%0D%0Aconfirmed"),
    ("confirmed_change", "deadline", "2026-03-01T12:02:00Z", "2026-03-01T12:02:00Z"),
    ("libvirt_nic_mac", "uuid", "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11", "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11"),
])
def test_a_name_in_an_answer_holds_what_such_a_name_is_made_of(module, name, said, kept):
    assert accept(module, {name: said}).answer == {name: kept}


@given(st.text(max_size=90), st.text(max_size=90), st.sampled_from(sorted(_answers.NAMES)))
def test_two_names_in_answers_stay_two_and_steer_nothing(one, other, name):
    module = next(module for module, fields in ANSWERS.items() if name in fields)
    kept = [accept(module, {name: said}).answer[name] for said in (one, other)]
    assert (kept[0] == kept[1]) == (one == other)
    assert all(text.isascii() and text.isprintable() and not {"{", "}"} & set(text) for text in kept)


def test_names_are_documented_texts():
    assert all(fields.get(name, "str") == "str" for fields in ANSWERS.values() for name in _answers.NAMES)
    assert set(_answers.NAMES) <= {name for fields in ANSWERS.values() for name in fields}


def test_a_key_that_is_left_out_is_named_without_its_escapes():
    assert accept("interface_mac", {"a\x1b{{b}}": 1, "a%1B": 2}).left_out == ("a%1B%7B%7Bb%7D%7D", "a%251B")


def test_null_stands_for_a_field_that_says_nothing():
    assert accept("libvirt_nic_mac", {"live": None}).answer == {"live": None}


class Summary:
    """As ansible-core's own of a warning or a failure (2.19 and newer), which a host can send, too."""

    def __init__(self, msg):
        self.event = SimpleNamespace(msg=msg)


def test_a_summary_of_a_failure_is_left_to_ansible_core_and_what_a_host_sends_in_its_place_is_refused():
    assert accept("interface_mac", {"failed": True, "exception": Summary("x")}).answer == {"failed": True}
    assert accept("interface_mac", {"failed": True, "exception": "Traceback"}).answer["exception"] == "Traceback"
    for sent in ({"strip": 1}, ["x"], 5, True):
        with pytest.raises(AnswerError, match="exception: expected str"):
            accept("interface_mac", {"exception": sent})


STEERING = "\x1b[2J\r\x9b2J\u202e\ud800"
ESCAPED = r"\x1b[2J\r\x9b2J\u202e\ud800"


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("msg", f"a\n\tb{STEERING}", f"a\n\tb{ESCAPED}"),
        ("exception", STEERING, ESCAPED),
        ("module_stderr", STEERING, ESCAPED),
        ("files", [STEERING, [STEERING]], [ESCAPED, [ESCAPED]]),
        ("revert", {STEERING: {"document": STEERING}}, {ESCAPED: {"document": ESCAPED}}),
        ("diff", [{"before": STEERING, "after": "a\nb"}], [{"before": ESCAPED, "after": "a\nb"}]),
        ("warnings", [STEERING, {"msg": STEERING}, Summary(STEERING)], [ESCAPED] * 3),
        ("deprecations", [STEERING, {"msg": STEERING}, Summary(STEERING)], [{"msg": ESCAPED}] * 3),
        ("warnings", [5, None, {}, Summary(5)], ["of an unknown kind: int", "of an unknown kind: NoneType",
                                                 "of an unknown kind: dict", "of an unknown kind: Summary"]),
    ],
)
def test_nothing_in_an_answer_steers_a_terminal(name, said, kept):
    """ansible-core prints messages, warnings and differences as they are."""
    assert accept("interface_mac", {name: said}).answer == {name: kept}


def test_documents_in_an_answer_stay_as_they_are():
    capture = {"document": STEERING, "interface": STEERING}
    kept = accept("packet_capture", {"captures": [capture]}).answer["captures"]
    assert kept == [{"document": STEERING, "interface": ESCAPED}]
    assert accept("vmware_guests", {"document": STEERING}).answer == {"document": STEERING}
    assert accept("layer2_facts", {"ansible_facts": {"layer2_snapshot": STEERING}}).answer["ansible_facts"] == {
        "layer2_snapshot": STEERING
    }


def test_what_is_printed_without_being_asked_for_is_bounded():
    told = accept("interface_mac", {"warnings": ["w" * 5_000] * 5_000, "diff": {"after": "d" * 5_000_000}}).answer
    assert told["warnings"] == ["w" * _answers.LONGEST_WARNING + "..."] * _answers.MOST_WARNINGS + ["and 4980 more"]
    assert len(told["diff"]["after"]) == _answers.LONGEST_DIFF + 3


def test_texts_are_bounded_and_documents_beside_them_are_larger(monkeypatch):
    monkeypatch.setattr(_answers, "LARGEST_TEXTS", 1_000)
    large = "x" * 2_000
    for module, field in (("interface_mac", {"files": [large]}), ("packet_capture", {"captures": [{"note": large}]})):
        with pytest.raises(AnswerError, match=r"no more than .* and 1000 characters"):
            accept(module, field)
    accept("packet_capture", {"captures": [{"document": large}]})
    accept("vmware_guests", {"document": large})


def test_a_long_message_is_cut():
    assert len(accept("layer2_facts", {"msg": "x" * 1_000_000}).answer["msg"]) == _answers.LONGEST_MESSAGE + 3


def test_an_answer_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(_answers, "MOST_NODES", 100)
    monkeypatch.setattr(_answers, "LARGEST_ANSWER", 1000)
    monkeypatch.setattr(_answers, "LARGEST_FACT", 1000)
    for answer in (
        {"summary": {"gaps": ["x"] * 200}},
        {"summary": {"gaps": ["x" * 1001]}},
        {"summary": {"x" * 1001: 1}},
    ):
        with pytest.raises(AnswerError, match="too large"):
            accept("layer2_facts", answer)
    with pytest.raises(AnswerError, match="layer2_snapshot: 1001 characters"):
        accept("layer2_facts", {"ansible_facts": {"layer2_snapshot": "x" * 1001}})


def test_an_answer_nested_without_end_is_refused():
    nested = []
    for _level in range(5000):
        nested = [nested]
    with pytest.raises(AnswerError, match="nested deeper than 32 levels"):
        accept("layer2_facts", {"summary": {"gaps": nested}})
