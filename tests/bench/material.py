"""What the measurements read: inventory, fact caches and flat rows of a synthetic fleet, written into a folder."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import sys
import typing as t
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from .fleet import COLUMNS, Expected, Fleet, Row

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
JUDGE = "hostvars | netops.layer2.mac_collisions(hosts=groups['all'])"
JUDGE_FOLDER = "'{folder}/cache' | netops.layer2.mac_collisions(hosts=groups['all'])"
NAIVE = "hostvars | naive_collisions"
NOTHING = "groups['all'] | length"
_PLAY = """---
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{{{ {expression} | ansible.builtin.to_json }}}}"
"""


def wraps_cache() -> bool:
    """Whether this ansible-core wraps what it caches (2.19 and newer): one JSON text inside another, in files called
    s1_HOST.
    """
    return tuple(int(part) for part in version("ansible-core").split(".")[:2]) >= (2, 19)


def cached(facts: Row, wrapped: bool) -> str:
    """The content of a host's file in a jsonfile fact cache."""
    if not wrapped:
        return json.dumps(facts, indent=4, sort_keys=True)  # as ansible-core wrote it before 2.19
    return json.dumps({"__payload__": json.dumps(facts)})


def _naive_facts(document: Row) -> Row:
    """The same NICs and neighbours as lists of dictionaries."""
    rows = [dict(zip(COLUMNS, row.split(), strict=True)) for row in document["neighbors"]["rows"]]
    nics = [
        {
            "name": nic["name"],
            "mac": nic["mac"],
            "up": nic["up"],
            "mtu": nic["mtu"],
            "kind": nic.get("kind", ""),
            "index": nic["index"],
        }
        for nic in document["interfaces"]
        if nic["link_type"] == "ether"
    ]
    return {"naive_interfaces": nics, "naive_neighbors": rows}


def _flat_rows(document: Row) -> Iterator[tuple[str, str, str, str, str]]:
    """(host, table, interface, address, MAC) of each NIC and neighbour."""
    host = document["host"]
    for nic in document["interfaces"]:
        if nic["link_type"] == "ether":
            yield host, "nic", nic["name"], "", nic["mac"]
    for row in document["neighbors"]["rows"]:
        _netns, interface, address, mac, _state, _flags = row.split()
        yield host, "neighbour", interface, address, mac


def write(fleet: Fleet, folder: Path, naive: bool, bare: bool = False) -> None:
    """Write all that the measurements of FLEET read; NAIVE too if the baseline is to run; BARE: nothing but the fact
    cache.
    """
    (folder / "cache").mkdir(parents=True, exist_ok=True)
    if bare:
        wrapped = wraps_cache()
        for number in range(fleet.hosts):
            _cache(fleet.snapshot(number), folder, wrapped)
        return
    _write_plays(fleet, folder)
    _write_facts(fleet, folder, naive)


def _cache(document: Row, folder: Path, wrapped: bool) -> str:
    """Write one host's fact cache; its file's name."""
    name = f"s1_{document['host']}" if wrapped else str(document["host"])
    text = json.dumps(document, separators=(",", ":"))
    (folder / "cache" / name).write_text(cached({"layer2_snapshot": text}, wrapped))
    return name


def _write_plays(fleet: Fleet, folder: Path) -> None:
    for name in ("naive-cache", "filter_plugins"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("naive_collisions.py"), folder / "filter_plugins")
    (folder / "ansible.cfg").touch()
    (folder / "inventory").write_text("\n".join(fleet.names()) + "\n")
    expressions = {
        "judge": JUDGE,
        "judge-folder": JUDGE_FOLDER.format(folder=folder),
        "naive": NAIVE,
        "nothing": NOTHING,
    }
    for name, expression in expressions.items():
        (folder / f"{name}.yml").write_text(
            _PLAY.format(expression=expression if name == "nothing" else f"({expression})")
        )


def _write_facts(fleet: Fleet, folder: Path, naive: bool) -> None:
    wrapped = wraps_cache()
    with (folder / "rows.csv").open("w") as flat:
        for number in range(fleet.hosts):
            document = fleet.snapshot(number)
            name = _cache(document, folder, wrapped)
            if naive:
                (folder / "naive-cache" / name).write_text(cached(_naive_facts(document), wrapped))
            flat.writelines(",".join(row) + "\n" for row in _flat_rows(document))


def ansible(folder: Path, tree: Path = ROOT) -> dict[str, str]:
    """Variables that ansible-playbook runs with: the collection of this checkout, or of another TREE, and nothing of
    the user's.
    """
    place = collections(folder, tree)
    return {
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(place),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        "PYTHONPATH": os.pathsep.join([str(place), str(ROOT)]),
    }


def environment(folder: Path, cache: str = "cache", inject: bool = True, tree: Path = ROOT) -> dict[str, str]:
    """The same, with a fact cache of FOLDER; INJECT as ansible.cfg's inject_facts_as_vars."""
    return {
        **ansible(folder, tree),
        "ANSIBLE_INJECT_FACT_VARS": str(inject),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / cache),
        "ANSIBLE_CACHE_PLUGIN_TIMEOUT": "0",
    }


def collections(folder: Path, tree: Path = ROOT) -> Path:
    """A folder in which Ansible and Python find the collection of this checkout, or of another TREE."""
    # Not called "collections": beside a playbook, that would go before all that ANSIBLE_COLLECTIONS_PATH names.
    found = folder / ("placed" if tree == ROOT else f"placed-{tree.name}")
    place = found / "ansible_collections" / "netops" / "layer2"
    if not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(tree)
    return found


def check(verdict: t.Mapping[str, t.Any], expected: Expected, hosts: int) -> str:
    """What is wrong with a VERDICT, empty if it is what was planted."""
    found: dict[str, set[str]] = {"conflict": set(), "latent": set(), "suspected": set()}
    for finding in verdict["findings"]:
        found[finding["status"]].add(finding["mac"])
    problems = [
        f"{status}: {sorted(found[status] ^ wanted)[:5]}"
        for status, wanted in (("conflict", expected.conflict), ("latent", expected.latent), ("suspected", frozenset()))
        if found[status] != wanted
    ]
    counts = {"hosts_judged": hosts, "hosts_missing": 0, "quarantined": 0, "gaps": 0}
    problems += [
        f"{name}: {verdict['summary'][name]}" for name, wanted in counts.items() if verdict["summary"][name] != wanted
    ]
    return "; ".join(problems)
