"""The running watch: programs in the place of `ip` and `ssh`, cut connections, a slow rulebook, endless lines."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import datetime
import json
import runpy
import sys
from pathlib import Path

import ansible_collections.netops.layer2 as collection
import pytest
import yaml
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch import _commands, _follow, _running
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import Limit, Narrowing, empty
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._follow import Waits
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._outbox import Outbox
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._running import CommandError, Lines
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import ARGUMENTS, read_settings
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._watch import Exceptions, Watch
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(next(iter(collection.__path__)))
SOURCE = runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / "event_source" / "neighbor_watch.py"))
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "schemas" / "watch-event-v1.json").read_text()))
MAC = "52:54:00:00:00:07"
PATIENCE = 60  # seconds that a busy machine may take


class Received:
    """A rulebook's queue that keeps what it gets."""

    def __init__(self):
        self.events = []
        self.changed = asyncio.Event()

    async def put(self, event):
        SCHEMA.validate({key: value for key, value in event.items() if key != "meta"})
        self.events.append(event)
        self.changed.set()

    async def until(self, kind, fits=lambda _event: True):
        """Wait for an event of a kind that fits, and return it."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                seen += 1
                if event["kind"] == kind and fits(event):
                    return event
            self.changed.clear()
            await self.changed.wait()

    async def until_all_listen(self, *hosts):
        """Wait until each host says that it is listened to."""
        for host in hosts:
            await self.until(
                "heartbeat", lambda event, host=host: event["host"] == host and event["totals"]["listening"] == 1
            )


def watching(arguments, story):
    """Run STORY(received) beside a watch; returns all events."""

    async def both():
        received = Received()
        watch = asyncio.ensure_future(Watch(read_settings(arguments)).run(received))
        try:
            await asyncio.wait_for(story(received), PATIENCE)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        return received.events

    return asyncio.run(both())


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Files in the place of hosts: HOST.table and HOST.monitor, which grows; without HOST.up it is unreachable."""
    follows = (
        "import sys, time\nup, path, sent = sys.argv[1] + '.up', sys.argv[1] + '.monitor', 0\nimport os\n"
        "while os.path.exists(up):\n    text = open(path).read()\n"
        "    sys.stdout.write(text[sent:]); sys.stdout.flush(); sent = len(text)\n"
        "    time.sleep(.02)\nsys.exit('connection closed')\n"
    )
    shows = "import sys\nopen(sys.argv[1] + '.up')\nsys.stdout.write(open(sys.argv[1] + '.table').read())\n"
    monkeypatch.setattr(
        _commands, "monitor", lambda host, *_rest: [sys.executable, "-c", follows, str(tmp_path / host.name)]
    )
    monkeypatch.setattr(
        _commands, "whole_table", lambda host, *_rest: [sys.executable, "-c", shows, str(tmp_path / host.name)]
    )
    monkeypatch.setattr(_follow, "_FIRST_WAIT", 0.1)

    def place(host, port):
        (tmp_path / f"{host}.table").write_text(f"{MAC} dev {port} master br0\n")
        (tmp_path / f"{host}.monitor").write_text("")
        (tmp_path / f"{host}.up").touch()
        return tmp_path / host

    return place


def notice(host, port):
    """The kernel of a host tells that the MAC is at a port."""
    with host.with_suffix(".monitor").open("a") as monitor:
        monitor.write(f"{MAC} dev {port} master br0\n")


def test_twins_are_told_once_with_who_else_sees_them(table):
    hosts = [table(name, "p1") for name in ("hv1", "hv2")]
    table("hv3", "p1").with_suffix(".table").write_text("")

    async def story(received):
        await received.until_all_listen("hv1", "hv2", "hv3")
        for port in "p2 p1 p2 p1 p2".split():
            notice(hosts[0], port)
        await received.until("flapping")

    events = watching({"hosts": ["hv1", "hv2", "hv3"], "tables": "fdb", "heartbeat": 0.2}, story)
    (fight,) = (event for event in events if event["kind"] == "flapping")
    assert (fight["limit"], fight["limit_from"], fight["meta"]) == ("hv1,hv2", "seen", {"hosts": ["hv1,hv2"]})
    assert (fight["host"], fight["interface"], fight["old_mac"], fight["new_mac"]) == ("hv1", "br0", MAC, MAC)
    assert {fight["old_port"], fight["new_port"]} == {"p1", "p2"} and fight["count"] >= 3
    assert {event["kind"] for event in events} == {"flapping", "heartbeat"}


def test_a_cut_connection_is_told_once_and_what_moved_meanwhile_when_it_is_back(table):
    host = table("hv1", "p1")

    async def story(received):
        await received.until_all_listen("hv1")
        host.with_suffix(".up").unlink()
        assert "connection closed" in (await received.until("source_lost"))["message"]
        await received.until("heartbeat", lambda event: event["totals"]["listening"] == 0)
        table("hv1", "p2")
        await received.until("moved")

    events = watching({"hosts": ["hv1"], "tables": "fdb", "heartbeat": 0.2, "retry": 0.2}, story)
    told = [event["kind"] for event in events if event["kind"] != "heartbeat"]
    assert told == ["source_lost", "source_back", "moved"]
    moved = next(event for event in events if event["kind"] == "moved")
    assert moved["between"] and "while nobody listened" in moved["message"] and moved["limit"] == "all"


