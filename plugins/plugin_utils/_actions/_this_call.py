"""How the caller of this run called ansible-playbook, or make around it: what a suggested command must repeat to be
about the same hosts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv
from ansible_collections.netops.layer2.plugins.plugin_utils._common._called import Call, MakeCall, as_called

# Set by tools/run_playbook.py, as JSON: the folder of the Makefile, its targets by playbook, and the file whose path it
# prints last by itself.
MAKE = "LAYER2_MAKE"
# Options that name how to log in; none holds a secret, those of passwords name a file or ask for one.
_VALUES = (
    ("remote_user", "-u"),
    ("private_key_file", "--private-key"),
    ("connection_password_file", "--connection-password-file"),
    ("become_password_file", "--become-password-file"),
    ("ssh_common_args", "--ssh-common-args"),
    ("ssh_extra_args", "--ssh-extra-args"),
)
_SWITCHES = (("ask_pass", "-k"), ("become_ask_pass", "-K"), ("ask_vault_pass", "--ask-vault-pass"))
_LISTS = (("vault_ids", "--vault-id"), ("vault_password_files", "--vault-password-file"))
_DEFAULTS = {"connection": ("-c", "DEFAULT_TRANSPORT"), "become_method": ("--become-method", "DEFAULT_BECOME_METHOD")}
# Variables of the command line that are repeated by value, how to log in and what was wished: any other may hold a
# secret.
_VARIABLES = (
    "ansible_connection",
    "ansible_port",
    "ansible_user",
    "ansible_become_method",
    "ansible_python_interpreter",
    "layer2_become",
    "fix_keep",
    "fix_statuses",
    "mac_regenerate_live",
    "mac_regenerate_host_links",
    "mac_regenerate_machine_id",
)
# Where a configuration file counts from any working directory.
_USUAL_CONFIGS = ("~/.ansible.cfg", "/etc/ansible/ansible.cfg")


def in_words_of_caller(target: str) -> Callable[[str], str]:
    """What turns a suggested fix into one that runs as printed for the hosts of TARGET."""
    if "AWX_HOST" in os.environ:
        return str  # a job has no command line to repeat: its inventory is gone with it
    call: Call | MakeCall = make_call() if os.environ.get(MAKE) else plain_call()
    return partial(as_called, call=call, target=target)


def is_told_last(path: str) -> bool:
    """Whether make prints PATH when the run has ended."""
    return bool(path) and bool(os.environ.get(MAKE)) and bool(json.loads(os.environ[MAKE]).get("tells") == path)


def plain_call() -> Call:
    """How ansible-playbook was called."""
    given = context.CLIARGS
    inventories = [
        word for source in given.get("inventory") or () if _is_named(str(source)) for word in ("-i", str(source))
    ]
    limit = ["-l", str(given["subset"])] if given.get("subset") else []
    return Call(_program(), tuple(_settings()), (*inventories, *limit, *_login(given)), _folder(given))


def make_call() -> MakeCall:
    """How make was called; its own INVENTORY and LIMIT stay in its own words."""
    told: dict[str, Any] = json.loads(os.environ[MAKE])
    given = {name: os.environ.get(name, "") for name in ("INVENTORY", "LIMIT")}
    # Without an inventory the Makefile itself says how this machine is read.
    login = tuple(_login(context.CLIARGS)) if given["INVENTORY"] else ()
    others = plain_call()
    settings = (("ANSIBLE_COLLECTIONS_PATH", os.path.join(told["folder"], ".build")), *others.settings)
    return MakeCall(told["folder"], given, login, Call(others.program, settings, others.options), told["targets"])


def _is_named(source: str) -> bool:
    """Whether an inventory SOURCE is to be repeated: /etc/ansible/hosts is found without."""
    return source not in ("/etc/ansible/hosts", "")


def _program() -> str:
    """The word by which this ansible-playbook is called: its name where the shell finds this very one."""
    own = os.path.realpath(sys.argv[0])
    found = shutil.which("ansible-playbook")
    if os.path.basename(own) != "ansible-playbook" or (found and os.path.realpath(found) == own):
        return "ansible-playbook"
    return os.path.abspath(sys.argv[0])


def _settings() -> Iterator[tuple[str, str]]:
    """The configuration file, where another working directory would not find it."""
    config = C.CONFIG_FILE
    if config and str(config) not in map(os.path.expanduser, _USUAL_CONFIGS):
        yield "ANSIBLE_CONFIG", os.path.abspath(str(config))


def _folder(given: Mapping[str, Any]) -> str:
    """The folder of the playbook that runs, where it was named by its path; empty where it was named by its collection.
    """
    named = str((given.get("args") or ("",))[0])
    return os.path.dirname(os.path.abspath(named)) if os.path.isfile(named) else ""


def _login(given: Mapping[str, Any]) -> Iterator[str]:
    """The options of GIVEN on how to log in, and the variables that are no secret."""
    for name, option in _VALUES:
        if given.get(name):
            yield from (option, str(given[name]))
    yield from (option for name, option in _SWITCHES if given.get(name))
    for name, option in _LISTS:
        for value in given.get(name) or ():
            yield from (option, str(value))
    for name, (option, default) in _DEFAULTS.items():
        if given.get(name) and given[name] != getattr(C, default):
            yield from (option, str(given[name]))
    yield from _variables(given.get("extra_vars") or ())


def _variables(given: Any) -> Iterator[str]:
    """Files of variables, and those of _VARIABLES that were given by value."""
    for text in map(str, given):
        if text.startswith("@"):
            yield from ("-e", text)
            continue
        found = _read(text)
        for name in filter(found.__contains__, _VARIABLES):
            value = found[name]
            yield from (
                "-e",
                f"{name}={value}"
                if isinstance(value, str) and value and " " not in value
                else json.dumps({name: value}),
            )


def _read(text: str) -> Mapping[str, Any]:
    """The variables of one -e; empty where it is neither JSON nor key=value."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else parse_kv(text)
    except (AnsibleError, ValueError):  # YAML, which ansible-playbook has read by now: nothing of it is repeated
        return {}
    return found if isinstance(found, Mapping) else {}
