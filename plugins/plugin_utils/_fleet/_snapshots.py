"""Snapshots, and other documents of hosts, as the controller meets them: from hostvars, lists, texts or caches, opened,
checked, streamed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.netops.layer2.plugins.module_utils._packed import PackedError, is_packed, unpacked
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import getter
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import received
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

SCHEMA = "netops.layer2/snapshot"
VERSION = 1
FACT = "layer2_snapshot"
WRAPPED = "s1_"  # ansible-core 2.19 and newer put it before the host's name, in names of fact cache files

Document = dict[str, t.Any]


class Kind(t.NamedTuple):
    """A kind of document that hosts hand over: what it calls itself, the fact that holds it, and what makes it."""

    schema: str
    version: int
    fact: str
    noun: str
    maker: str

    @property
    def again(self) -> str:
        """The way out where a host's document is of no use."""
        return f"Gather the host again with {self.maker}"


SNAPSHOT = Kind(SCHEMA, VERSION, FACT, "snapshot", "layer2_facts")


class SnapshotError(ValueError):
    """A snapshot, or what should have been one, cannot be used: names host, field and way out."""

    def __init__(self, host: str, field: str, problem: str, hint: str) -> None:
        super().__init__(f"{host}: {field}: {problem}. {hint}")
        self.host, self.field, self.problem, self.hint = host, field, problem, hint

    def as_dict(self) -> dict[str, str]:
        """The row for the report's list of quarantined data."""
        return {"host": self.host, "field": self.field, "problem": self.problem, "hint": self.hint}


class NoSnapshot(SnapshotError):
    """A fact cache knows the host, but holds no such document of it. ``is_empty``: it holds nothing at all, as of the
    controller itself.
    """

    def __init__(self, host: str, is_empty: bool, kind: Kind = SNAPSHOT) -> None:
        super().__init__(host, kind.fact, "not in the fact cache", f"Gather the host with {kind.maker} first")
        self.is_empty = is_empty


class File(t.NamedTuple):
    """A payload that lies in a file: the path as text, since a hundred thousand Paths take time and memory."""

    path: str


class Source(t.NamedTuple):
    """One host's snapshot, still closed: the text, document or file that ``open_snapshot`` reads when its turn comes.
    """

    host: str
    payload: object
    segment: object = None
    place: str = "snapshot"
    kind: Kind = SNAPSHOT
    received: float | None = None  # Unix time of the controller, where somebody noted it


@dataclass(frozen=True, slots=True)
class Missing:
    """A host that was asked for and has no snapshot, with the reason."""

    host: str
    reason: str


def sources(data: object, wanted: t.Collection[str] | None = None, kind: Kind = SNAPSHOT) -> Iterator[Source | Missing]:
    """Yield a Source or a Missing for each host in DATA.

    DATA is hostvars (host -> variables), a list of snapshots (documents or JSON texts), one snapshot, or the path of a
    fact cache (a directory of ansible's jsonfile cache). SnapshotError if it is none of these. KIND: another kind of
    document than snapshots, found in the same places.
    """
    if isinstance(data, Mapping):
        return (
            iter([Source("", data, place=kind.noun, kind=kind)])
            if is_document(data)
            else _from_hostvars(data, wanted, kind)
        )
    if isinstance(data, str):
        text = is_document_text(data)
        return iter([Source("", data, place=kind.noun, kind=kind)]) if text else _from_cache(Path(data), kind)
    if isinstance(data, Iterable) and not isinstance(data, (bytes, bytearray)):
        return _from_list(data, kind)
    raise SnapshotError(
        "input", f"{kind.noun}s", f"{type_name(data)} is neither hostvars nor a list of {kind.noun}s",
        f"Give `hostvars`, a list of {kind.noun}s, or the directory of a jsonfile fact cache",
    )


def is_document_text(text: str) -> bool:
    """Whether TEXT is a document, packed or not, and no path."""
    return text.lstrip().startswith("{") or is_packed(text)


def is_document(data: Mapping[t.Any, t.Any]) -> bool:
    """Whether DATA is one document, and not hostvars."""
    if hasattr(data, "raw_get"):  # hostvars of Ansible, which have no answer for what is no host outside of a template
        return False
    return isinstance(data.get("schema"), str) and "version" in data


