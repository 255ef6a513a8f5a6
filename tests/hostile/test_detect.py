"""detect_dup_mac among hosts that lie: what they tell is text, settings are the operator's, and each one's trouble is
its own.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import time

import pytest
import yaml

from .conftest import COLLECTIONS, PATIENCE, PLAYBOOKS, cached, extra

TWINS, LATENT, STRANGER = "52:54:00:77:30:25", "52:54:00:00:00:77", "52:54:00:00:00:33"
QUIET = {"snapshot_gather_subset": ["identity"], "layer2_become": False}
SCAN = {"detect_scan": True, "snapshot_scan_evidence": ["ssh"], "snapshot_scan_watch": 1}
TOUCHED = {"failed": True, "msg": "touched"}


class Traps:
    """Templates that each leave a file of their own if anybody evaluates them."""

    def __init__(self, folder):
        self.folder, self.set = folder, []
        folder.mkdir()

    def __call__(self, place):
        """A template for PLACE, which has no blanks, so that it is one cell of a row."""
        self.set.append(place)
        return f"{place}{{{{lookup('ansible.builtin.pipe','touch\\x20{self.folder}/{place}')}}}}"

    def shown(self, text):
        """The places whose template stands in TEXT, or its beginning at least; a container's name is escaped, whatever
        is in it.
        """
        unbroken = "".join(html.unescape(text).split()).replace("unit%7B%7B", "unit{{")
        return {place for place in self.set if f"{place}{{{{look" in unbroken}


@pytest.fixture
def traps(tmp_path):
    return Traps(tmp_path / "sprung")


def read(text, **facts):
    """The answer of layer2_facts."""
    return {"changed": False, "ansible_facts": {"layer2_snapshot": text, **facts}}


def told_interfaces(own, number, trap):
    """A bridge over the NIC with the MAC OWN, and NICs that a host makes up."""
    return [
        {"name": "eth0", "mac": own, "master": "br0", "link_type": "ether", "up": True, "addresses": []},
        {
            "name": "br0",
            "mac": own,
            "kind": "bridge",
            "link_type": "ether",
            "up": True,
            "addresses": [{"address": f"192.168.101.{number}", "prefix": 23}],
        },
        {
            "name": trap("nic"),
            "mac": LATENT,
            "link_type": "ether",
            "up": True,
            "addresses": [{"address": f"192.0.{number}.1", "prefix": 24, "label": trap("label")}],
        },
        {
            "name": "inside",
            "mac": TWINS,
            "link_type": "ether",
            "up": True,
            "netns": trap("container"),
            "addresses": [],
        },
        {
            "name": "eth9",
            "mac": trap("mac"),
            "link_type": "ether",
            "up": True,
            "addresses": [{"address": trap("address"), "prefix": 24}],
        },
    ]


def snapshot(host, number, trap=str, **changes):
    """What a hypervisor tells that has one of the twins as a guest, and a text of TRAP wherever it may write what it
    likes.
    """
    own = f"02:00:00:00:00:0{number}"
    nics = [
        {
            "mac": TWINS,
            "live_mac": TWINS,
            "persistent_mac": TWINS,
            "type": "bridge",
            "bridge": "br0",
            "source": trap("source"),
            "alias": "net0",
        }
    ]
    return json.dumps(
        {
            "schema": "netops.layer2/snapshot",
            "version": 1,
            "host": trap("name"),
            "collected_at": 1.0,
            "collector": "0.1.0",
            "duration": 0.1,
            "observed": ["interfaces", "guests", "containers", trap("observed")],
            "identity": {
                "machine_id": host * 9,
                "boot_id": host,
                "netns": "1",
                "hostname": trap("hostname"),
                "system": trap("system"),
            },
            "gaps": [
                {"subset": trap("subset"), "reason": trap("reason"), "hint": trap("way-out"), "item": trap("item")}
            ],
            "interfaces": told_interfaces(own, number, trap),
            "neighbors": {
                "rows": [
                    "- br0 192.168.100.1 00:1b:21:aa:00:01 REACHABLE -",
                    f"- br0 {trap('neighbour')} 00:1b:21:aa:00:02 REACHABLE -",
                    f"- br0 192.168.100.2 {trap('lladdr')} REACHABLE -",
                ]
            },
            "containers": [{"id": trap("container"), "name": trap("unit"), "runtime": trap("runtime"), "netns": "2"}],
            "guests": [{"name": trap("guest"), "uuid": f"{host}-uuid", "state": "running", "nics": nics}],
            **changes,
        }
    )


def written(folder):
    """All that a report's files say, as one text, and the document."""
    files = sorted((folder / "layer2-report").iterdir())
    return "\n".join(path.read_text(encoding="utf-8") for path in files), json.loads(
        (folder / "layer2-report" / "layer2-report.json").read_text()
    )


