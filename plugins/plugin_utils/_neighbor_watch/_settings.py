"""The arguments of the event source, checked once: what becomes part of a command can be nothing but a name."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import Limit, empty
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import MOVED, Patience
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import FDB, NEIGHBOR
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import read_exceptions

MOST_HOSTS = 1024
_TABLES = (NEIGHBOR, FDB)
# They start with a letter or digit, so that none is an option of ssh; no pattern of Ansible, no path, no "%" of
# ssh_config.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}\Z", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}\Z", re.ASCII)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}\Z", re.ASCII)
_NETNS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:@+-]{0,254}\Z", re.ASCII)
_PATH = re.compile(r"/[^\0\n]{1,4095}\Z")
_LIMIT = re.compile(r"[A-Za-z0-9_*~!&(\[][^\s\0-\x1f]{0,511}\Z", re.ASCII)
ARGUMENTS = frozenset(
    "hosts name become netns tables ssh_config debounce window returns repeat heartbeat retry queue "
    "limits exceptions".split()
)
_OF_RULEBOOK = {"eda_feedback_queue"}  # what ansible-rulebook itself adds


class SettingsError(ValueError):
    """An argument cannot be used: the message names it and what it takes."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One host to watch. ``address``: where ssh goes, None for this machine; ``netns``: "" for the host's own."""

    name: str
    address: str | None = None
    user: str | None = None
    port: int | None = None
    become: bool = False
    netns: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Settings:
    """All arguments. Times in seconds."""

    hosts: tuple[Watched, ...]
    tables: tuple[str, ...]
    patience: Patience
    limits: tuple[Limit, ...]
    exceptions: Sequence[Mapping[str, Any]]
    ssh_config: str | None
    heartbeat: float
    retry: float
    queue: int


def read_settings(arguments: Mapping[str, Any]) -> Settings:
    """Settings of the source's ARGUMENTS; SettingsError or ExceptionError for what cannot be used."""
    unknown = sorted(map(str, set(arguments) - ARGUMENTS - _OF_RULEBOOK))
    if unknown:
        raise SettingsError(f"unknown argument {shortened(unknown[0], 40)}; there are {', '.join(sorted(ARGUMENTS))}")
    patience = Patience(
        debounce=_seconds(arguments, "debounce", 2.0, 0.1),
        window=_seconds(arguments, "window", 60.0, 1.0),
        returns=_whole(arguments, "returns", 2, 1, 32),
        repeat=_seconds(arguments, "repeat", 60.0, 1.0),
    )
    exceptions = arguments.get("exceptions") or []
    read_exceptions(exceptions).granted(empty(MOVED, ""))  # refused now rather than at the first event
    return Settings(
        hosts=_hosts(arguments),
        tables=_tables(arguments.get("tables")),
        patience=patience,
        limits=read_limits(arguments.get("limits")),
        exceptions=exceptions,
        ssh_config=_text(arguments, "ssh_config", _PATH, "an absolute path"),
        heartbeat=_seconds(arguments, "heartbeat", 60.0, 0.0),
        retry=_seconds(arguments, "retry", 60.0, 0.1),
        queue=_whole(arguments, "queue", 1000, 1, 100000),
    )


def _hosts(arguments: Mapping[str, Any]) -> tuple[Watched, ...]:
    given = arguments.get("hosts")
    if given is None or given == []:
        name = _text(arguments, "name", _NAME, "the name of this machine in the inventory") or "localhost"
        return (Watched(name, become=_flag(arguments, "become"), netns=_namespaces(arguments, "netns")),)
    if not isinstance(given, (list, tuple)) or len(given) > MOST_HOSTS:
        raise SettingsError(
            f"hosts: {type_name(given)} instead of a list of at most {MOST_HOSTS} names, "
            "or of name, address, user, port, become, netns"
        )
    hosts = tuple(_host(f"hosts[{number}]", row, arguments) for number, row in enumerate(given))
    twice = [host.name for number, host in enumerate(hosts) if host.name in {other.name for other in hosts[:number]}]
    if twice:
        raise SettingsError(f"hosts: {twice[0]} is there twice")
    return hosts