def _from_list(items: Iterable[object], kind: Kind) -> Iterator[Source | Missing]:
    return (Source("", item, place=f"{kind.noun}s[{number}]", kind=kind) for number, item in enumerate(items))


def _from_hostvars(
    hostvars: Mapping[str, t.Any], wanted: t.Collection[str] | None, kind: Kind
) -> Iterator[Source | Missing]:
    get = getter(hostvars, partial(_is_told, kind))
    # Asked by name, hostvars also knows the implicit localhost, which it does not list; and nobody else's variables are
    # built.
    for host in hostvars if wanted is None else [name for name in sorted(wanted) if name in hostvars]:
        yield _from_variables(str(host), get(host), kind)


def _is_told(kind: Kind, variables: object) -> bool:
    """Whether a host's facts hold its document, and nothing else that is asked for, which set_fact may have cached
    among them.
    """
    facts = variables.get("ansible_facts") if isinstance(variables, Mapping) else None
    return isinstance(facts, Mapping) and facts.get(kind.fact) is not None and "layer2_segment" not in facts


def _from_variables(host: str, variables: object, kind: Kind) -> Source | Missing:
    if not isinstance(variables, Mapping):
        return Missing(host, f"its variables are {type_name(variables)}, not a mapping")
    facts = variables.get("ansible_facts")
    payload = facts.get(kind.fact) if isinstance(facts, Mapping) else None
    if payload is None:
        payload = variables.get(kind.fact)
    if payload is None and is_document(variables):
        payload = variables
    if payload is None:
        return Missing(host, f"no {kind.noun} was gathered")
    if kind is SNAPSHOT:
        return Source(host, payload, variables.get("layer2_segment"))
    came = received(variables, kind.fact)
    return Source(host, payload, kind=kind, received=came.at if came else None)


def _from_cache(directory: Path, kind: Kind) -> Iterator[Source | Missing]:
    if not _is_folder(directory):
        raise SnapshotError(
            "input", f"{kind.noun}s", f"{shortened(str(directory))} is not a directory",
            "Give the directory that fact_caching_connection names",
        )
    with os.scandir(directory) as entries:
        files = {entry.name: entry.path for entry in entries if entry.is_file()}
    return (Source(name, File(path), kind=kind) for name, path in sorted(_by_host(files).items()))


def _by_host(files: Mapping[str, str]) -> dict[str, str]:
    """Host -> its file, of the FILES (name -> path) of a cache directory."""
    prefixed = {name[len(WRAPPED):]: path for name, path in files.items() if name.startswith(WRAPPED)}
    # Where every name has the prefix it is ansible-core's; beside other names each file has to be asked.
    mixed = len(prefixed) < len(files) or not all(map(_is_wrapped, list(prefixed.values())[:1]))
    wrapped = {name: path for name, path in prefixed.items() if not mixed or _is_wrapped(path)}
    # What an older ansible-core cached of the same host lies beside it, and is older.
    plain = {name: path for name, path in files.items() if name.removeprefix(WRAPPED) not in wrapped}
    return {**plain, **wrapped}


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # too long, or with characters that no file system knows
        return False


def _is_wrapped(path: str) -> bool:
    """Whether ansible-core 2.19 or newer wrote the file, which puts a prefix before the host's name."""
    try:
        with open(path, "rb") as file:
            return b'"__payload__"' in file.read(32)
    except OSError:
        return False


def open_snapshot(source: Source) -> Document:
    """Return the document of SOURCE, its ``host`` filled in; SnapshotError if it is no document of its kind that this
    version reads.

    NoSnapshot if a fact cache has the host without one.
    """
    host, kind = source.host or source.place, source.kind
    document = _document(host, source.payload, kind)
    named = document.get("host")
    document["host"] = name = source.host or (named if isinstance(named, str) and named else "")
    if not name:
        raise SnapshotError(
            host, "host", "missing or not text", f"Give each {kind.noun} of a list its host name in `host`"
        )
    _check_version(name, document, kind)
    if source.segment is not None:
        document["layer2_segment"] = source.segment
    return document


