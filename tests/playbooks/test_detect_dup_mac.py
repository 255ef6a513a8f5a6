"""The playbook and both roles as a user runs them: real ansible-playbook, this machine, and hosts that do not answer.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import time

import pytest

from .conftest import NOWHERE, PLAYBOOKS, QUIET, extra, here

PLAYBOOK = PLAYBOOKS / "detect_dup_mac.yml"
TWINS = "52:54:00:77:30:25"
AGE = r"5(?:\.\d+)? h"  # of the earlier run, and what this one takes


@pytest.fixture
def run(ansible_playbook):
    """A function that runs a playbook for the fleet, or without an inventory; returns (exit code, output)."""

    def start(*arguments, playbook=PLAYBOOK, inventory=True, cached=True, **environment):
        return ansible_playbook(
            playbook,
            *extra(**QUIET, report_cached=cached),
            *arguments,
            hosts=fleet() if inventory else None,
            **environment,
        )

    return start


def snapshot(host, address):
    """Return what a host with the twins' MAC said."""
    return json.dumps(
        {
            "schema": "netops.layer2/snapshot",
            "version": 1,
            "host": host,
            "collected_at": 1.0,
            "duration": 0.1,
            "collector": "0.1.0",
            "source": "live",
            "identity": {"hostname": host, "machine_id": host * 9},
            "observed": ["interfaces", "neighbors"],
            "gaps": [],
            "interfaces": [
                {
                    "name": "eth0",
                    "index": 2,
                    "mac": TWINS,
                    "permanent_mac": TWINS,
                    "link_type": "ether",
                    "driver": "virtio_net",
                    "up": True,
                    "carrier": True,
                    "operstate": "UP",
                    "flags": ["UP"],
                    "assign_type": 0,
                    "addresses": [{"address": address, "prefix": 23, "scope": "global"}],
                }
            ],
            "neighbors": {
                "columns": ["netns", "interface", "address", "mac", "state", "flags"],
                "rows": [
                    f"- eth0 192.168.100.30 {TWINS} REACHABLE -",
                    f"- eth0 192.168.100.25 {TWINS} REACHABLE -",
                    "- eth0 192.168.100.1 52:54:00:00:00:01 REACHABLE -",
                ],
            },
        }
    )


def fleet():
    """This machine, twins known from an earlier run that do not answer now, and one that never answered."""
    earlier = {"layer2_snapshot_received": f"{time.time() - 5 * 3600:.3f} of-an-earlier-run"}
    return {
        "here": here(),
        "twin30": {**NOWHERE, **earlier, "layer2_snapshot": snapshot("twin30", "192.168.100.30")},
        "twin25": {**NOWHERE, **earlier, "layer2_snapshot": snapshot("twin25", "192.168.100.25")},
        "lost": NOWHERE,
    }


def is_five_hours(age, began):
    """Whether an age is that of the earlier run, in a run that began then and has ended."""
    return 5 * 3600 - 1 <= age <= 5 * 3600 + time.time() - began + 1


def document(folder):
    return json.loads((folder / "layer2-report" / "layer2-report.json").read_text())


def test_a_conflict_is_shown_written_and_fails_at_the_very_end(run, tmp_path):
    began = time.time()
    code, output = run(ANSIBLE_SHOW_CUSTOM_STATS="1")
    assert code == 2, output
    lines = output.splitlines()
    assert f"CONFLICT  {TWINS}  segment 192.168.100.0/23  [certain]" in lines
    assert re.search(r"^  missing    lost: unreachable: .*", output, re.MULTILINE)
    assert re.search(
        rf"2 hosts judged by a snapshot of an earlier run, the oldest {AGE} old, the newest {AGE}: twin25 \({AGE}\), "
        rf"twin30 \({AGE}\); unreachable",
        " ".join(output.split()),
    )
    assert re.search(
        r"^1 conflict, .* 3 of 4 hosts judged .*; 1 host MISSING, 2 judged by older snapshots", output, re.MULTILINE
    )
    ages = re.findall(r'"(?:layer2_oldest_snapshot|twin25)": ([\d.]+)', output)
    assert len(ages) == 2 and all(is_five_hours(float(age), began) for age in ages), output
    report = tmp_path / "layer2-report" / "layer2-report.html"
    assert report.exists()
    assert lines.index(f"Report: {report}") > lines.index(f"CONFLICT  {TWINS}  segment 192.168.100.0/23  [certain]")
    last = [line for line in lines if line.startswith("fatal: ")][-1]
    assert f"conflict {TWINS} on segment 192.168.100.0/23: twin25, twin30. Report: {report}" in last
    assert sorted(path.name for path in report.parent.iterdir()) == [
        "layer2-report." + ending for ending in ("csv", "html", "json", "prom", "txt")
    ]
    assert document(tmp_path)["verdict"]["summary"]["conflict"] == 1
    assert '"layer2_macs": {  "conflict": [   "' + TWINS in output


