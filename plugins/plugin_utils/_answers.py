"""What hosts answer to the collection's modules: documented keys of the documented types pass, within bounds, and
nothing else.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._shown_name import Alphabet, shown
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible_lines
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name

MEBIBYTE = 1 << 20
LARGEST_FACT = 128 * MEBIBYTE    # characters of one document; 200,000 neighbours are 10 of these
LARGEST_ANSWER = 256 * MEBIBYTE  # characters of everything else, captures of packets included
LARGEST_TEXTS = 16 * MEBIBYTE    # characters of what in it is no document
MOST_NODES = 2_000_000           # lists, dictionaries and scalars of one answer
DEEPEST = 32                     # levels of nesting
LONGEST_MESSAGE = 65_536         # characters; the rest of a longer message is cut
LONGEST_DIFF = 1_048_576         # characters of one side of a difference, which is shown as it is
MOST_WARNINGS = 20               # ansible-core prints each, whatever a callback does
LONGEST_WARNING = 1_000          # characters

_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,), "dict": (Mapping,), "float": (int, float), "int": (int,), "list": (list, tuple), "str": (str,),
}
# What any module may answer; names that begin with an underscore are ansible-core's own.
_COMMON = {
    "changed": "bool",
    "failed": "bool",
    "msg": "str",
    "exception": "str",
    "warnings": "list",
    "deprecations": "list",
    "invocation": "dict",
    "module_stdout": "str",
    "module_stderr": "str",
    "rc": "int",
}
_CORE = frozenset(
    {
        "_ansible_parsed",
        "_ansible_no_log",
        "_ansible_verbose_always",
        "_ansible_verbose_override",
        "_ansible_delegated_vars",
    }
)
_LONGEST = dict.fromkeys(("msg", "exception", "module_stdout", "module_stderr"), LONGEST_MESSAGE)
# Texts that hold a document of their own: whoever reads one checks it.
_DOCUMENTS = frozenset({"ansible_facts", "document", "resume"})
# Module -> its documented keys and their types. A unit test holds them equal to the modules' documentation.
ANSWERS: dict[str, dict[str, str]] = {
    "announce_guest": {"tap": "str", "bridge": "str", "addresses": "list", "frames": "int"},
    "arp_scan": {"ansible_facts": "dict", "summary": "dict", "reason": "str", "hint": "str", "plan": "list"},
    "confirmed_change": {
        "state": "str",
        "id": "str",
        "token": "str",
        "owner": "str",
        "since": "str",
        "deadline": "str",
        "remaining": "float",  # nosec B105  # a type
        "guard": "str",
        "at_boot": "str",
        "failures": "list",
        "changes": "list",
    },
    "flood_sample": {"ansible_facts": "dict", "summary": "dict"},
    "interface_mac": {
        "interface": "str",
        "old_mac": "str",
        "mac": "str",
        "manager": "str",
        "files": "list",
        "backup_files": "list",
        "pins": "list",
        "moved": "list",
        "announced": "int",
        "revert": "dict",
        "unchanged": "bool",
        "waits": "int",
    },
    "layer2_facts": {"ansible_facts": "dict", "summary": "dict"},
    "layer2_timers": {"bridges": "list", "neighbours": "list", "files": "list", "asked": "int"},
    "libvirt_nic_mac": {
        "name": "str",
        "uuid": "str",
        "nic": "dict",
        "persistent": "str",
        "live": "str",
        "power_cycle_needed": "bool",
        "steps": "list",
        "backups": "list",
        "unchanged": "bool",
        "unplug_pending": "bool",
    },
    "machine_id": {"files": "list", "backup": "str"},
    "packet_capture": {"captures": "list", "plan": "list"},
    "policy_route": {
        "interface": "str",
        "manager": "str",
        "gateway_mac": "str",
        "routes": "list",
        "files": "list",
        "backup_files": "list",
        "revert": "dict",
        "unchanged": "bool",
        "waits": "int",
    },
    "prove_return_path": {"ways": "list", "gateway_mac": "str", "frames": "dict", "sent": "int", "problems": "list"},
    "proxmox_nic_mac": {
        "name": "str",
        "vmid": "str",
        "kind": "str",
        "node": "str",
        "nic": "str",
        "line": "str",
        "old_line": "str",
        "persistent": "str",
        "live": "str",
        "power_cycle_needed": "bool",
        "steps": "list",
        "unchanged": "bool",
    },
    "scan_python": {"python": "str", "steps": "list"},
    "vmware_guests": {"document": "str", "summary": "dict"},
}
_WORD = Alphabet("A-Za-z0-9_-", 64)               # what the modules themselves call things
_TITLE = Alphabet("A-Za-z0-9_. -", 64)
_MAC = Alphabet("0-9a-f:", 64)
_TIME = Alphabet("0-9TZ:.+-", 64)
_INTERFACE = Alphabet("A-Za-z0-9_.@+-", 64)       # names have 15 characters, each of which may have to be escaped
_KEY = Alphabet("A-Za-z0-9_.", 120)
# Documented text -> what it is made of. Other characters in it are shown escaped, so that no two answers look alike.
NAMES = {
    "state": _WORD,
    "id": _WORD,
    "guard": _WORD,
    "at_boot": _WORD,
    "manager": _TITLE,
    "uuid": _WORD,
    "vmid": _WORD,
    "kind": _WORD,
    "node": _WORD,
    "since": _TIME,
    "deadline": _TIME,
    "tap": _INTERFACE,
    "bridge": _INTERFACE,
    "interface": _INTERFACE,
    "mac": _MAC,
    "old_mac": _MAC,
    "gateway_mac": _MAC,
    "persistent": _MAC,
    "live": _MAC,
}
# Between the parts of a scan the module and its action speak of these; they are no part of the result.
BETWEEN_PARTS = {"arp_scan": {"progress": "dict", "resume": "str"}}
# Module -> the facts that it documents, each one text.
FACTS = {
    "arp_scan": frozenset({"layer2_scan", "layer2_watch"}),
    "flood_sample": frozenset({"layer2_flood_sample"}),
    "layer2_facts": frozenset({"layer2_snapshot"}),
}


class AnswerError(ValueError):
    """A host answered what the module cannot have answered; the text names the field and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answer that holds documented keys only, and the names of what was left out of it."""

    answer: dict[str, Any]
    left_out: tuple[str, ...]


def accept(module: str, answer: Mapping[str, Any]) -> Accepted:
    """Take from the ANSWER of MODULE what the module documents, without characters that steer a terminal; AnswerError
    where a documented field is of another kind or too large.
    """
    known = {**_COMMON, "diff": "", **ANSWERS[module], **BETWEEN_PARTS.get(module, {})}
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in _told(answer):
        if name == "ansible_facts" and name in known:
            kept[name], strays = _facts(module, value)
            left_out += [f"ansible_facts.{stray}" for stray in strays]
        elif name in _CORE:
            kept[name] = value
        elif name in known:
            kept[name] = _checked(name, value, known[name])
        else:
            left_out.append(str(name))
    _check_size({name: value for name, value in kept.items() if name != "ansible_facts"}, LARGEST_ANSWER)
    _check_size({name: _texts(name, value) for name, value in kept.items()}, LARGEST_TEXTS)
    return Accepted(_printable(kept), tuple(shown(name, _KEY) for name in left_out))


def _told(answer: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of ANSWER, but for a summary of a failure: ansible-core makes another one of the message."""
    return ((name, value) for name, value in answer.items() if name != "exception" or not _is_object(value))


