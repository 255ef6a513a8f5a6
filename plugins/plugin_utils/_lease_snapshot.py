"""A document out of a DHCP server's leases: dnsmasq's file, Kea's CSV file or API answer, dhcpd.leases of ISC."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources of the formats: dnsmasq, lease.c (lease_update_file); Kea's Administrator Reference Manual, "lease4-get-all",
# and
# csv_lease_file4.cc (columns, states, a lifetime of 0 takes a lease away); dhcpd.leases(5).

from __future__ import annotations

import calendar
import csv
import io
import json
import re
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION
from ansible_collections.netops.layer2.plugins.module_utils._table import finite, table
from ansible_collections.netops.layer2.plugins.plugin_utils._collected import collected
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

Document = dict[str, t.Any]
COLUMNS = ("address", "mac", "client", "state", "expires")
SOURCE = "leases"
_MOST_DAMAGED = 20
_FOREVER = 0xFFFFFFFF  # Kea's valid lifetime of a lease without end
_KEA_STATES = {"0": "active", "1": "declined", "2": "expired", "3": "released", "4": "registered"}
_HEX = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2})*\Z")
_LEASE = re.compile(r"^lease\s+(\S+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_BEGUN = re.compile(r"^lease\s+\S+\s*\{", re.MULTILINE)
# dhcpd.leases(5), and what each is called here.
_ISC_STATES = {
    "free": "released", "backup": "released", "abandoned": "declined",
    "active": "active", "expired": "expired", "released": "released", "reset": "reset", "bootp": "bootp",
}
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)


class LeaseError(ValueError):
    """The text as a whole is no list of leases; the message says what it should be."""


class Row(t.NamedTuple):
    """One lease. ``client``: octets of its identifier as hex, empty where it sent none; ``expires``: Unix time, None
    for never.
    """

    address: str
    mac: str
    client: str
    state: str
    expires: int | None


def snapshot_from_leases(text: object, host: object, server: object, collected_at: object = None) -> Document:
    """The document (docs/snapshot.md) of TEXT, leases of the DHCP server HOST as SERVER (a key of FORMATS) keeps them.

    COLLECTED_AT: Unix time at which the text was read. Lines that are broken are gaps; LeaseError for what is no such
    text.
    """
    if not isinstance(host, str) or not host.strip() or len(host) > 255:
        raise LeaseError("snapshot_from_leases: host must be a name of the DHCP server")
    read = FORMATS.get(server) if isinstance(server, str) else None
    if read is None:
        raise LeaseError(f"snapshot_from_leases: server must be one of {', '.join(FORMATS)}")
    try:
        when = collected(collected_at)
    except ValueError as error:
        raise LeaseError(f"snapshot_from_leases: {error}") from None
    broken: list[str] = []
    rows = {row.address: row for row in map(_checked(broken), read(_text(text)))}
    texts = [_joined(row) for address, row in rows.items() if address and row.state != "gone"]
    document: Document = {
        "schema": SCHEMA,
        "version": VERSION,
        "host": str(host),
        "collector": COLLECTOR,
        "source": SOURCE,
    }
    if when is not None:
        document["collected_at"] = when
    return {**document, "dhcp_leases": table(COLUMNS, texts), "observed": ["dhcp_leases"], "gaps": _gaps(broken)}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, Mapping)):  # Kea's answer, which ansible.builtin.uri opened
        return json.dumps(value, default=str)
    raise LeaseError(f"snapshot_from_leases: needs the leases as text, not {type_name(value)}")


def _joined(row: Row) -> str:
    return f"{row.address} {row.mac} {row.client or '-'} {row.state} {'-' if row.expires is None else row.expires}"


def _gaps(broken: list[str]) -> list[dict[str, str]]:
    shown = broken[:_MOST_DAMAGED]
    if len(broken) > len(shown):
        shown.append(f"and {len(broken) - len(shown)} more")
    return [{"subset": "dhcp_leases", "reason": f"not used: {words}"} for words in shown]


_NOTHING = Row("", "", "", "gone", None)


def _checked(broken: list[str]) -> Callable[[Row | str], Row]:
    """A row with its fields in the document's form; what is broken is noted, and becomes nothing."""

    def check(row: Row | str) -> Row:
        if isinstance(row, str):
            broken.append(shortened(row, 100))
            return _NOTHING
        client = row.client.lower().replace("-", ":")
        try:
            address = str(ip_address(row.address))
            mac = canonical(row.mac) if row.state != "gone" else ""
        except (ValueError, MacError) as error:
            broken.append(f"{shortened(' '.join(map(str, row[:2])), 80)}: {shortened(str(error), 80)}")
            return _NOTHING
        if client and not _HEX.match(client):
            broken.append(f"{address}: its client identifier is no row of octets: {shortened(client, 40)}")
            client = ""
        return Row(address, mac, client, row.state, row.expires)

    return check