def test_old_is_not_now(run, tmp_path):
    code, output = run("-e", "target=twin25,twin30", cached=False)
    assert code == 2 and "NO VERDICT: none of 2 hosts could be judged" in output
    code, output = run(*extra(report_max_age=0.2))
    assert code == 0, output
    assert [missing["host"] for missing in document(tmp_path)["verdict"]["coverage"]["missing"]] == [
        "lost",
        "twin25",
        "twin30",
    ]
    assert re.search(
        f"the snapshot in the fact cache is {AGE} old, and older than 4\\.8 h is not judged",
        json.dumps(document(tmp_path)),
    )


def test_the_age_is_in_every_format(run, tmp_path):
    began = time.time()
    run(*extra(report_fail_on=[]))
    ages = {entry["host"]: entry["age"] for entry in document(tmp_path)["cached"]}
    assert sorted(ages) == ["twin25", "twin30"] and all(is_five_hours(age, began) for age in ages.values()), ages
    folder = tmp_path / "layer2-report"
    metric = r'netops_layer2_snapshot_age_seconds\{host="twin25"\} ([\d.]+)'
    (age,) = re.findall(metric, (folder / "layer2-report.prom").read_text())
    assert is_five_hours(float(age), began)
    assert re.search(f"judged by a snapshot {AGE} old", (folder / "layer2-report.html").read_text())
    assert "judged by a snapshot of an earlier run" in " ".join((folder / "layer2-report.txt").read_text().split())


def test_two_reports_in_a_row_say_what_each_is_about(run):
    _code, output = run(*extra(report_addresses=True))
    headings = [line for line in output.splitlines() if line.startswith("Duplicate ")]
    assert headings == ["Duplicate IP addresses:", "Duplicate MAC addresses:"], output


def test_the_first_run_has_nothing_to_compare_with(run, tmp_path):
    code, output = run(*extra(report_fail_on=[]), "-e", "report_compare_with=./layer2-report/layer2-report.json")
    assert code == 0 and "First report here: there is no ./layer2-report/layer2-report.json yet" in output, output
    code, output = run(*extra(report_fail_on=[]), "-e", "report_compare_with=layer2-report/layer2-rapport.json")
    assert code == 2 and "layer2-rapport.json: No such file or directory" in output, output


def test_the_second_run_changes_nothing_and_compares(run, tmp_path):
    never = extra(report_fail_on=[])
    assert run(*never)[0] == 0
    code, output = run(*never, "-e", "report_compare_with=layer2-report/layer2-report.json")
    assert code == 0, output
    assert "0 new, 1 still there, 0 gone, 0 not checked again" in output
    assert not re.search(r"changed=[1-9]", output)
    code, output = run(*never, "-e", "report_compare_with=layer2-report/layer2-report.json", "--limit", "here")
    assert "0 new, 0 still there, 0 gone, 1 not checked again" in output
    assert "not asked  lost, twin25, twin30 (left out by --limit)" in output
    assert document(tmp_path)["not_asked"] == ["lost", "twin25", "twin30"]


def test_check_mode_shows_and_writes_nothing(run, tmp_path):
    code, output = run("--check", "--diff")
    assert code == 2
    assert f"CONFLICT  {TWINS}" in output
    assert f"Would write: {tmp_path}/layer2-report/layer2-report.html" in output
    assert not (tmp_path / "layer2-report").exists()


def test_a_broken_earlier_report_costs_no_verdict(run, tmp_path):
    (tmp_path / "old.json").write_text('{"schema": "netops')
    code, output = run(*extra(report_fail_on=[]), "-e", "report_compare_with=old.json")
    assert code == 2
    assert "NOT compared: cannot compare with old.json: it ends in the middle" in output
    assert f"CONFLICT  {TWINS}" in output
    assert "error" in document(tmp_path)["comparison"]


