"""Inputs that broke a reader once, tried again; and the fuzzer itself, so that it finds what there is to find."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import os
import random
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip(
    "tests.fuzz", reason="ansible-test runs without the checkout's root on its path; `make test` runs this file, too"
)
from tests.fuzz import pages, samples
from tests.fuzz.minimise import minimised
from tests.fuzz.mutation import VALUES, every_node, mutated
from tests.fuzz.part import Session, by_chance, by_node
from tests.fuzz.target import JSON, TEXT, Broken, Target, promise
from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import prepare, tried

ROOT = Path(__file__).resolve().parents[3]
FOUND = json.loads((ROOT / "tests/fuzz/found.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def clock() -> None:
    """Each trial ends when its CPU time is over."""
    prepare()


def runnable(name: str) -> Target:
    target = TARGETS[name]
    if target.obstacle():
        pytest.skip(target.obstacle())
    return target


@pytest.mark.parametrize("entry", FOUND, ids=[f"{entry['target']}: {entry['what']}" for entry in FOUND])
def test_what_broke_a_reader_once_does_no_more(entry):
    octets = base64.b64decode(entry["octets"]) if "octets" in entry else entry["text"].encode("utf-8", "surrogatepass")
    found = tried(runnable(entry["target"]), octets)
    assert found is None, found.told


def test_the_kept_inputs_are_few_and_small():
    assert (ROOT / "tests/fuzz/found.json").stat().st_size < 200_000
    assert all(set(entry) in ({"target", "what", "octets"}, {"target", "what", "text"}) for entry in FOUND)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_bears_its_samples_and_some_changes_of_them(name, tmp_path):
    target = runnable(name)
    seeds = list(target.seeds())
    assert seeds
    session = Session(target, tmp_path)
    by_chance(session, seeds[:3], 20.0, seed=len(name), most=12)
    assert session.executions == 12
    assert not list(tmp_path.glob("found/*/*.txt")), next(tmp_path.glob("found/*/*.txt")).read_text(encoding="utf-8")


# --- the fuzzer finds what there is to find ---------------------------------------------------------------------------

def target_of(run, shape=TEXT, allowed=(ValueError,)):
    return Target("made-up", "a reader with a fault", run, lambda: [b"12 34"], allowed, shape)


def test_an_allowed_error_is_none_and_any_other_is_a_finding():
    reader = target_of(lambda octets: promise(int(octets) != 7, "seven is lucky"))
    assert tried(reader, b"12") is None and tried(reader, b"x") is None
    found = tried(reader, b"7")
    assert found is not None and found.key == "Broken-seven-is-lucky" and "seven is lucky" in found.told
    assert tried(target_of(lambda octets: {}[octets]), b"x").key.startswith("KeyError-")


def test_what_does_not_end_is_found(monkeypatch):
    monkeypatch.setattr("tests.fuzz.trial.MOST_SECONDS", 0.1)
    assert tried(target_of(lambda octets: re.match(r"(a+)+$", "a" * 40 + "b")), b"").key.startswith("Hang-")


GREEDY = """
from tests.fuzz import target, trial
trial.prepare()
trial.MOST_MEMORY = 64 << 10
greedy = target.Target("greedy", "", lambda octets: bytes(160 << 20).replace(b"\\0", b"x"), list)
print(trial.tried(greedy, b"").key)
"""


def test_what_eats_memory_is_found():
    # In a process of its own: the greatest size of this one is that of all tests before.
    done = subprocess.run([sys.executable, "-c", GREEDY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Blowup-")


@pytest.mark.parametrize("shape", [TEXT, JSON])
def test_a_fault_in_a_document_is_found_by_chance_and_made_small(shape, tmp_path):
    def run(octets):
        for row in json.loads(octets)["rows"]:
            row.upper()

    reader = Target("made-up", "", run, list, (ValueError, KeyError), shape)
    seed = json.dumps({"host": "h", "rows": ["a b", "c d"], "more": [1, 2, 3]}).encode()
    session = Session(reader, tmp_path)
    by_chance(session, [seed], 20.0, seed=1, most=3000)
    (octets,) = [path for path in tmp_path.glob("found/made-up/AttributeError*") if path.suffix != ".txt"]
    least = minimised(reader, octets.read_bytes())
    assert len(least) <= 20, least
    assert json.loads((tmp_path / "tally.json").read_text())["findings"]


def test_every_node_of_a_document_is_changed_once_to_each_value():
    seed = json.dumps({"a": [{"b": 1}, {"b": 2}], "c": None}).encode()
    made = [json.loads(octets) for octets in every_node([seed, b"no document"], random.Random(1))]
    assert len(made) == 4 * (len(VALUES) + 4)  # a, a row, b of a row, c
    assert (
        {"c": None} in made and {"a": [{"b": 1}, {"b": 2}]} in made and {"a": [{"b": 1}, {"b": 2}], "c": [{}]} in made
    )
    assert [{"b": 1}] in [document.get("a") for document in made] or [{"b": 2}] in [
        document.get("a") for document in made
    ]
    assert seed == json.dumps({"a": [{"b": 1}, {"b": 2}], "c": None}).encode()


def test_a_fault_at_a_node_is_found_at_once(tmp_path):
    reader = target_of(lambda octets: json.loads(octets).get("rows", {}).get("deep", [""])[0].upper(), JSON)
    session = Session(
        replace(reader, seeds=lambda: [b'{"rows": {"deep": ["x"]}, "other": 1}'], allowed=(IndexError,)), tmp_path
    )
    by_node(session, 20.0, seed=1)
    assert session.executions < 200 and list(tmp_path.glob("found/*/AttributeError*.txt"))


def test_changed_documents_stay_documents():
    chance = random.Random(1)
    seed = json.dumps({"a": [1, {"b": "x y"}], "c": None}).encode()
    made = [mutated(target_of(print, JSON), seed, [seed], chance) for _number in range(200)]
    documents = [samples.loaded(octets) for octets in made]
    assert sum(document is not None for document in documents) > 150 and len(set(made)) > 100


@pytest.mark.parametrize("markup", ["<fuzz>", "<p onclick=x>", "<a href='http://x'>", "<script></script>" * 3])
def test_markup_of_a_stranger_is_seen(markup):
    pages.check_page("<html><body><p>a &lt;fuzz&gt;</p></body></html>")
    with pytest.raises(Broken):
        pages.check_page(f"<html><body><p>{markup}</p></body></html>")


def test_a_character_that_steers_a_terminal_is_seen():
    pages.check_text("a\nb é")
    with pytest.raises(Broken):
        pages.check_text("a\x1b[2J")


def test_a_filter_that_keeps_other_frames_than_libpcap_is_found(monkeypatch):
    target = runnable("filter-meaning")
    from tests.fuzz import filters
    seeds = list(target.seeds())
    monkeypatch.setattr(filters, "compiled", lambda text, snap: [filters._bpf.instruction(filters._bpf.RETURN, snap)])
    assert any(tried(target, seed) for seed in seeds)


def test_the_command_lists_and_replays(tmp_path):
    # Under ansible-test the collection comes by a hook that a new process has not got
    placed = [str(folder.parent) for folder in ROOT.parents if folder.name == "ansible_collections"]
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([*placed, *filter(None, [os.environ.get("PYTHONPATH")])])}

    def fuzz(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "tests.fuzz", *arguments],
            cwd=ROOT,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )

    listed = {line.split()[0] for line in fuzz("--list").stdout.splitlines()}
    assert "pcap-file" in listed and listed <= set(TARGETS)
    path = tmp_path / "input"
    path.write_bytes(struct.pack("<I", 0xA1B23C4D))
    done = fuzz("pcap-file", "--replay", str(path))
    assert (done.returncode, done.stdout) == (0, "pcap-file bears it\n")
    assert "there are: packet" in fuzz("none").stderr
