"""Log lines in events of other sources (journald, webhook, alertmanager), made events of the watch."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._shown_name import CONTAINER, shown
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import (
    Clock,
    Event,
    Limit,
    Narrowing,
    empty,
    narrowed,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._known_macs import reason_to_move
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._log_lines import Complaint, complaint
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import FLAPPING

LOG = "log"
UNKNOWN_HOST = "unknown"
_CLOCK = Clock(time.time, time.monotonic)
# Where sources put the message and the host's name, the first that is there counts.
_MESSAGES = (
    "journald.message",
    "payload.message",
    "payload.MESSAGE",
    "payload.msg",
    "payload.log",
    "payload",
    "alert.annotations.message",
    "alert.annotations.description",
    "alert.annotations.summary",
)
_HOSTS = (
    "journald._hostname",
    "payload.hostname",
    "payload._HOSTNAME",
    "payload.host",
    "alert.labels.hostname",
    "alert.labels.host",
    "alert.labels.instance",
)


def made_ours(
    event: Mapping[str, Any], limits: Sequence[Limit], message_path: str | None = None, host_path: str | None = None
) -> Event | None:
    """The event of the log line in EVENT; None if it complains of no address, or of one that is made to move.

    Who sent the log chooses neither the hosts that are asked nor a word of the message.
    """
    said = next(
        (found for text in _texts(event, (message_path,) if message_path else _MESSAGES) if (found := complaint(text))),
        None,
    )
    if said is None or any(mac and reason_to_move(mac) for mac in (said.old_mac, said.new_mac)):
        return None
    name = next(_texts(event, (host_path,) if host_path else _HOSTS), "")
    host = shown(name.partition(":")[0], CONTAINER) or UNKNOWN_HOST  # an exporter's port is no part of its name
    now = _CLOCK.stamp(time.monotonic())
    made = empty(
        said.kind,
        host,
        table=LOG,
        interface=said.interface,
        vlan=said.vlan,
        address=said.address,
        old_mac=said.old_mac,
        new_mac=said.new_mac,
        old_port=said.old_port,
        new_port=said.new_port,
        count=1,
        first=now,
        last=now,
        message=_in_words(said, host),
    )
    made = narrowed(made, Narrowing(limits, _nobody))
    return {**made, "meta": {**_mapping(event.get("meta")), **made["meta"]}}


def _in_words(said: Complaint, host: str) -> str:
    who = f" ({said.new_mac})" if said.new_mac and said.address else ""
    what = "keeps changing" if said.kind == FLAPPING else "is there twice"
    where = f"{said.interface} on {host}" if said.interface else host
    return f"{said.address or said.new_mac or 'an own MAC address'}{who} {what}: so says {said.says}, {where}"


def _texts(event: Mapping[str, Any], paths: Sequence[str]) -> Iterator[str]:
    """The texts that are at any of PATHS, keys joined by dots."""
    for path in paths:
        value: Any = event
        for key in path.split("."):
            value = _mapping(value).get(key)
        if isinstance(value, str):
            yield value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _nobody(_macs: set[str]) -> Sequence[str]:
    """No host's tables are known to a filter."""
    return ()