def _is_object(value: object) -> bool:
    """Whether VALUE is no JSON: ansible-core 2.19 and newer make summaries of warnings and failures, and take them from
    hosts, too.
    """
    return not (value is None or isinstance(value, (str, bool, int, float, list, tuple, Mapping)))


def _facts(module: str, value: object) -> tuple[dict[str, str], list[str]]:
    """Return the documented facts, and the names of all others."""
    if not isinstance(value, Mapping):
        raise AnswerError(f"ansible_facts: expected a dictionary, found {type_name(value)}")
    documented = {name: fact for name, fact in value.items() if name in FACTS[module]}
    for name, fact in documented.items():
        if not isinstance(fact, str):
            raise AnswerError(f"ansible_facts.{name}: expected one JSON text, found {type_name(fact)}")
        if len(fact) > LARGEST_FACT:
            raise AnswerError(
                f"ansible_facts.{name}: {len(fact)} characters, and no host tells more than {LARGEST_FACT}"
            )
    return documented, [str(name) for name in value if name not in documented]


def _checked(name: str, value: object, kind: str) -> object:
    """VALUE of the documented KIND; null stands for a field that says nothing."""
    expected = _TYPES.get(kind, (Mapping, list))
    if value is None:
        return None
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "bool"):
        raise AnswerError(f"{name}: expected {kind or 'a dictionary or list'}, found {type_name(value)}")
    if isinstance(value, str):
        return shown(value, NAMES[name]) if name in NAMES else _first(value, _LONGEST.get(name, LARGEST_ANSWER))
    prepare = _PREPARED.get(name)
    return prepare(value) if prepare else value


