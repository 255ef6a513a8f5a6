"""Arguments of the event source: what they become, what is refused, and that no name turns into an option."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch import _commands
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import Limit
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import Patience
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import (
    SettingsError,
    Watched,
    read_settings,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError
from hypothesis import given
from hypothesis import strategies as st

ENV = ["env", "LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"]


def test_without_arguments_this_machine_is_watched():
    settings = read_settings({})
    assert (
        settings.hosts == (Watched("localhost"),)
        and settings.tables == ("neighbor", "fdb")
        and settings.patience == Patience()
    )


def test_what_stands_beside_the_hosts_is_meant_for_those_that_say_nothing_else():
    settings = read_settings(
        {
            "become": "yes",
            "netns": ["", "blue"],
            "hosts": [
                "hv1",
                {"name": "hv2", "address": "2001:db8::2", "port": "2222", "user": "w", "become": False, "netns": "red"},
            ],
        }
    )
    assert settings.hosts == (
        Watched("hv1", "hv1", become=True, netns=("", "blue")),
        Watched("hv2", "2001:db8::2", "w", 2222, False, ("red",)),
    )


def test_limits_are_rows():
    assert read_settings({"limits": [{"host": "hv*", "vlan": 5, "limit": "rack1:&hypervisors"}]}).limits == (
        Limit("rack1:&hypervisors", "hv*", "*", 5),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"host": ["hv1"]},
        {"hosts": "hv1"},
        {"hosts": ["-oProxyCommand=reboot"]},
        {"hosts": ["hv1\n"]},
        {"hosts": ["a,b"]},
        {"hosts": ["hv1", "hv1"]},
        {"hosts": [{"name": "hv1", "address": "-oProxyCommand=reboot"}]},
        {"hosts": [{"name": "hv1", "address": "%d"}]},
        {"hosts": [{"address": "hv1"}]},
        {"hosts": [{"name": "hv1", "user": "-l"}]},
        {"hosts": [{"name": "hv1", "port": 0}]},
        {"hosts": [{"name": "hv1", "shell": "x"}]},
        {"hosts": [None]},
        {"netns": ["../1"]},
        {"netns": ["$(reboot)"]},
        {"netns": []},
        {"tables": ["arp"]},
        {"ssh_config": "config"},
        {"become": "maybe"},
        {"returns": True},
        {"debounce": "soon"},
        {"window": float("nan")},
        {"heartbeat": -1},
        {"queue": 0},
        {"limits": [{"limit": "@/etc/passwd"}]},
        {"limits": [{"limit": "-i x"}]},
        {"limits": {"limit": "all"}},
        {"limits": [{"limit": "all", "mac": "x"}]},
        {"name": "all:!x"},
    ],
)
def test_what_cannot_be_used_is_refused(arguments):
    with pytest.raises(SettingsError):
        read_settings(arguments)


@pytest.mark.parametrize("row", [{"match": "kind == 'moved'"}, {"match": "nonsense(kind)", "reason": "a test"}])
def test_an_exception_that_cannot_be_used_is_refused_at_the_start(row):
    with pytest.raises(ExceptionError):
        read_settings({"exceptions": [{"expires": "9999-12-31", **row}]})


def test_this_machine_is_asked_without_ssh():
    host = Watched("localhost")
    assert _commands.monitor(host, "", "neighbor") == [*ENV, "ip", "-oneline", "monitor", "neigh"]
    assert _commands.monitor(host, "", "fdb") == [*ENV, "bridge", "monitor", "fdb"]
    assert _commands.whole_table(Watched("localhost", become=True), "blue", "fdb") == [
        *ENV,
        "sudo",
        "-n",
        "bridge",
        "-n",
        "blue",
        "fdb",
        "show",
    ]


def test_others_are_asked_through_ssh_which_sees_no_option_in_a_name():
    argv = _commands.whole_table(Watched("hv1", "192.0.2.1", "watch", 2222), "", "neighbor", "/etc/layer2/ssh")
    assert (
        argv[0] == "ssh"
        and argv[-7:-3] == ["-l", "watch", "-p", "2222"]
        and argv[argv.index("-F") + 1] == "/etc/layer2/ssh"
    )
    assert argv[-3:] == ["--", "192.0.2.1", shlex.join([*ENV, "ip", "-oneline", "neigh", "show"])]
    assert "BatchMode=yes" in argv


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "address", "user", "port", "limit", "host", "netns"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["hosts", "name", "netns", "tables", "limits", "window", "returns", "become", "ssh_config"]),
        JSON,
        max_size=4,
    )
)
def test_any_argument_is_taken_or_refused_and_none_becomes_an_option(arguments):
    try:
        settings = read_settings(arguments)
    except SettingsError:
        return
    for host in settings.hosts:
        for netns in host.netns:
            argv = _commands.monitor(host, netns, "fdb", settings.ssh_config)
            words = argv[argv.index("--") + 1 :] if host.address else []
            assert all(not word.startswith("-") for word in words)