def test_a_reboot_of_the_source_that_changes_nothing_raises_nothing(table):
    host = table("hv1", "p1")

    async def story(received):
        await received.until_all_listen("hv1")
        host.with_suffix(".up").unlink()
        await received.until("source_lost")
        table("hv1", "p1").with_suffix(".table").write_text("")  # it has yet to learn
        await received.until("source_back")
        notice(host, "p1")
        await received.until("heartbeat", lambda event: event["totals"]["lines"] == 2)
        await asyncio.sleep(0.5)  # longer than a move takes to settle

    events = watching({"hosts": ["hv1"], "tables": "fdb", "heartbeat": 0.2, "retry": 0.2, "debounce": 0.1}, story)
    assert [event["kind"] for event in events if event["kind"] != "heartbeat"] == ["source_lost", "source_back"]


def test_notifications_that_the_kernel_dropped_make_the_table_be_read_again(table, monkeypatch):
    table("hv1", "p1")
    says = (
        "import sys, time; print('netlink receive error No buffer space available (105)', file=sys.stderr, flush=True)"
    )
    monkeypatch.setattr(_commands, "monitor", lambda *_rest: [sys.executable, "-c", f"{says}; time.sleep(99)"])

    async def story(received):
        assert "No buffer space" in (await received.until("source_lost"))["message"]
        table("hv1", "p2")
        assert (await received.until("moved"))["between"]

    watching({"hosts": ["hv1"], "tables": "fdb", "retry": 0.2}, story)


def test_a_program_that_is_missing_is_a_lost_source_and_ends_nothing(monkeypatch):
    monkeypatch.setattr(_commands, "monitor", lambda *_rest: ["/no/such/program"])

    async def story(received):
        assert "/no/such/program does not start" in (await received.until("source_lost"))["message"]

    watching({"tables": "fdb"}, story)


def test_the_source_refuses_what_it_cannot_use():
    with pytest.raises(ValueError, match="hosts"):
        asyncio.run(SOURCE["main"](Received(), {"hosts": ["-oProxyCommand=id"]}))


def test_every_argument_is_documented_and_every_documented_one_is_there():
    options = yaml.safe_load(SOURCE["DOCUMENTATION"])["options"]
    assert options.keys() == ARGUMENTS
    settings = read_settings({name: option["default"] for name, option in options.items() if "default" in option})
    assert settings == read_settings({})
    for row in yaml.safe_load(SOURCE["EXAMPLES"]):
        read_settings(row["netops.layer2.neighbor_watch"])


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"\n", b"x" * 700, b"y" * 3000])), max_size=30))
def test_lines_are_whole_bounded_and_counted(parts):
    lines, kept = Lines(), []
    for part in parts:
        kept += lines.feed(part)
    whole = b"".join(parts).split(b"\n")[:-1]
    wanted = [line.decode("utf-8", "backslashreplace") for line in whole if len(line) <= _running.LONGEST_LINE]
    assert kept == wanted and lines.overlong >= len(whole) - len(wanted) and len(lines._rest) <= _running.LONGEST_LINE


def test_a_table_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(_running, "MOST_OCTETS", 200_000)
    with pytest.raises(CommandError, match="more than 200000 octets"):
        asyncio.run(_running.output([sys.executable, "-c", "while True: print('x' * 999)"], PATIENCE))


def test_a_command_without_end_is_given_up():
    with pytest.raises(CommandError, match="longer than"):
        asyncio.run(_running.output([sys.executable, "-c", "import time; time.sleep(999)"], 0.5))


def test_waits_grow_and_begin_again():
    waits = Waits(5.0)
    assert [waits.next() for _number in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    waits.restart()
    assert waits.next() == 1.0


def test_what_a_slow_rulebook_does_not_take_is_dropped_counted_and_said_but_no_fight():
    async def fill():
        outbox, received = Outbox(3, "hv1"), Received()
        for number, kind in enumerate("moved moved flapping heartbeat flapping moved".split(), 1):
            outbox.add(
                {
                    **empty(kind, "hv1"),
                    "count": number,
                    "table": "fdb",
                    "limit": "all",
                    "limit_from": "unknown",
                    "message": "x",
                    "first": "2026-11-28T18:00:00Z",
                    "last": "2026-11-28T18:00:00Z",
                }
            )
        sender = asyncio.ensure_future(outbox.send(received))
        await received.until("flapping", lambda event: event["count"] == 5)
        sender.cancel()
        return outbox.dropped, received.events

    dropped, events = asyncio.run(fill())
    assert dropped == 3 and [event["kind"] for event in events] == ["dropped", "moved", "flapping", "flapping"]
    assert events[0]["totals"] == {"heartbeat": 1, "moved": 2}


def test_the_limit_is_the_operators_else_who_sees_it_else_everybody():
    narrowing = Narrowing([Limit("rack1", "hv*", "br0", 5)], lambda macs: ["hv1", "hv2"] if MAC in macs else [])
    assert narrowing.of("hv1", "br0", 5, {MAC}) == ("rack1", "configured")
    assert narrowing.of("hv2", "br0", 6, {MAC}) == ("hv2,hv1", "seen")
    assert narrowing.of("hv1", "br0", None, {"52:54:00:00:00:99"}) == ("all", "unknown")


def test_an_exception_ends_on_its_day_while_the_watch_goes_on():
    day = [datetime.date(2026, 12, 31)]
    rows = [{"match": f"new_mac == '{MAC}'", "reason": "a test", "expires": "2026-12-31"}]
    exceptions = Exceptions(rows, lambda: day[0])
    event = empty("flapping", "hv1", new_mac=MAC)
    assert exceptions.granted(event) and not exceptions.granted({**event, "new_mac": "52:54:00:00:00:08"})
    day[0] += datetime.timedelta(days=1)
    assert not exceptions.granted(event) and exceptions.count == 1