def test_the_traps_work(core, traps, tmp_path):
    command = [
        str(core / "ansible"),
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        "ansible.builtin.debug",
        "-a",
        f"msg={traps('sprung')}",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    ]
    environment = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
    )
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert [path.name for path in traps.folder.iterdir()] == ["sprung"], done.stdout + done.stderr


# Where a snapshot's own words end up: what is not told of any finding, gap or bad value is no part of a report.
TOLD = {"guest", "unit", "nic", "subset", "reason", "way-out", "mac", "lladdr", "neighbour"}


def earlier_report(folder, traps):
    """A report of an earlier run in FOLDER, whose finding is written by somebody else."""
    owner = {"host": traps("old-host"), "guest": traps("old-guest"), "interface": "x", "addresses": [], "state": "up"}
    gone = {
        "id": traps("old-id"),
        "mac": traps("old-mac"),
        "status": "conflict",
        "reason": traps("old-reason"),
        "segment": traps("old-segment"),
        "owners": [owner],
        "evidence": [],
        "fix": "",
    }
    earlier = folder / "earlier.json"
    earlier.write_text(
        json.dumps(
            {
                "schema": "netops.layer2/report",
                "version": 1,
                "created": "2026-11-21T03:12:45Z",
                "collection": "0.1.0",
                "target": "all",
                "verdict": {
                    "schema": "netops.layer2/verdict",
                    "version": 1,
                    "summary": {"conflict": 1},
                    "findings": [gone],
                    "coverage": {"judged": ["hv1"], "missing": [], "gaps": [], "quarantined": []},
                },
            }
        )
    )
    return earlier


def test_names_reasons_and_an_earlier_report_are_text(hostile, run, traps, tmp_path):
    died = {
        "failed": True,
        "msg": "MODULE FAILURE",
        "module_stderr": f"Traceback (most recent call last):\n{traps('stderr')}",
        "rc": 1,
    }
    hosts = {
        "hv1": hostile("hv1", {"layer2_facts": read(snapshot("hv1", 1, traps))}),
        "hv2": {
            **hostile("hv2", {"layer2_facts": [{"failed": True, "msg": traps("refused")}, read(snapshot("hv2", 2))]}),
            "ansible_become": False,
        },
        "failed": hostile("failed", {"layer2_facts": {"failed": True, "msg": traps("failed")}}),
        "died": hostile("died", {"layer2_facts": died}),
        "deaf": {"ansible_connection": "deaf", "deaf_banner": traps("banner").replace("{{", "[[").replace("}}", "]]")},
    }
    earlier = earlier_report(tmp_path, traps)
    settings = {
        "snapshot_gather_subset": ["identity"],
        "report_compare_with": str(earlier),
        "report_fail_on": ["latent"],
    }
    status, output = run(
        "detect_dup_mac",
        *extra(**settings),
        hosts=hosts,
        ANSIBLE_SHOW_CUSTOM_STATS="1",
    )
    assert not list(traps.folder.iterdir()), output
    files, document = written(tmp_path)
    told = TOLD | {"refused", "failed", "stderr", "banner", "old-mac", "old-segment", "old-host"}
    assert told - traps.shown(output) == set(), output
    assert told - traps.shown(files) == set(), files
    assert status == 2 and [one["host"] for one in document["verdict"]["coverage"]["missing"]] == [
        "deaf",
        "died",
        "failed",
    ], output
    assert "arping" not in output, "a word that is no address is a part of no command"


