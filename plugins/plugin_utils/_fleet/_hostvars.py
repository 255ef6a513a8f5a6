"""Hostvars read with little work: a host's variables without templating, and without its facts copied to their top
where nobody asks for those.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

Getter = Callable[[str], t.Any]
# Where ansible-core keeps `inject_facts_as_vars` while it runs: 2.20 and newer, and before.
_SETTINGS = (("ansible.vars.manager", "_INJECT_FACTS"), ("ansible.constants", "INJECT_FACTS_AS_VARS"))


def getter(hostvars: Mapping[str, t.Any], is_enough: Callable[[t.Any], bool]) -> Getter:
    """What asks HOSTVARS for the variables of one host.

    IS_ENOUGH says of variables without injected facts whether they tell all that is wanted; if not, they are asked for
    again as they are. Mappings that are no hostvars of Ansible are only looked up.
    """
    # raw_get spares the templating of every variable of every host: the difference between minutes and seconds.
    raw_get: Getter | None = getattr(hostvars, "raw_get", None)
    if raw_get is None:
        return hostvars.__getitem__
    lean_get = _lean_getter(hostvars, raw_get)

    def get(host: str) -> t.Any:
        variables, is_lean = lean_get(host)
        return variables if not is_lean or is_enough(variables) else raw_get(host)

    return get


def _lean_getter(hostvars: Mapping[str, t.Any], raw_get: Getter) -> Callable[[str], tuple[t.Any, bool]]:
    """What asks for variables without injected facts: HOSTVARS' own way, if it has one, else by its RAW_GET."""
    own: Callable[[str], tuple[t.Any, bool]] | None = getattr(hostvars, "lean_get", None)
    return own or partial(_lean, raw_get)


class Remembered(Mapping[str, t.Any]):
    """HOSTVARS of Ansible for one step that looks at each host several times: what was asked without templating is
    kept.

    What is asked by ``[]`` or ``get`` is templated by Ansible as ever. Values are the same objects, so that no snapshot
    is kept twice.
    """

    def __init__(self, hostvars: Mapping[str, t.Any]) -> None:
        self._hostvars = hostvars
        self._raw: Getter = getattr(hostvars, "raw_get", hostvars.get)
        self._lean: dict[str, tuple[t.Any, bool]] = {}
        self._whole: dict[str, t.Any] = {}

    def raw_get(self, host: str) -> t.Any:
        """The variables of HOST, untemplated, with injected facts."""
        if host not in self._whole:
            lean = self._lean.get(host)
            self._whole[host] = lean[0] if lean is not None and not lean[1] else self._raw(host)
        return self._whole[host]

    def lean_get(self, host: str) -> tuple[t.Any, bool]:
        """The same without injected facts, and whether those were spared."""
        if host not in self._lean:
            self._lean[host] = _lean(self._raw, host)
        return self._lean[host]

    def __getitem__(self, host: str) -> t.Any:
        return self._hostvars[host]

    def __contains__(self, host: object) -> bool:
        return host in self._hostvars

    def __iter__(self) -> Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)


class Beside(Mapping[str, t.Any]):
    """HOSTVARS and the variables of OTHERS beside them; a name that both have is of hostvars."""

    def __init__(self, hostvars: Mapping[str, t.Any], others: Mapping[str, Mapping[str, t.Any]]) -> None:
        self._hostvars = hostvars
        self._others = {name: variables for name, variables in others.items() if name not in hostvars}
        self._raw: Getter = getattr(hostvars, "raw_get", hostvars.get)
        self._lean = _lean_getter(hostvars, self._raw)

    def raw_get(self, host: str) -> t.Any:
        """The variables of HOST, untemplated."""
        return self._others[host] if host in self._others else self._raw(host)

    def lean_get(self, host: str) -> tuple[t.Any, bool]:
        """The same without injected facts, and whether those were spared."""
        return (self._others[host], False) if host in self._others else self._lean(host)

    def __getitem__(self, host: str) -> t.Any:
        return self._others[host] if host in self._others else self._hostvars[host]

    def __contains__(self, host: object) -> bool:
        return host in self._others or host in self._hostvars

    def __iter__(self) -> Iterator[str]:
        yield from self._hostvars
        yield from self._others

    def __len__(self) -> int:
        return len(self._hostvars) + len(self._others)


def _lean(raw_get: Getter, host: str) -> tuple[t.Any, bool]:
    with _without_injection() as is_lean:
        return raw_get(host), is_lean


def registered(hostvars: Mapping[str, t.Any], hosts: Iterable[str]) -> Iterator[tuple[str, Mapping[str, t.Any]]]:
    """(host, its variables) of HOSTS, for results of tasks, which need no templating; no variables for who is not in
    the inventory.
    """
    # Results of tasks are no facts, so that these need not be injected.
    get = getter(hostvars, lambda _variables: True) if hasattr(hostvars, "raw_get") else hostvars.get
    for host in hosts:
        found = (
            get(host) if host in hostvars else None
        )  # asked for a stranger, Ansible has no answer outside of a template
        yield host, found if isinstance(found, Mapping) else {}


@contextmanager
def _without_injection() -> Iterator[bool]:
    """Spare the injection of facts, for which Ansible lists all connection plugins at each host; False where it cannot
    be spared.
    """
    for name, setting in _SETTINGS:
        module = sys.modules.get(name)
        if getattr(module, setting, None) is True:
            setattr(module, setting, False)
            try:
                yield True
            finally:
                setattr(module, setting, True)
            return
    yield False
