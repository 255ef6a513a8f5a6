"""A machine-id of its own: written once, whole, with the old one kept for root, and nothing where it is another one
already.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._identity import machine_id_digest
from ansible_collections.netops.layer2.plugins.module_utils._machine_id import MachineIdError, Places, renew

OLD = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def places(tmp_path):
    """A host's two files."""
    for name in ("etc", "dbus"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "machine-id").write_text(OLD + "\n")
    return Places(str(tmp_path / "etc" / "machine-id"), str(tmp_path / "dbus" / "machine-id"))


def text(path):
    with open(path) as stream:
        return stream.read()


def test_a_clone_gets_an_id_of_its_own_once(places):
    foretold = renew(machine_id_digest(OLD), True, places)
    assert foretold == {"files": [places.dbus, places.own]} and text(places.own) == text(places.dbus) == OLD + "\n"
    outcome = renew(machine_id_digest(OLD), False, places)
    new = text(places.own)
    assert re.match(r"[0-9a-f]{32}\n\Z", new) and new.strip() != OLD and os.readlink(places.dbus) == places.own
    assert (
        outcome["files"] == [places.dbus, places.own]
        and text(outcome["backup"]) == OLD + "\n"
        and new.strip() not in str(outcome)
    )
    assert [os.stat(path).st_mode & 0o777 for path in (places.own, outcome["backup"])] == [0o444, 0o400]
    assert renew(machine_id_digest(OLD), False, places) == {"files": []} and text(places.own) == new
    assert sorted(os.listdir(os.path.dirname(places.own))) == ["machine-id", os.path.basename(outcome["backup"])]


def test_what_was_interrupted_after_the_link_is_finished(places):
    os.unlink(places.dbus)
    os.symlink(places.own, places.dbus)
    assert renew(machine_id_digest(OLD), False, places)["files"] == [places.own] and text(places.own) != OLD + "\n"


def test_a_link_in_its_place_is_replaced_and_not_followed(places, tmp_path):
    os.unlink(places.own)
    os.symlink(places.dbus, places.own)
    renew(None, False, places)
    assert not os.path.islink(places.own) and text(places.own) == text(places.dbus) != OLD + "\n"


def test_without_dbus_there_is_no_copy_and_without_a_place_there_is_a_reason(places):
    os.unlink(places.dbus)
    assert renew(None, False, places)["files"] == [places.own] and not os.path.lexists(places.dbus)
    with pytest.raises(MachineIdError, match="No such file or directory; run as root"):
        renew(None, False, Places("/nowhere/machine-id", "/nowhere/dbus"))
