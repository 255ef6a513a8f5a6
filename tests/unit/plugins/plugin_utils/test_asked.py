"""Whom a run is asked about: this machine only where nothing was named; a name that matches nobody is said, with how to
write it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from ansible.inventory.manager import split_host_pattern
from ansible_collections.netops.layer2.plugins.plugin_utils._asked import Asked, AskedError

FLEET = ("hv1", "hv2", "web1")
SOURCES = ("/srv/fleet.yml",)


def matching(hosts):
    """A stand-in for ansible-core: names with wildcards, ``!`` and ``&``, over HOSTS; a limit is one more pattern."""

    def found(pattern):
        kept = []
        for part in split_host_pattern(pattern):
            hits = [host for host in hosts if part.lstrip("!&") == "all" or fnmatchcase(host, part.lstrip("!&"))]
            if part[0] == "!":
                kept = [host for host in kept if host not in hits]
            elif part[0] == "&":
                kept = [host for host in kept if host in hits]
            else:
                kept += hits
        return kept

    return lambda pattern, limit: [host for host in found(pattern) if not limit or host in found(limit)]


def asked(target="", sources=SOURCES, *, named=True, hosts=FLEET, limit="", there=SOURCES, **switches):
    # Like ansible-core, this machine answers to its name without any inventory.
    everybody = hosts or ("localhost",)
    ask = matching(everybody)
    return Asked(
        target, sources, named, hosts, limit, ask, split_host_pattern, lambda source: source in there, **switches
    ).pattern()


def refusal(*arguments, **options):
    with pytest.raises(AskedError) as caught:
        asked(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "pattern"),
    [
        ({}, "all"),
        ({"target": "hv*"}, "hv*"),
        ({"target": "hv1,web1"}, "hv1,web1"),
        ({"target": "all:!hv*"}, "all:!hv*"),
        ({"target": "hv*:&hv1"}, "hv*:&hv1"),
        ({"limit": "hv1"}, "all"),
        ({"target": "hv*", "limit": "hv2"}, "hv*"),
        ({"sources": ("hv1,hv2,web1",), "there": ()}, "all"),
        ({"sources": ("/srv/fleet.yml", "more,"), "hosts": (*FLEET, "more")}, "all"),
        # Ansible's own default, /etc/ansible/hosts, need not exist.
        ({"named": False, "there": ()}, "all"),
    ],
)
def test_who_is_there_is_asked(given, pattern):
    assert asked(**given) == pattern


@pytest.mark.parametrize("target", ["", "localhost"])
def test_this_machine_is_judged_only_where_nothing_was_named(target):
    assert asked(target, named=False, hosts=(), there=()) == "localhost"
    assert "has no hosts" in refusal(target, hosts=())
    assert "no host or group of the inventory is called so" in refusal("localhost")


def test_an_inventory_that_does_not_exist():
    assert refusal(there=()) == "the inventory /srv/fleet.yml does not exist. Nothing was read"
    assert "the inventory /srv/b does not exist" in refusal(sources=("/srv/fleet.yml", "/srv/b")), (
        "beside one that does"
    )
    # It is said first, whatever the target.
    assert "does not exist" in refusal("hv1", there=(), hosts=())


def test_a_host_without_a_comma(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    said = refusal(sources=(str(Path.cwd() / "web30"),), hosts=())
    assert (
        said
        == "the inventory web30 does not exist; if web30 is a host, write a comma after it: -i web30, (make detect"
        " INVENTORY=web30,). Nothing was read"
    )
    for path in (str(Path.cwd() / "group" / "web30"), "/srv/web30", str(Path.cwd() / "-x")):
        assert "comma" not in refusal(sources=(path,), hosts=()), "no host's name"


@pytest.mark.parametrize(
    ("sources", "named"),
    [(("/srv/fleet.yml",), "/srv/fleet.yml"), ((",",), ","), (("/srv/fleet.yml", ","), "/srv/fleet.yml, ,")],
)
def test_an_inventory_without_hosts(sources, named):
    said = refusal(sources=sources, hosts=())
    assert said.startswith(f"the inventory {named} has no hosts, or cannot be read (a warning above says why)")
    assert "Without -i" in said and "this machine is judged" in said


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("web2", "web2"),
        ("hv1,web2", "web2"),
        ("hv1:web2", "web2"),
        ("all,hvx*", "hvx*"),
        ("web2,!hv1", "web2"),
        ("nohost:&hv1", "nohost"),
        ("hv1 web2", "web2"),
        ("~db:hv1", "~db"),
        ("db[1:2]:hv1", "db[1:2]"),
        ("2001:db8::1", "2001:db8::1"),
        ("hv1:22", "hv1:22"),
    ],
)
def test_a_target_of_which_a_part_matches_nobody(target, part):
    assert refusal(target) == (
        f"nobody to ask: the target {part} matches no host; no host or group of the inventory is called so: "
        "look at it with ansible-inventory --graph. Nothing was read"
    )


def test_a_target_without_any_inventory():
    assert (
        "the target hv1 matches no host; there is no inventory: name one with -i FILE, or hosts with -i 'host1,'"
        in refusal("hv1", named=False, hosts=(), there=())
    )


@pytest.mark.parametrize("target", ["hv1,!hv*", "hv*:&web1", "all:!all", "!hv1", ","])
def test_a_target_that_leaves_nobody(target):
    assert refusal(target) == f"nobody to ask: nothing is left of the target {target}. Nothing was read"


@pytest.mark.parametrize(
    ("target", "limit", "left_of"), [("", "nohost", "all"), ("hv*", "web1", "hv*"), ("hv1", "hv2", "hv1")]
)
def test_a_limit_that_leaves_nobody(target, limit, left_of):
    assert refusal(target, limit=limit) == (f"nobody to ask: --limit {limit} leaves none of the hosts of {left_of}. "
                                            "Look at both with ansible-inventory --graph")


GROUPS = {"all": FLEET, "switches": ("web1",), "empty": ()}


@pytest.mark.parametrize(
    ("target", "group", "says"),
    [
        ("", "sw1tches", "the inventory has no group sw1tches, which detect_switches names"),
        ("", "empty", "the group empty, which detect_switches names, has no hosts"),
        ("hv*", "switches", "no host of the group switches, which detect_switches names, belongs to the target hv*"),
    ],
)
def test_switches_that_nobody_would_read(target, group, says):
    said = refusal(target, switches=group, groups=GROUPS)
    assert said.startswith(says) and said.endswith(". Nothing was read"), said
    # A slice of a job sees a part of the inventory, and AWX leaves out groups of which it holds no host.
    assert asked(target, switches=group, groups=GROUPS, is_part=True) == (target or "all")


@pytest.mark.parametrize(("target", "limit"), [("", ""), ("hv1,web*", ""), ("all", "hv1")])
def test_switches_of_the_target_are_read_but_for_those_that_a_limit_leaves_out(target, limit):
    assert asked(target, limit=limit, switches="switches", groups=GROUPS) == (target or "all")


def test_what_is_said_is_one_short_line():
    said = [
        refusal(switches="x\x1b[31m" + "y" * 500, groups=GROUPS),
        refusal("x\x1b[31m" + "y" * 500),
        refusal(limit="x\n" + "y" * 500),
        refusal(sources=("/srv/x\n" + "y" * 500,), hosts=()),
    ]
    assert all(line.isprintable() and len(line) < 400 for line in said), said