def scan(host, trap, **changes):
    """What a vantage says that it heard."""
    own = {"interface": "br0", "vlan": None}
    return json.dumps(
        {
            "schema": "netops.layer2/scan",
            "version": 1,
            "host": trap("scan-host"),
            "mode": "scan",
            "collected_at": 1.0,
            "duration": 1.0,
            "collector": trap("collector"),
            "interfaces": [{"name": trap("scan-nic"), "mac": "02:00:00:00:00:01", "addresses": [trap("own")]}],
            "probes": [
                {
                    **own,
                    "prefix": trap("prefix"),
                    "family": "inet",
                    "sender": trap("sender"),
                    "asked": 2,
                    "answered": 2,
                    "frames": 4,
                    "rounds": 2,
                    "loss": 0.0,
                    "seconds": 1.0,
                    "rate": 100,
                }
            ],
            "replies": {
                "columns": [],
                "rows": [
                    f"br0 - 192.168.100.30 {STRANGER} arp 1 0.1 0.1",
                    f"br0 - 192.168.100.31 {STRANGER} arp 1 0.1 0.1",
                    f"br0 - {trap('heard-address')} 52:54:00:00:00:34 arp 1 0.1 0.1",
                    f"br0 - 192.168.100.32 {trap('heard-mac')} arp 1 0.1 0.1",
                    f"{trap('heard-on')} - 192.168.100.33 52:54:00:00:00:35 {trap('kind')} 1 0.1 0.1",
                ],
            },
            "events": [
                {
                    "kind": "conflict",
                    "address": trap("event"),
                    "mac": TWINS,
                    "mac_before": trap("before"),
                    "at": 1.0,
                    "interface": "br0",
                }
            ],
            "machines": [],
            "gaps": [
                {"subset": "scan", "reason": trap("scan-gap"), "hint": trap("scan-way-out"), "item": trap("scan-item")}
            ],
            **changes,
        }
    )


def vantages(hostile, traps, heard):
    """Four hosts that scan: one HEARD something, the others fail, each in its own way."""
    failing = {"failed": True, "msg": traps("scan-message"), "reason": traps("scan-reason"), "hint": traps("scan-out")}
    done = {"changed": False, "steps": [], "python": "/x/bin/python"}
    return {
        "hv1": hostile(
            "hv1", {"layer2_facts": read(snapshot("hv1", 1, traps)), "scan_python": done, "arp_scan": heard}
        ),
        "hv2": hostile(
            "hv2",
            {
                "layer2_facts": read(snapshot("hv2", 2, interfaces=[network(2)])),
                "scan_python": done,
                "arp_scan": failing,
            },
        ),
        "hv3": hostile(
            "hv3",
            {
                "layer2_facts": read(snapshot("hv3", 3, interfaces=[network(3)])),
                "scan_python": {"failed": True, "msg": traps("pip")},
                "arp_scan": TOUCHED,
            },
        ),
        "hv4": hostile(
            "hv4",
            {
                "layer2_facts": read(snapshot("hv4", 4, interfaces=[network(4)])),
                "scan_python": done,
                "arp_scan": {"changed": False, "plan": [traps("plan")], "msg": traps("plan-message")},
            },
        ),
    }


def test_what_answers_a_scan_is_text(hostile, run, traps, tmp_path):
    def part(text, **more):
        return {
            "changed": False,
            "ansible_facts": {"layer2_scan": text},
            "progress": {"asked": 1, "total": 2},
            "summary": {"gaps": [traps("summary")]},
            **more,
        }

    # A server chooses the type of its host key; the module holds it to an alphabet, a hostile vantage does not.
    machine = {
        "addresses": ["192.168.100.30", "192.168.100.31"],
        "mac": STRANGER,
        "same": False,
        "evidence": [traps("host-key")],
    }
    heard = [
        part(scan("hv1", traps), resume=traps("resume")),
        part(scan("hv1", traps)),
        part(scan("hv1", str, machines=[machine])),
        {"changed": False, "ansible_facts": {"layer2_watch": scan("hv1", traps, mode="watch")}},
    ]
    hosts = vantages(hostile, traps, heard)
    for host in hosts.values():
        host["ansible_become"] = False
    status, output = run("detect_dup_mac", *extra(**QUIET, **SCAN, snapshot_scan_install=True), hosts=hosts)
    assert not list(traps.folder.iterdir()), output
    files, document = written(tmp_path)
    told = TOLD - {"nic"} | {"scan-gap", "host-key", "heard-mac", "scan-reason", "scan-out", "pip", "plan-message"}
    assert told - traps.shown(output) == set(), output
    assert told - traps.shown(files) == set(), files
    # The interface that was chosen for the scan is called like a template, and comes to the module as it is.
    assert (
        status == 2
        and document["verdict"]["coverage"]["judged"] == ["hv1", "hv2", "hv3", "hv4"]
        and "touched" not in output
    ), output