def test_settings_that_would_abort_do_not(run):
    code, output = run(*extra(report_fail_on=[]), ANSIBLE_STRATEGY="free", ANSIBLE_ANY_ERRORS_FATAL="1")
    assert code == 0, output
    assert output.count(f"CONFLICT  {TWINS}") == 1


def test_without_an_inventory_it_judges_this_machine(run, tmp_path):
    code, output = run(inventory=False)
    assert "1 of 1 host judged" in output
    assert document(tmp_path)["verdict"]["coverage"]["judged"] == ["localhost"]
    assert code == 0


def test_a_target_pattern(run, tmp_path):
    code, _output = run("-e", "target=here")
    assert code == 0
    assert document(tmp_path)["verdict"]["coverage"]["judged"] == ["here"]
    assert document(tmp_path)["target"] == "here"


def test_root_refused_is_read_without_and_said(run, tmp_path):
    # Whom to become: somebody else than who runs this, but root where only root may become just anybody.
    other = "root" if os.geteuid() else "nobody"
    code, output = run("-e", "target=here", *extra(ansible_become_user=other, ansible_become_exe="/no/such/sudo"))
    assert code == 0, output
    assert document(tmp_path)["verdict"]["coverage"]["judged"] == ["here"]
    (note,) = document(tmp_path)["notes"]
    assert note["host"] == "here"
    assert "read without root: " in note["text"] and "/no/such/sudo" in note["text"]


def test_a_fleet_of_which_nobody_answers_is_no_clean_fleet(run, tmp_path):
    code, output = run("-e", "target=lost")
    assert code == 2 and "NO VERDICT: the one host could not be judged" in output
    assert document(tmp_path)["verdict"]["coverage"]["missing"][0]["host"] == "lost"
    assert run("-e", "target=lost", *extra(report_fail_on=[]))[0] == 0


SITE = """
- name: Collect
  hosts: here
  gather_facts: false
  roles:
    - role: netops.layer2.snapshot
- name: Judge in a play of its own
  hosts: localhost
  gather_facts: false
  roles:
    - role: netops.layer2.report
      vars:
        report_hosts: "{{ groups['all'] }}"
        report_directory: elsewhere
        report_formats: [json]
        report_prometheus_directory: metrics
        report_exceptions:
          - match: "mac == '52:54:00:77:30:25'"
            reason: renumbered on Monday
            expires: "2999-12-31"
"""


def test_the_roles_in_a_site_playbook(run, tmp_path):
    (tmp_path / "site.yml").write_text(SITE)
    code, output = run(playbook=tmp_path / "site.yml")
    assert code == 0, output
    made = json.loads((tmp_path / "elsewhere" / "layer2-report.json").read_text())
    assert made["verdict"]["summary"]["excepted"] == 1
    assert made["verdict"]["coverage"]["judged"] == ["here", "twin25", "twin30"]
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["layer2-report.json"]
    assert [path.name for path in (tmp_path / "metrics").iterdir()] == ["layer2-report.prom"]


def test_the_playbook_of_the_readme_runs_as_pasted_at_first_and_again(run, tmp_path):
    readme = PLAYBOOKS.parent / "README.md"
    if not readme.exists():
        pytest.skip("no README.md beside the playbooks")
    (block,) = re.findall(r"^    - name: Find duplicate MACs\n(?:    .*\n)+", readme.read_text(), re.MULTILINE)
    (tmp_path / "site.yml").write_text(textwrap.dedent(block))
    pasted = ["-e", f"ansible_python_interpreter={sys.executable}", "--limit", "here"]
    code, output = run(*pasted, playbook=tmp_path / "site.yml")
    assert code == 0 and "1 of 1 host judged" in output and "NOT compared" not in output, output
    code, output = run(*pasted, playbook=tmp_path / "site.yml")
    assert code == 0 and re.search(r"Since \S+: 0 new", output), output


def test_a_misspelt_status_stops_before_anything_is_read(run):
    code, output = run(*extra(report_fail_on=["conflicts"]), "-e", "target=here")
    assert code == 2
    assert "conflicts" in output
