"""detect_dup_mac among hosts that lie: what they tell is text, settings are the operator's, and each one's trouble is its own."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import os
import subprocess
import sys

import pytest
import yaml

from .conftest import COLLECTIONS, PATIENCE, PLAYBOOKS, extra

TWINS, STRANGER = "52:54:00:77:30:25", "52:54:00:00:00:33"
QUIET = {"snapshot_gather_subset": ["identity"], "layer2_become": False}
SCAN = {"detect_scan": True, "snapshot_scan_evidence": ["ssh"], "snapshot_scan_watch": 1}
TOUCHED = {"failed": True, "msg": "touched"}
# Fails to connect with words of the other side, as ssh does, whose banner the host chooses.
DEAF = """
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase
DOCUMENTATION = '''
name: deaf
short_description: never connects
description: [For tests.]
author: tests
options:
  banner:
    description: What the other side said.
    vars: [{name: deaf_banner}]
'''
class Connection(ConnectionBase):
    transport = "deaf"
    def _connect(self):
        raise AnsibleConnectionFailure(self.get_option("banner").replace("[[", "{{").replace("]]", "}}"))
    exec_command = put_file = fetch_file = close = lambda self, *arguments, **options: self._connect()
"""


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
        """The places whose template stands in TEXT, or its beginning at least."""
        unbroken = "".join(html.unescape(text).split())
        return {place for place in self.set if f"{place}{{{{look" in unbroken}


@pytest.fixture
def traps(tmp_path):
    return Traps(tmp_path / "sprung")


def read(text, **facts):
    """The answer of layer2_facts."""
    return {"changed": False, "ansible_facts": {"layer2_snapshot": text, **facts}}


def snapshot(host, number, trap=str, **changes):
    """What a hypervisor tells that has one of the twins as a guest, and a text of TRAP wherever it may write what it likes."""
    own = f"02:00:00:00:00:0{number}"
    nics = [{"mac": TWINS, "live_mac": TWINS, "persistent_mac": TWINS, "type": "bridge", "bridge": "br0", "source": trap("source"), "alias": "net0"}]
    return json.dumps({
        "schema": "netops.layer2/snapshot", "version": 1, "host": trap("name"), "collected_at": 1.0, "collector": "0.1.0", "duration": 0.1,
        "observed": ["interfaces", "guests", "containers", trap("observed")],
        "identity": {"machine_id": host * 9, "boot_id": host, "netns": "1", "hostname": trap("hostname"), "system": trap("system")},
        "gaps": [{"subset": trap("subset"), "reason": trap("reason"), "way_out": trap("way-out"), "item": trap("item")}],
        "interfaces": [
            {"name": "eth0", "mac": own, "master": "br0", "link_type": "ether", "up": True, "addresses": []},
            {"name": "br0", "mac": own, "kind": "bridge", "link_type": "ether", "up": True,
             "addresses": [{"address": f"192.168.101.{number}", "prefix": 23}]},
            {"name": trap("nic"), "mac": "52:54:00:00:00:77", "link_type": "ether", "up": True,
             "addresses": [{"address": f"192.0.{number}.1", "prefix": 24, "label": trap("label")}]},
            {"name": "inside", "mac": TWINS, "link_type": "ether", "up": True, "netns": trap("container"), "addresses": []},
            {"name": "eth9", "mac": trap("mac"), "link_type": "ether", "up": True, "addresses": [{"address": trap("address"), "prefix": 24}]},
        ],
        "neighbors": {"rows": ["- br0 192.168.100.1 00:1b:21:aa:00:01 REACHABLE -",
                               f"- br0 {trap('neighbour')} 00:1b:21:aa:00:02 REACHABLE -", f"- br0 192.168.100.2 {trap('lladdr')} REACHABLE -"]},
        "containers": [{"id": trap("container"), "name": trap("unit"), "runtime": trap("runtime"), "netns": "2"}],
        "guests": [{"name": trap("guest"), "uuid": f"{host}-uuid", "state": "running", "nics": nics}],
        **changes,
    })


def written(folder):
    """All that a report's files say, as one text, and the document."""
    files = sorted((folder / "layer2-report").iterdir())
    return "\n".join(path.read_text(encoding="utf-8") for path in files), json.loads((folder / "layer2-report" / "layer2-report.json").read_text())


def test_the_traps_work(core, traps, tmp_path):
    command = [str(core / "ansible"), "localhost", "-i", "localhost,", "-c", "local", "-m", "ansible.builtin.debug", "-a", f"msg={traps('sprung')}",
               "-e", f"ansible_python_interpreter={sys.executable}"]
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_NOCOLOR="1", ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"))
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert [path.name for path in traps.folder.iterdir()] == ["sprung"], done.stdout + done.stderr


def test_names_and_reasons_are_text(hostile, run, traps, tmp_path):
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "deaf.py").write_text(DEAF)
    died = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": f"Traceback (most recent call last):\n{traps('stderr')}", "rc": 1}
    hosts = {
        "hv1": hostile("hv1", {"layer2_facts": read(snapshot("hv1", 1, traps))}),
        "hv2": hostile("hv2", {"layer2_facts": [{"failed": True, "msg": traps("refused")}, read(snapshot("hv2", 2))]}),
        "failed": hostile("failed", {"layer2_facts": {"failed": True, "msg": traps("failed")}}),
        "died": hostile("died", {"layer2_facts": died}),
        "broken": hostile("broken", {"layer2_facts": read(traps("broken"))}),
        "deaf": {"ansible_connection": "deaf", "deaf_banner": traps("banner").replace("{{", "[[").replace("}}", "]]")},
    }
    earlier = tmp_path / "earlier.json"
    status, output = run("detect_dup_mac", *extra(**QUIET), "-vvv", hosts=hosts, ANSIBLE_CONNECTION_PLUGINS=str(tmp_path / "connections"))
    print(output)
    files, document = written(tmp_path)
    print(files)
    print(list(traps.folder.iterdir()), sorted(set(traps.set)-traps.shown(output)), sorted(set(traps.set)-traps.shown(files)))
    assert 0