def network(number):
    """An interface with an IPv4 network, so that its host is chosen to scan."""
    return {"name": "eth0", "mac": f"02:00:00:00:00:0{number}", "link_type": "ether", "up": True,
            "addresses": [{"address": f"198.51.{number}.1", "prefix": 24}]}


# --- settings ---------------------------------------------------------------------------------------------------------

def documented(chosen):
    """Every variable of the roles report and snapshot and of the playbook, with a value that leads to the folder CHOSEN
    or gives consent.
    """
    for role in ("report", "snapshot"):
        specs = yaml.safe_load(
            (PLAYBOOKS.parent / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
        )
        for entry in specs["argument_specs"].values():
            for name, option in entry["options"].items():
                yield name, _value(option, chosen)
    yield from {"target": "all", "detect_scan": True, "layer2_become": True, "layer2_segment": "br0"}.items()
    # What the roles themselves register: a host's word must not pass for it.
    yield from (
        (name, {"vantages": {}})
        for name in ("snapshot_result", "snapshot_retry", "snapshot_scan_chosen", "snapshot_scan_result", "report_made")
    )


def _value(option, chosen):
    if option["type"] in ("str", "path"):
        return option["choices"][0] if "choices" in option else str(chosen / "x")
    return {"bool": True, "int": 0, "float": 0, "dict": {}, "list": [], "raw": str(chosen / "x")}[option["type"]]


def fleet(hostile, planter, answers, planted):
    """Two hosts with one MAC on one segment, which is a conflict; PLANTER answers what ANSWERS makes of the PLANTED
    settings, too.
    """
    hosts = {}
    for number, name in enumerate(("hv1", "hv2"), 1):
        told = read(snapshot(name, number), **(planted if answers is None and name == planter else {}))
        more = answers(planted if name == planter else {}) if answers else {}
        hosts[name] = {
            **hostile(name, {"layer2_facts": told, "arp_scan": TOUCHED, "*": TOUCHED, **more}),
            "ansible_become": False,
        }
    return hosts


def is_refused(status, output, planter, names):
    """Demand that the run ended with words on PLANTER and each of NAMES, and without a report."""
    said = " ".join(output.split())
    assert status == 2 and f"the facts of host {planter} hold" in said, output
    missing = [name for name in names if name not in said.partition(f"the facts of host {planter} hold")[2]]
    assert not missing, (missing, output)


@pytest.mark.parametrize("planter", ["hv1", "hv2"])
def test_no_setting_comes_in_the_answer_to_a_module(hostile, run, planter, tmp_path):
    planted = dict(documented(tmp_path / "chosen"))
    status, output = run(
        "detect_dup_mac", *extra(snapshot_gather_subset=["identity"]), hosts=fleet(hostile, planter, None, planted)
    )
    said = " ".join(output.split())
    # As if they had not been there: a conflict is one and fails, nobody scans, and the files are where they always are.
    assert (
        status == 2
        and f"conflict {TWINS} on segment" in said
        and "left out: ansible_facts." in said
        and "touched" not in said
    ), output
    assert (
        written(tmp_path)[1]["verdict"]["coverage"]["judged"] == ["hv1", "hv2"] and not (tmp_path / "chosen").exists()
    )
    assert sorted(path.suffix for path in (tmp_path / "layer2-report").iterdir()) == [
        ".csv",
        ".html",
        ".json",
        ".prom",
        ".txt",
    ]


@pytest.mark.parametrize("planter", ["hv1", "hv2"])
def test_no_setting_comes_from_what_another_task_gathered(hostile, run, planter, tmp_path):
    site = tmp_path / "site.yml"
    site.write_text(yaml.safe_dump([{
        "hosts": "all", "gather_facts": False, "tasks": [
            {"ansible.builtin.setup": {}}, {"ansible.builtin.include_role": {"name": "netops.layer2.snapshot"}},
            {"ansible.builtin.include_role": {"name": "netops.layer2.report"}}]}]))
    planted = dict(documented(tmp_path / "chosen"))
    hosts = fleet(hostile, planter, lambda facts: {"setup": {"changed": False, "ansible_facts": facts}}, planted)
    status, output = run(site, *extra(snapshot_gather_subset=["identity"]), hosts=hosts)
    is_refused(status, output, planter, planted)
    assert "touched" not in output and not (tmp_path / "chosen").exists() and not (tmp_path / "layer2-report").exists()


@pytest.mark.parametrize("planter", ["hv1", "hv2"])
def test_no_setting_comes_from_a_task_of_the_scan(hostile, run, planter, tmp_path):
    """The task that installs the distribution's scapy is no module of the collection: its facts reach the controller,
    and the next step refuses.
    """
    planted = dict(documented(tmp_path / "chosen"))
    hosts = fleet(
        hostile,
        planter,
        lambda facts: {
            "setup": {"changed": False, "ansible_facts": {"ansible_pkg_mgr": "apt"}},
            "apt": {"changed": False, "ansible_facts": facts},
        },
        planted,
    )
    settings = {
        **QUIET,
        **SCAN,
        "snapshot_scan_install": True,
        "snapshot_scan_from": "system",
        "snapshot_scan_vantages": {"hv1": ["br0"], "hv2": ["br0"]},
    }
    status, output = run("detect_dup_mac", *extra(**settings), hosts=hosts)
    is_refused(status, output, planter, planted)
    assert not (tmp_path / "chosen").exists() and not (tmp_path / "layer2-report").exists()


@pytest.mark.parametrize("planter", ["hv1", "hv2"])
def test_no_fact_comes_from_installing_scapy(hostile, run, planter, tmp_path):
    """Under no name: neither how the host is reached nor what the operator's own tasks use."""
    gained = {"chosen_by_a_host": "gained", "ansible_sftp_executable": "/gained", "report_directory": "/gained"}
    hosts = fleet(
        hostile,
        planter,
        lambda facts: {
            "scan_python": {"changed": True, "steps": [], "python": "/x", "ansible_facts": facts},
            "arp_scan": {"changed": False, "ansible_facts": {"layer2_scan": scan("hv1", str)}},
        },
        gained,
    )
    shown = "{{ chosen_by_a_host | default('nothing') }} {{ ansible_sftp_executable | default('nothing') }}"
    tasks = [
        {"ansible.builtin.include_role": {"name": "netops.layer2.snapshot", "tasks_from": "scan"}},
        {"ansible.builtin.debug": {"msg": shown}},
        {"ansible.builtin.debug": {"msg": "{{ report_directory | default('nowhere') }}"}},
    ]
    play = tmp_path / "play.json"
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    settings = {**SCAN, "snapshot_scan_install": True, "snapshot_scan_vantages": {"hv1": ["br0"], "hv2": ["br0"]}}
    status, output = run(play, *extra(**settings), hosts=hosts)
    assert status == 0 and output.count("nothing nothing") == output.count("nowhere") == 2, output
    assert "/gained" not in output and f"changed: [{planter}]" in output, output


@pytest.mark.parametrize("planter", ["hv1", "hv2"])
def test_no_setting_comes_from_a_fact_cache(hostile, run, planter, tmp_path):
    planted = dict(documented(tmp_path / "chosen"))
    hosts = fleet(hostile, planter, lambda _facts: {}, {})
    kept = {planter: {"layer2_snapshot": "{}", **planted}}
    if planter == "hv2":
        # Beside them a host for each variable alone: none of them needs another one to be found.
        alone = {name.replace("_", "-"): name for name in planted}
        kept.update((host, {name: planted[name]}) for host, name in alone.items())
        hosts.update((host, hostile(host, {"*": TOUCHED})) for host in alone)
    status, output = run(
        "detect_dup_mac", *extra(snapshot_gather_subset=["identity"]), hosts=hosts, **cached(tmp_path, kept)
    )
    for host in kept:
        is_refused(status, output, host, set(kept[host]) - {"layer2_snapshot"})
    assert "touched" not in output and not (tmp_path / "chosen").exists() and not (tmp_path / "layer2-report").exists()


def test_hosts_of_another_play_set_nothing_either(hostile, run, tmp_path):
    (tmp_path / "judge.yml").write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "tasks": [
                        {
                            "ansible.builtin.include_role": {"name": "netops.layer2.report"},
                            "vars": {"report_hosts": ["hv1", "hv2"], "report_cached": True},
                        }
                    ],
                }
            ]
        )
    )
    planted = dict(documented(tmp_path / "chosen"))
    received = {"layer2_snapshot_received": f"{time.time() - 60:.3f} of-an-earlier-run"}
    kept = {
        "hv1": {"layer2_snapshot": snapshot("hv1", 1), **received},
        "hv2": {"layer2_snapshot": snapshot("hv2", 2), **received, **planted},
    }
    status, output = run(
        tmp_path / "judge.yml", hosts=fleet(hostile, "", lambda _facts: {}, {}), **cached(tmp_path, kept)
    )
    is_refused(status, output, "hv2", planted)
    assert not (tmp_path / "chosen").exists() and not (tmp_path / "layer2-report").exists()


