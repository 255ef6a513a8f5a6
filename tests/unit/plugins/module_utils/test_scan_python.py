"""A Python with scapy: made and filled once, by pip held to digests, alone with what it is given, and in nobody else's
folder.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._scan_python import provide

WISH = "scapy==0 --hash=sha256:00"
# In the place of a Python: it notes how it was called, and where from; `venv` makes an environment with itself in it,
# `pip` installs scapy, which it can import from then on.
STAND_IN = """#!{python}
import os, shutil, sys
here, arguments = {folder!r}, sys.argv[1:]
with open(os.path.join(here, "calls"), "a") as stream:
    stream.write(" ".join(arguments) + "\\n")
if arguments[1:3] == ["-m", "venv"]:
    if os.path.exists(os.path.join(here, "no-venv")):
        sys.exit("ensurepip is not available")
    os.makedirs(os.path.join(arguments[3], "bin"), exist_ok=True)
    for name in ("python", "pip"):
        shutil.copy(sys.argv[0], os.path.join(arguments[3], "bin", name))
elif arguments[1:3] == ["-m", "pip"]:
    if os.path.exists(os.path.join(here, "no-index")):
        sys.exit("No matching distribution found")
    with open(arguments[-1]) as stream, open(os.path.join(here, "installed"), "w") as kept:
        kept.write(stream.read())
else:
    sys.exit(not os.path.exists(os.path.join(here, "installed")))
"""


@pytest.fixture
def stand_in(tmp_path):
    path = tmp_path / "python3"
    path.write_text(STAND_IN.format(python=sys.executable, folder=str(tmp_path)))
    path.chmod(0o755)
    return str(path)


def provided(stand_in, folder, check_mode=False):
    return provide(stand_in, str(folder / "scan"), WISH, check_mode, Runner())


def calls(folder):
    """How it was called, each call once."""
    path = folder / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_it_is_foretold_made_and_found_done(stand_in, tmp_path):
    own = str(tmp_path / "scan" / "bin" / "python")
    steps = ["made %s" % (tmp_path / "scan"), "installed scapy"]
    assert provided(stand_in, tmp_path, True) == {"python": own, "steps": steps} and calls(tmp_path) == []
    assert provided(stand_in, tmp_path) == {"python": own, "steps": steps}
    assert provided(stand_in, tmp_path) == {"python": own, "steps": []} == provided(stand_in, tmp_path, True)
    (tmp_path / "installed").unlink()
    assert provided(stand_in, tmp_path, True)["steps"] == provided(stand_in, tmp_path)["steps"] == steps[1:]


def test_pip_is_held_to_digests(stand_in, tmp_path):
    provided(stand_in, tmp_path)
    [line] = [line for line in calls(tmp_path) if " install " in line]
    assert {"--require-hashes", "--no-deps", "--no-build-isolation"} <= set(line.split())
    assert line.split()[-2] == "--requirement" and (tmp_path / "installed").read_text() == WISH + "\n"
    assert sorted(os.listdir(str(tmp_path / "scan"))) == ["bin"], "the list is removed"


def test_nothing_is_imported_from_elsewhere(stand_in, tmp_path):
    provided(stand_in, tmp_path)
    assert len(calls(tmp_path)) == 3 and all(line.startswith("-I ") for line in calls(tmp_path))


@pytest.mark.parametrize("spoil", [lambda path: os.chmod(path, 0o775), lambda path: os.chmod(path, 0o757)])
def test_a_folder_that_others_may_write_to_is_refused(stand_in, tmp_path, spoil):
    provided(stand_in, tmp_path)
    before = calls(tmp_path)
    spoil(str(tmp_path / "scan"))
    with pytest.raises(ReadError, match="others could put programs there"):
        provided(stand_in, tmp_path)
    assert calls(tmp_path) == before, "none of its programs was started"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_folder_of_another_user_is_refused(stand_in, tmp_path):
    provided(stand_in, tmp_path)
    os.chown(str(tmp_path / "scan"), 65534, 65534)
    with pytest.raises(ReadError, match="belongs to user 65534"):
        provided(stand_in, tmp_path)


@pytest.mark.parametrize(
    ("lacks", "reason", "hint"),
    [("no-venv", "ensurepip is not available", "python3-venv"), ("no-index", "No matching", "python3-scapy")],
)
def test_what_fails_is_said_with_the_way_on(stand_in, tmp_path, lacks, reason, hint):
    (tmp_path / lacks).write_text("")
    with pytest.raises(ReadError) as caught:
        provided(stand_in, tmp_path)
    assert reason in caught.value.reason and hint in caught.value.hint
    (tmp_path / lacks).unlink()
    assert provided(stand_in, tmp_path)["steps"][-1] == "installed scapy", "it goes on from there"


def test_a_python_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="no-such-python is not installed"):
        provide("no-such-python", str(tmp_path / "scan"), WISH, False, Runner())
