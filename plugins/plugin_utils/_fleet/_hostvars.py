"""Hostvars read with little work: a host's variables without templating, and without its facts copied to their top where nobody asks for those."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

Getter = Callable[[str], t.Any]
# Where ansible-core keeps `inject_facts_as_vars` while it runs: 2.20 and newer, and before.
_SETTINGS = (("ansible.vars.manager", "_INJECT_FACTS"), ("ansible.constants", "INJECT_FACTS_AS_VARS"))


def getter(hostvars: Mapping[str, t.Any], is_enough: Callable[[t.Any], bool]) -> Getter:
    """What asks HOSTVARS for the variables of one host.

    IS_ENOUGH says of variables without injected facts whether they tell all that is wanted; if not, they are asked for again as
    they are. Mappings that are no hostvars of Ansible are only looked up.
    """
    # raw_get spares the templating of every variable of every host: the difference between minutes and seconds.
    raw_get: Getter | None = getattr(hostvars, "raw_get", None)
    if raw_get is None:
        return hostvars.__getitem__

    def get(host: str) -> t.Any:
        with _without_injection() as is_lean:
            variables = raw_get(host)
        return variables if not is_lean or is_enough(variables) else raw_get(host)

    return get


def registered(hostvars: Mapping[str, t.Any], hosts: Iterable[str]) -> Iterator[tuple[str, Mapping[str, t.Any]]]:
    """(host, its variables) of HOSTS, for results of tasks, which need no templating; no variables for who is not in the inventory."""
    raw: Getter = getattr(hostvars, "raw_get", hostvars.get)
    for host in hosts:
        found = raw(host) if host in hostvars else None  # asked for a stranger, Ansible has no answer outside of a template
        yield host, found if isinstance(found, Mapping) else {}


@contextmanager
def _without_injection() -> Iterator[bool]:
    """Spare the injection of facts, for which Ansible lists all connection plugins at each host; False where it cannot be spared."""
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