# --- one host's answer ------------------------------------------------------------------------------------------------

DEEP = json.loads("[" * 900 + "]" * 900)
NO_ANSWERS = {
    "nothing": {},
    "no-facts": {"changed": False},
    "empty-facts": {"changed": False, "ansible_facts": {}},
    "skipped": {"skipped": True, "changed": False},
    "facts-list": {"changed": False, "ansible_facts": ["layer2_snapshot"]},
    "number": {"changed": False, "ansible_facts": {"layer2_snapshot": 5}},
    "null": {"changed": False, "ansible_facts": {"layer2_snapshot": None}},
    "dict": {"changed": False, "ansible_facts": {"layer2_snapshot": {"schema": 1}}},
    "no-text": read(""),
    "no-json": read("[}"),
    "json-list": read("[]"),
    "no-keys": read("{}"),
    "other-schema": read('{"schema": "x", "version": 1}'),
    "deep-text": read("[" * 100_000),
    "message": {"failed": True, "msg": {"a": 1}},
    "failed-text": {"failed": "yes", "msg": "x"},
    "many": {**read("{}"), "summary": {"rows": [0] * 2_100_000}},
    "deep": {**read("{}"), "summary": {"a": DEEP}},
    "list": [["no dictionary"]],
    "results": {"failed": True, "results": [1, None, {"failed": True}], "msg": "x"},
}
# These did tell something, and are judged; what is wrong with it is said.
ODD_ANSWERS = {
    "warnings": {
        **read(snapshot("warnings", 5)),
        "warnings": [1, None, {"a": 1}, ["x"]],
        "deprecations": ["x", {"msg": 5}, None, {"version": []}],
    },
    "diff": {
        **read(snapshot("diff", 6)),
        "diff": [{"before": 5, "after": ["x"]}, None, "x"],
        "invocation": {"module_args": 5},
        "exception": "x",
    },
    "types": read(
        snapshot(
            "types",
            7,
            interfaces="x",
            guests={"a": 1},
            gaps=5,
            neighbors=[],
            identity="x",
            containers=[1, None],
            bridges=True,
            observed={"a": 1},
            collected_at="x",
            sysctls=[1],
            policy_rules=3,
        )
    ),
    "surrogates": read(snapshot("surrogates", 8, lambda place: f"{place}\ud800\x00\x1b[2J")),
}


def test_one_host_s_answer_is_its_own_trouble(hostile, run, tmp_path):
    hosts = {"hv1": hostile("hv1", {"layer2_facts": read(snapshot("hv1", 1))})}
    hosts.update(
        (name, hostile(name, {"layer2_facts": answer})) for name, answer in {**NO_ANSWERS, **ODD_ANSWERS}.items()
    )
    hosts["hv2"] = hostile("hv2", {"layer2_facts": read(snapshot("hv2", 2))})
    status, output = run("detect_dup_mac", "--diff", *extra(**QUIET), hosts=hosts)
    _files, document = written(tmp_path)
    coverage = document["verdict"]["coverage"]
    assert [one["host"] for one in coverage["missing"]] == sorted(NO_ANSWERS), output
    assert coverage["judged"] == sorted(["hv1", "hv2", *ODD_ANSWERS]), output
    assert (
        status == 2 and f"conflict {TWINS}" in output and {"types"} <= {one["host"] for one in coverage["quarantined"]}
    ), output
