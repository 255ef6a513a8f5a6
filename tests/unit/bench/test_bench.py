"""The bench's own correctness: its fleet, its fact cache, its check of results, and a whole run on twenty hosts."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip(
    "tests.bench", reason="ansible-test runs without the checkout's root on its path; `make test` runs this file, too"
)
pytest.importorskip("ansible.cli", reason="the bench runs ansible-playbook")

from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from tests.bench import before, collecting, events, judging, material, report, scaling, scanning
from tests.bench.__main__ import QUICK, Bench, parser
from tests.bench.fleet import NEIGHBOURS, Fleet
from tests.bench.judging import Sized
from tests.bench.measure import BenchError, Run, median, run
from tests.bench.part import Part

pytestmark = pytest.mark.skipif(not material.PLAYBOOK.exists(), reason="no ansible-playbook beside this Python")


def documents(fleet: Fleet) -> list[dict]:
    return [fleet.snapshot(number) for number in range(fleet.hosts)]


def test_a_host_has_eight_nics_and_two_hundred_neighbours():
    for number in (0, 1, 5, 19):
        snapshot = QUICK.snapshot(number)
        nics = [nic for nic in snapshot["interfaces"] if nic["link_type"] == "ether"]
        # A hypervisor whose second guest is shut off lacks that guest's tap.
        assert len(nics) in (7, 8) and len(snapshot["neighbors"]["rows"]) == NEIGHBOURS
        assert len(set(snapshot["neighbors"]["rows"])) == NEIGHBOURS


def test_the_fleet_is_the_same_at_every_run():
    assert documents(QUICK) == documents(Fleet(20, 10))


def test_snapshots_follow_their_schema():
    jsonschema = pytest.importorskip("jsonschema")
    path = material.ROOT / "docs" / "schemas" / "snapshot-v1.json"
    schema = json.loads(path.read_text())
    for number in (0, 1, 5):
        jsonschema.validate(QUICK.snapshot(number), schema)


def test_the_check_sees_a_missed_twin_and_one_too_many():
    verdict = mac_collisions(documents(QUICK))
    assert material.check(verdict, QUICK.expected(), QUICK.hosts) == ""
    missed = copy.deepcopy(verdict)
    missed["findings"].pop(0)
    assert "conflict" in material.check(missed, QUICK.expected(), QUICK.hosts)
    more = copy.deepcopy(verdict)
    more["findings"].append({**more["findings"][-1], "mac": "52:54:00:ff:ff:ff"})
    assert "latent" in material.check(more, QUICK.expected(), QUICK.hosts)
    assert "hosts_judged" in material.check(verdict, QUICK.expected(), QUICK.hosts + 1)


def test_the_fact_cache_is_what_ansible_itself_writes(tmp_path):
    """One host's facts as set_fact caches them, and as the bench writes them."""
    material.write(Fleet(1, 1), tmp_path, naive=False)
    (ours,) = (tmp_path / "cache").iterdir()
    text = json.dumps(Fleet(1, 1).snapshot(0), separators=(",", ":"))
    (tmp_path / "text.json").write_text(text)
    (tmp_path / "cache-it.yml").write_text("""---
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact:
        layer2_snapshot: "{{ lookup('ansible.builtin.file', 'text.json') | string }}"
        cacheable: true
""")
    settings = material.environment(tmp_path, "written")
    run([material.PLAYBOOK, "-i", "inventory", "-c", "local", "cache-it.yml"], tmp_path, settings)
    (theirs,) = (tmp_path / "written").iterdir()
    assert theirs.name == ours.name
    assert _facts(theirs.read_text()) == _facts(ours.read_text()) == {"layer2_snapshot": text}


def _facts(text: str) -> dict:
    content = json.loads(text)
    facts = json.loads(content["__payload__"]) if "__payload__" in content else content
    value = facts["layer2_snapshot"]
    return {"layer2_snapshot": value if isinstance(value, str) else value["value"]}


