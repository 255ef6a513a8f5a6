"""The hosts of a fleet, opened one after another: each machine once, and what is missing, of no use, or old is noted.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Identity, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    Document,
    Fleet,
    Missing,
    NoSnapshot,
    SnapshotError,
    open_snapshot,
)


class Hosts:
    """The snapshots of FLEET as readers, streamed: each is handed out once, and nothing of it is kept.

    What there is to say of them all is complete when all were handed out: ``identities`` of everybody that was read,
    ``collected`` (host -> when, by its own clock), ``missing`` and ``quarantined``.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._keepers: list[Callable[[Reader], None]] = []
        self._machines: dict[tuple[str, str, str], str] = {}  # machine-id, boot id, namespace -> first host
        self.identities: dict[str, Identity] = {}
        self.collected: dict[str, float] = {}
        self.missing: list[Missing] = []
        self.quarantined: list[SnapshotError] = []

    def beside(self, keep: Callable[[Reader], None]) -> Hosts:
        """The same hosts, each shown to KEEP as it passes: for a judgement that needs more than observations. It keeps
        what it needs.
        """
        self._keepers.append(keep)
        return self

    def __iter__(self) -> Iterator[Reader]:
        for document in self._documents():
            reader = Reader(document, self.quarantined.append)
            self.identities[reader.host] = identity = reader.identity()
            collected = finite(document.get("collected_at"))
            if collected is not None:
                self.collected[reader.host] = collected
            if self._is_another_name(identity, reader.host):
                continue
            yield reader
            for keep in self._keepers:
                keep(reader)

    def _is_another_name(self, identity: Identity, host: str) -> bool:
        """Whether HOST is a machine that was read already under another inventory name; containers share all but the
        namespace.
        """
        if not (identity.machine_id and identity.boot_id and identity.netns):
            return False
        machine = (identity.machine_id, identity.boot_id, identity.netns)
        return self._machines.setdefault(machine, host) != host

    def _documents(self) -> Iterator[Document]:
        """The documents that are to be judged, each host's once."""
        fleet = self._fleet
        seen: set[str] = set()
        for source in fleet:
            try:
                document = open_snapshot(source)
                host = document["host"]
                if host in seen and fleet.is_wanted(host):
                    raise SnapshotError(
                        host,
                        "host",
                        "a second snapshot with this host name",
                        "Give each host once; the first one was judged",
                    )
            except NoSnapshot as error:
                seen.add(error.host)
                if not error.is_empty:
                    self.missing.append(Missing(error.host, "no snapshot was gathered"))
                continue
            except SnapshotError as error:
                # Nothing of this host is judged, unless another snapshot of it was: it is missing, and the data is bad.
                if source.host and source.host not in seen:
                    self.missing.append(
                        Missing(source.host, f"its {source.kind.noun} is of no use: {error.field}: {error.problem}")
                    )
                seen.add(error.host)
                self.quarantined.append(error)
                continue
            seen.add(host)
            if fleet.is_wanted(host):
                yield document
        self.missing.extend([*fleet.missing, *fleet.unmet(seen | {gone.host for gone in fleet.missing})])
