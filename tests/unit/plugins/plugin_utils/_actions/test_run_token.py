"""The controller's own tokens: one for each run, host and change, made anew for no worker, readable by nobody else."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from multiprocessing.pool import ThreadPool

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.netops.layer2.plugins.plugin_utils._actions import _run_token


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a run; setting it anew begins another run."""

    def begin(name):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(_run_token.constants, "DEFAULT_LOCAL_TMP", str(tmp_path / name))
        return tmp_path / name

    return begin


def made(host="a", identifier="x", option="token", asked="run"):
    return _run_token.with_token({option: asked, {"token": "id"}.get(option, "revert_id"): identifier}, host)[option]


def test_one_token_for_a_run_a_host_and_a_change(folder):
    first = folder("first")
    tokens = [made(), made("b"), made("a", "y")]
    assert tokens[0] == made() == made(option="revert_token") and len(set(tokens)) == 3
    assert all(len(token) == 32 for token in tokens)
    [secret] = first.iterdir()
    assert secret.stat().st_mode & 0o777 == 0o600
    folder("second")
    assert made() not in tokens


def test_each_attempt_of_a_run_has_its_own(folder):
    folder("run")
    one, other = _run_token.attempt(), _run_token.attempt()
    tokens = {made(), made(asked=one), made(asked=other)}
    assert len(tokens) == 3 and made(asked=one) in tokens and one not in tokens


@pytest.mark.parametrize("given", ["running", "run:", "run:A", "run:a b", "run:" + "a" * 33, "xrun"])
def test_what_only_begins_like_it_is_a_token(folder, given):
    folder("run")
    assert made(asked=given) == given


def test_workers_that_begin_at_once_agree(folder):
    folder("run")
    with ThreadPool(8) as pool:
        assert len(set(pool.map(lambda _number: made(), range(40)))) == 1


def test_other_tokens_and_tasks_without_one_stay_as_they_are(folder):
    path = folder("run")
    for given in ({"token": "0" * 32, "id": "x"}, {"id": "x"}, {"revert_token": None}, {}):
        assert _run_token.with_token(given, "a") == given
    assert list(path.iterdir()) == []


def test_a_change_without_a_name_is_refused(folder):
    folder("run")
    with pytest.raises(AnsibleActionFail, match="set revert_id"):
        _run_token.with_token({"revert_token": "run"}, "a")