def test_a_run_counts_what_it_cost_and_fails_with_its_command(tmp_path):
    burn = "x = bytearray(64 << 20)\nimport time\nwhile time.process_time() < 0.2: pass\nprint('done')"
    made = run([sys.executable, "-c", burn], tmp_path)
    assert made.output == "done\n" and made.cpu >= 0.2 and made.peak >= 64
    with pytest.raises(BenchError, match="exit status 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_daemons_are_counted_and_ended(tmp_path):
    """In a process of its own, since it adopts orphans: a child that leaves a busy daemon behind, as ssh does."""
    code = """
import sys
from pathlib import Path
from tests.bench.measure import adopt_orphans, run
daemon = "import time\\nwhile time.process_time() < 0.3: pass\\nopen('ready', 'w').close()\\ntime.sleep(600)"
leave = ("import os, subprocess, sys, time\\nsubprocess.Popen([sys.executable, '-c', %r], start_new_session=True, "
         "stdout=subprocess.DEVNULL)\\nwhile not os.path.exists('ready'): time.sleep(0.01)" % daemon)
adopt_orphans()
print(run([sys.executable, "-c", leave], Path(sys.argv[1]), adopting=True).cpu)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=material.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert float(done.stdout) >= 0.3


def test_medians_are_taken_figure_by_figure():
    runs = [Run(1, 9, 5, "a"), Run(2, 7, 6, "b"), Run(3, 8, 4, "c")]
    assert median(runs) == Run(2, 8, 5, "c")


def test_the_page_says_what_was_reached_and_what_not():
    half, large = (Run(wall, wall, 300, "") for wall in (4.0, 9.5))
    sizes = [
        Sized(hosts, 208 * hosts, run, run, run, run, run, None, None) for hosts, run in ((5000, half), (10000, large))
    ]
    ping, ours, setup = Run(10, 5, 1, ""), Run(12, 7, 1, ""), Run(20, 6, 1, "")
    verdict = [*judging.targets(sizes)]
    collected = [*collecting.targets(collecting.Collected(40, 3, {"ping": ping, "layer2_facts": ours, "setup": setup}))]
    assert [good for good, _what in verdict + collected] == [True] * 6 + [False, False, True]
    page = report.page([Part("one\n", verdict), Part("other\n", collected)], ["scanning, since it rains"])
    assert page.count("- reached") == 7 and page.count("**not reached**") == 2
    assert "2.38" in page and "1.40" in page and page.endswith("one\nother\nLeft out: scanning, since it rains.\n")


def test_memory_is_held_against_the_limit_in_the_same_unit():
    run = Run(1, 1, 390, "")  # MiB: 409 MB
    assert [
        good for good, what in judging.targets([Sized(10000, 1, run, run, run, run, run, None, None)]) if "MB" in what
    ] == [False] * 3


@pytest.mark.parametrize(
    ("error", "said"),
    [(BenchError("nothing was found"), "nothing was found"), (OSError("no disk"), "no disk"),
     (AssertionError(), "AssertionError")],
)  # fmt: skip
def test_a_part_that_goes_wrong_spoils_no_other_one(tmp_path, monkeypatch, capsys, error, said):
    def wrong(*_arguments):
        raise error

    monkeypatch.setattr(scanning, "obstacle", lambda: "")
    monkeypatch.setattr(scanning, "part", wrong)
    bench = Bench(parser().parse_args(["--only", "scanning", "--write", str(tmp_path / "bench.md")]))
    bench.parts.append(Part("one\n", []))
    bench.add("scanning")
    bench.add("flooding")
    assert bench.failed
    text = (tmp_path / "bench.md").read_text()
    assert text.endswith(
        f"one\nLeft out: scanning, since it went wrong: {said}.\nLeft out: flooding, since it was not asked"
        " for.\n"
    )
    assert ("Traceback" in capsys.readouterr().err) is not isinstance(error, BenchError)


@pytest.mark.slow
def test_a_whole_run_on_twenty_hosts(tmp_path):
    page = tmp_path / "bench.md"
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--quick", "--write", str(page)], cwd=material.ROOT,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == page.read_text()
    ways = ["hostvars", "not injected", "cache folder", "alone", "naive", "nothing"]
    assert all(f"| {way} " in done.stdout for way in ways) and "20 hosts" in done.stdout
    assert "Left out: collecting, since it was not asked for." in done.stdout
    assert str(material.ROOT) not in done.stdout


def test_parts_that_are_asked_for_find_the_collection_by_themselves():
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # as `make bench` runs it
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--only", "events"], cwd=material.ROOT, env=settings,
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "- reached: a host's snapshot takes" in done.stdout
    assert "Left out: verdict, since it was not asked for." in done.stdout


def test_ten_times_the_hosts_may_take_eleven_times_the_time():
    small, large = Run(8, 7, 136, ""), Run(90, 76, 1300, "")
    assert [reached for reached, _what in scaling.targets(scaling.SIZES, [small, large])] == [True, True]
    assert [reached for reached, _what in scaling.targets(scaling.SIZES, [small, Run(90, 78, 1500, "")])] == [
        False,
        False,
    ]


def test_a_larger_fleet_is_written_without_what_only_the_plays_need_and_judged(tmp_path):
    made = judging.alone(QUICK, _bare(tmp_path))
    assert made.cpu > 0 and sorted(path.name for path in tmp_path.iterdir() if path.name != "placed") == ["cache"]


def _bare(folder):
    material.write(QUICK, folder, naive=False, bare=True)
    return folder


def test_a_host_takes_little_of_a_jobs_events():
    sizes = events.measure(20)
    assert max(sizes.packed) <= events.MOST and sum(sizes.packed) * 3 < sum(sizes.open)
    assert all(ok for ok, _what in events.targets(sizes))


def test_the_code_before_observations_judges_the_same_fleet_by_itself(tmp_path):
    reason = before.obstacle()
    if reason:
        pytest.skip(reason)
    fleet = Fleet(20, 10)
    judging.write(fleet, tmp_path)
    tree = before.unpack(tmp_path)
    assert not list(tree.glob("plugins/plugin_utils/**/_observation.py"))
    assert list(material.ROOT.glob("plugins/plugin_utils/**/_observation.py"))
    broken = tmp_path / "broken"
    shutil.copytree(tree, broken)
    (broken / "plugins/plugin_utils/_verdict/_verdicts.py").write_text("raise ImportError('the other tree')")
    for judged in before.WAYS.values():
        assert judged(fleet, tmp_path, tree).cpu > 0  # and found what was planted
        with pytest.raises(BenchError, match="the other tree"):
            judged(fleet, tmp_path, broken)


@pytest.mark.parametrize(("cpu", "peak", "reached"), [(1.1, 1.1, True), (1.2, 1.0, False), (1.0, 1.2, False)])
def test_what_observations_cost_is_held_against_a_tenth(cpu, peak, reached):
    (only,) = before.targets({"alone": (Run(9.0, 1.0, 1.0, ""), Run(9.0, cpu, peak, ""))})
    assert only[0] is reached and f"alone: {cpu:.2f} and {peak:.2f}" in only[1]