def _dnsmasq(text: str) -> Iterator[Row | str]:
    """``expires mac address name client``; behind a line ``duid`` stand leases of DHCPv6, which tell no MAC."""
    for line in text.splitlines():
        parts = line.split()
        if parts[:1] == ["duid"]:
            return
        if len(parts) != 5 or not _is_number(parts[0]):
            if parts:
                yield f"no lease: {line}"
            continue
        expires, mac, address, _name, client = parts
        yield Row(address, mac, "" if client == "*" else client, "active", int(expires) or None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 13


def _kea(text: str) -> Iterator[Row | str]:
    return _kea_answer(text) if text.lstrip()[:1] in ("{", "[") else _kea_file(text)


def _kea_file(text: str) -> Iterator[Row | str]:
    """Kea's lease file, whose later rows take the place of earlier ones of one address."""
    rows = csv.DictReader(io.StringIO(text.replace("\0", "")))
    if not {"address", "hwaddr"} <= set(rows.fieldnames or ()):
        raise LeaseError(
            "snapshot_from_leases: no lease file of Kea: its first line does not name the columns address and hwaddr"
        )
    try:
        for row in rows:
            lifetime, expires = row.get("valid_lifetime") or "", row.get("expire") or ""
            client = row.get("client_id") or row.get("duid") or ""
            yield _kea_row(
                row["address"] or "", row["hwaddr"] or "", client, row.get("state") or "0", lifetime, expires
            )
    except csv.Error as error:
        yield f"the rest is no CSV: {error}"


def _kea_row(address: str, mac: str, client: str, state: str, lifetime: str, expires: str) -> Row | str:
    if not mac and state != "2" and lifetime != "0":
        return f"{address}: the lease tells no MAC"
    if not _is_number(lifetime) or not _is_number(expires):
        return f"{address}: its times are no numbers"
    gone = int(lifetime) == 0 or not mac
    return Row(
        address,
        mac,
        client,
        "gone" if gone else _KEA_STATES.get(state, "unknown"),
        None if int(lifetime) == _FOREVER else int(expires),
    )


def _kea_answer(text: str) -> Iterator[Row | str]:
    """What lease4-get-all answers: a list of answers, or one."""
    try:
        answers = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LeaseError(f"snapshot_from_leases: no answer of Kea: {shortened(str(error), 80)}") from None
    for answer in answers if isinstance(answers, list) else [answers]:
        given = answer.get("arguments") if isinstance(answer, dict) else None
        leases = given.get("leases") if isinstance(given, dict) else None
        if not isinstance(leases, list):
            said = answer.get("text") if isinstance(answer, dict) else ""
            yield f"an answer of Kea without leases: {said}"
            continue
        for lease in leases:
            yield _kea_lease(lease) if isinstance(lease, dict) else "a lease that is no object"


def _kea_lease(lease: Document) -> Row | str:
    given, lifetime = finite(lease.get("cltt")), finite(lease.get("valid-lft"))
    ends = None if given is None or lifetime is None else finite(given + lifetime)
    if ends is None or lifetime is None:
        return f"{lease.get('ip-address')}: its times are no numbers"
    address, mac = (str(lease.get(name) or "") for name in ("ip-address", "hw-address"))
    client = str(lease.get("client-id") or lease.get("duid") or "")
    return _kea_row(address, mac, client, str(lease.get("state", 0)), str(int(lifetime)), str(int(ends)))


def _isc(text: str) -> Iterator[Row | str]:
    """dhcpd.leases, whose later entries take the place of earlier ones of one address."""
    whole = 0
    for entry in _LEASE.finditer(text):
        whole += 1
        yield _isc_lease(entry.group(1), entry.group(2))
    begun = sum(1 for _entry in _BEGUN.finditer(text))
    if begun > whole:
        yield f"{counted(begun - whole, 'lease')} without an end: the file was cut off"
    elif not whole and re.sub(r"#[^\n]*|\s", "", text):
        raise LeaseError("snapshot_from_leases: no dhcpd.leases: there is no entry `lease ADDRESS { ... }`")


def _isc_lease(address: str, body: str) -> Row | str:
    settings = dict(
        re.findall(r"^\s*(ends|binding state|hardware ethernet|uid)\s+(.*?);[ \t]*(?:#.*)?$", body, re.MULTILINE)
    )
    state = settings.get("binding state", "active")
    mac = settings.get("hardware ethernet", "")
    if not mac:
        return Row(address, "", "", "gone", None)  # a free address that nobody ever had
    try:
        expires = _isc_time(settings.get("ends", "never"))
        client = _isc_uid(settings.get("uid", ""))
    except ValueError as error:
        return f"{address}: {error}"
    return Row(
        address,
        mac,
        client,
        _ISC_STATES.get(state, "unknown"),
        expires,
    )


def _isc_time(text: str) -> int | None:
    """``never``, ``epoch N``, or weekday, date and time in UTC."""
    words = text.split("#")[0].split()
    if words == ["never"]:
        return None
    if len(words) == 2 and words[0] == "epoch" and _is_number(words[1]):
        return int(words[1])
    return calendar.timegm(time.strptime(" ".join(words[1:]), "%Y/%m/%d %H:%M:%S"))


def _isc_uid(text: str) -> str:
    """Octets of a quoted text with octal escapes, or of hex with colons."""
    if not text.startswith('"'):
        return ":".join(f"{int(part, 16):02x}" for part in text.split(":")) if text else ""
    octets = text.strip('"').encode("utf-8", "surrogateescape")
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 8) & 255]) if found[1].isdigit() else found[1], octets)
    return plain.hex(":")


# A new server is one function above, which yields rows and words on what is broken, and one line here.
FORMATS: dict[str, Callable[[str], Iterator[Row | str]]] = {"dnsmasq": _dnsmasq, "kea": _kea, "isc": _isc}