def _host(where: str, row: object, arguments: Mapping[str, Any]) -> Watched:
    """One host: its name alone, or a mapping; what it does not say of become and netns stands beside the list."""
    fields: Mapping[str, Any] = {"name": row} if isinstance(row, str) else row if isinstance(row, Mapping) else {}
    unknown = sorted(map(str, set(fields) - {"name", "address", "user", "port", "become", "netns"}))
    name = _text(fields, "name", _NAME, "a name of the inventory", f"{where}.")
    if unknown or name is None:
        raise SettingsError(f"{where}: a name, or a mapping with name, address, user, port, become and netns")
    return Watched(
        name,
        _text(fields, "address", _ADDRESS, "a host name or an IP address", f"{where}.") or name,
        _text(fields, "user", _USER, "a login", f"{where}."),
        _whole(fields, "port", 0, 1, 65535, f"{where}.") or None,
        _flag({**arguments, **fields}, "become", f"{where}."),
        _namespaces({**arguments, **fields}, "netns", f"{where}."),
    )


def _namespaces(values: Mapping[str, Any], key: str, where: str = "") -> tuple[str, ...]:
    """The namespaces to watch: names as `ip netns` lists them, "" for the host's own, which is the default."""
    given = values.get(key)
    names = [""] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not names or len(names) > MOST_HOSTS:
        raise SettingsError(f"{where}{key}: a list of names of network namespaces")
    for name in names:
        if not isinstance(name, str) or (name and not _NETNS.match(name)):
            raise SettingsError(f"{where}{key}: {shortened(name, 40)} is no name of a network namespace")
    return tuple(dict.fromkeys(map(str, names)))


def _tables(given: object) -> tuple[str, ...]:
    names = list(_TABLES) if given is None else [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not names or not set(map(str, names)) <= set(_TABLES):
        raise SettingsError(f"tables: {shortened(given, 40)} instead of a list of {' and '.join(_TABLES)}")
    return tuple(dict.fromkeys(map(str, names)))


def read_limits(given: object) -> tuple[Limit, ...]:
    """The rows that say whom to ask, of which the first that fits counts; SettingsError for what cannot be used."""
    if not isinstance(given, (list, tuple, type(None))):
        raise SettingsError(f"limits: {type_name(given)} instead of a list of host, interface, vlan and limit")
    return tuple(_limit(f"limits[{number}]", row) for number, row in enumerate(given or ()))


def _limit(where: str, row: object) -> Limit:
    if not isinstance(row, Mapping) or not set(row) <= {"host", "interface", "vlan", "limit"}:
        raise SettingsError(f"{where}: a mapping with limit and any of host, interface, vlan")
    limit = row.get("limit")
    if not isinstance(limit, str) or not _LIMIT.match(limit):
        raise SettingsError(f"{where}.limit: a pattern of hosts, as --limit takes it, without @file")
    host, interface = row.get("host", "*"), row.get("interface", "*")
    if not isinstance(host, str) or not isinstance(interface, str):
        raise SettingsError(f"{where}: host and interface are texts, with * and ?")
    return Limit(limit, host, interface, _whole(row, "vlan", 0, 1, 4094, f"{where}.") or None)


def _text(values: Mapping[str, Any], key: str, fits: re.Pattern[str], what: str, where: str = "") -> str | None:
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not fits.match(value):
        raise SettingsError(f"{where}{key}: {shortened(value, 40)} is not {what}")
    return str(value)


def _seconds(values: Mapping[str, Any], key: str, default: float, least: float) -> float:
    value = values.get(key, default)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not least <= number <= 86400:
        raise SettingsError(f"{key}: {shortened(value, 40)} instead of {least:g} to 86400 seconds")
    return number


def _whole(values: Mapping[str, Any], key: str, default: int, least: int, most: int, where: str = "") -> int:
    """A whole number, also as the text that a template leaves; DEFAULT where there is none."""
    value = values.get(key)
    if value is None:
        return default
    text = str(value)
    if isinstance(value, bool) or not re.match(r"[0-9]{1,6}\Z", text, re.ASCII) or not least <= int(text) <= most:
        raise SettingsError(f"{where}{key}: {shortened(value, 40)} instead of a whole number from {least} to {most}")
    return int(text)


def _flag(values: Mapping[str, Any], key: str, where: str = "") -> bool:
    """Yes or no; templates and surveys leave them as text."""
    value = values.get(key, False)
    word = str(value).lower()
    if word not in ("true", "false", "yes", "no"):
        raise SettingsError(f"{where}{key}: {shortened(value, 40)} instead of true or false")
    return word in ("true", "yes")