def _document(host: str, payload: object, kind: Kind) -> Document:
    if isinstance(payload, File):
        return _cached(host, payload.path, kind)
    if isinstance(payload, Mapping):
        facts = payload.get("ansible_facts")  # a host's variables, or a task's registered result
        inner = payload.get(kind.fact) or (facts.get(kind.fact) if isinstance(facts, Mapping) else None)
        return dict(payload) if inner is None else _document(host, inner, kind)
    if not isinstance(payload, str):
        raise SnapshotError(host, kind.fact, f"{type_name(payload)} instead of a JSON text", kind.again)
    return _parsed(host, payload, kind)


def _parsed(host: str, text: str | bytes, kind: Kind) -> Document:
    try:
        document = json.loads(unpacked(text) if isinstance(text, str) and is_packed(text) else text)
    except PackedError as error:
        raise SnapshotError(host, kind.fact, str(error), kind.again) from None
    except (ValueError, RecursionError) as error:
        raise SnapshotError(
            host, kind.fact, f"broken JSON ({shortened(str(error))}; {len(text)} characters)",
            f"It was cut short or changed on its way: {kind.again[:1].lower()}{kind.again[1:]}",
        ) from None
    if not isinstance(document, dict):
        raise SnapshotError(host, kind.fact, "JSON, but not an object", kind.again)
    return document


def _cached(host: str, path: str, kind: Kind) -> Document:
    try:
        with open(path, "rb") as file:  # quicker than Path.read_bytes, which a hundred thousand files notice
            facts = _parsed(host, file.read(), kind)
    except OSError as error:
        raise SnapshotError(host, path, shortened(str(error)), "Check the fact cache directory") from None
    if isinstance(facts.get("__payload__"), str):
        facts = _parsed(host, facts["__payload__"], kind)  # ansible-core 2.19 wraps what it caches
    payload = facts.get(kind.fact)
    if payload is None:
        raise NoSnapshot(host, not facts, kind)
    return _document(host, payload, kind)


def _check_version(host: str, document: Document, kind: Kind) -> None:
    if document.get("schema") != kind.schema:
        makers = "layer2_facts or snapshot_from_text" if kind is SNAPSHOT else kind.maker
        raise SnapshotError(
            host, "schema", f"is {shortened(document.get('schema'), 40)}, not {kind.schema}",
            f"Only output of {makers} can be judged",
        )
    version = document.get("version")
    if version != kind.version or isinstance(version, bool):
        raise SnapshotError(
            host, "version", f"is {shortened(version, 40)}; this collection reads version {kind.version}",
            "Gather the host with the same version of netops.layer2",
        )


class Fleet:
    """All sources of one judgement, streamed: each is handed out once, and nothing of it is kept.

    ``missing`` are the hosts without a snapshot; the list is complete when all sources were handed out. Of LOST hosts,
    which could not be read now, nothing is handed out: what is left of them is of an earlier time.
    """

    def __init__(
        self, data: object, hosts: Iterable[str] | None = None, kind: Kind = SNAPSHOT, lost: Iterable[str] = ()
    ) -> None:
        self._lost = {str(host) for host in lost}
        self._wanted = None if hosts is None else {str(host) for host in hosts} - self._lost
        self._items = sources(data, self._wanted, kind)
        self._is_named = isinstance(data, (Mapping, str))
        self.missing: list[Missing] = []

    def __iter__(self) -> Iterator[Source]:
        met = set()
        for item in self._items:
            if item.host and not self.is_wanted(item.host):
                continue
            met.add(item.host)
            if isinstance(item, Missing):
                self.missing.append(item)
            else:
                yield item
        if self._is_named:
            self.missing.extend(self.unmet(met))

    def is_wanted(self, host: str) -> bool:
        """Whether HOST is to be judged; in a list only the opened document tells whose it is."""
        return host not in self._lost if self._wanted is None else host in self._wanted

    def unmet(self, met: t.AbstractSet[str]) -> list[Missing]:
        """The hosts that were asked for and are not among those that were MET."""
        return [Missing(host, "not in the given data") for host in sorted((self._wanted or set()) - met)]