def _first(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "..."


def _cut_diff(value: Any) -> Any:
    """Differences with their texts, before and after, cut where no file of a host is as long."""
    if isinstance(value, (list, tuple)):
        return [_cut_diff(each) if isinstance(each, Mapping) else each for each in value]
    return {key: _first(text, LONGEST_DIFF) if isinstance(text, str) else text for key, text in value.items()}


def _warnings(given: Any) -> list[str]:
    """The first of the list of warnings GIVEN, as texts, and how many more there are."""
    told = [_first(_warning(each), LONGEST_WARNING) for each in given[:MOST_WARNINGS]]
    return [*told, f"and {len(given) - MOST_WARNINGS} more"] if len(given) > MOST_WARNINGS else told


def _warning(given: object) -> str:
    """What a warning says that is a text, a dictionary with its ``msg``, or a summary of ansible-core's."""
    said = given.get("msg") if isinstance(given, Mapping) else getattr(getattr(given, "event", None), "msg", given)
    return said if isinstance(said, str) else f"of an unknown kind: {type_name(given)}"


# Field -> what is taken of its value, which is of the field's type.
_PREPARED: dict[str, Callable[[Any], object]] = {
    "diff": _cut_diff,
    "warnings": _warnings,
    "deprecations": lambda given: [{"msg": text} for text in _warnings(given)],
}


def _printable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """ANSWER, which is within bounds, with the control characters in its texts, but for documents, written as escapes.
    """
    return {
        name: value if name in _CORE | _DOCUMENTS else _visible(value, _DOCUMENTS if name == "captures" else ())
        for name, value in answer.items()
    }


def _visible(value: Any, kept: Container[object] = ()) -> Any:
    """VALUE with its texts made visible, but for those that dictionaries right in it have under the keys KEPT."""
    if isinstance(value, str):
        return visible_lines(value)
    if isinstance(value, Mapping):
        return {_visible(key): item if key in kept else _visible(item) for key, item in value.items()}
    return [_visible(item, kept) for item in value] if isinstance(value, (list, tuple)) else value


def _texts(name: str, value: object) -> object:
    """VALUE of the field NAME without the documents in it, which are for readers of their own and nobody prints."""
    if name in _DOCUMENTS:
        return None
    if name != "captures" or not isinstance(value, (list, tuple)):
        return value
    return [
        {key: item for key, item in each.items() if key not in _DOCUMENTS} if isinstance(each, Mapping) else each
        for each in value
    ]


def _check_size(answer: Mapping[str, Any], most: int) -> None:
    """AnswerError where an answer has more characters than MOST, or is larger than any that a module makes."""
    characters = 0
    for nodes, value in enumerate(_scalars(answer)):
        characters += len(value) if isinstance(value, str) else 1
        if nodes > MOST_NODES or characters > most:
            raise AnswerError(
                f"the answer is too large: no more than {MOST_NODES} values and {most} characters are taken"
            )


def _scalars(value: object) -> Iterator[object]:
    """Every key and every scalar below VALUE, without recursion; AnswerError beyond the deepest level."""
    waiting = [(value, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise AnswerError(f"the answer is nested deeper than {DEEPEST} levels")
        if isinstance(node, Mapping):
            yield from node
            waiting += [(item, depth + 1) for item in node.values()]
        elif isinstance(node, (list, tuple)):
            waiting += [(item, depth + 1) for item in node]
        else:
            yield node
