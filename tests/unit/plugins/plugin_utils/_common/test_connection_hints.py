"""The way out of each trouble with reaching a host, by the words that OpenSSH, sudo and Ansible have for it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._connection_hints import hint_of
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import problem


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("Missing sudo password", "ARGS=-K"),
        (
            "Premature end of stream waiting for become success.\n>>> Standard Error\n/bin/sh: 1: sudo: not found",
            "install sudo",
        ),
        (
            "Failed to connect to the host via ssh: ssh: connect to host 127.0.0.1 port 9: Connection refused",
            "ansible_port",
        ),
        (
            "Failed to connect to the host via ssh: ssh: connect to host 192.0.2.9 port 22: No route to host",
            "whether the host is up",
        ),
        ("sudo: a password is required", "ARGS=-K"),
        ("Timeout (12s) waiting for privilege escalation prompt: ", "ARGS=-K"),
        ("Timed out waiting for become success or become password prompt.", "ARGS=-K"),
        ("bob is not in the sudoers file.", "docs/privileges.md"),
        ("Sorry, user bob is not allowed to execute '/bin/sh -c echo' as root on web1.", "docs/privileges.md"),
        (
            (
                "Failed to connect to the host via ssh: @@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host"
                " key verification failed."
            ),
            "ssh-keygen -R",
        ),
        (
            (
                "Failed to connect to the host via ssh: No ED25519 host key is known for web1 and you have requested"
                " strict checking. Host key verification failed."
            ),
            "compare the key",
        ),
        (
            "to use the 'ssh' connection type with passwords or pkcs11_provider, you must install the sshpass program",
            "install sshpass",
        ),
        ("Failed to connect to the host via ssh: root@web1: Permission denied (publickey,password).", "--private-key"),
        ("Invalid/incorrect password: Permission denied, please try again.", "--private-key"),
        (
            "Failed to connect to the host via ssh: ssh: Could not resolve hostname web1: Name or service not known",
            "ansible_host",
        ),
        ("/bin/sh: 1: /usr/bin/python3: not found", "ansible_python_interpreter"),
        ("The module interpreter '/usr/bin/python3' was not found.", "ansible_python_interpreter"),
        (
            (
                "Failed to create temporary directory. In some cases, you may have been able to authenticate and did"
                " not have permissions on the target directory. Consider changing the remote tmp path in ansible.cfg to"
                " a path rooted in \"/tmp\", for more error information use -vvv. Failed command was: ( umask 77 &&"
                " mkdir -p \"` echo /nonexistent/.ansible/tmp `\" && mkdir ...), exited with result 1, stderr"
                " output: mkdir: cannot create directory '/nonexistent': Permission denied"
            ),
            "ansible_remote_tmp",
        ),
    ],
)
def test_each_trouble_has_its_hint(message, word):
    assert word in hint_of(message)
    assert word in problem({"snapshot_result": {"unreachable": True, "msg": message}})


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            f"Failed to connect to the host via ssh: {'@' * 59}\r\n@ WARNING: A NEW KEY! @\r\n{'@' * 59}\r\nNo.",
            "WARNING: A NEW KEY! No.",
        ),
        ("Premature end of stream waiting for become success.\n>>> Standard Error\nno", "no"),
        (
            "Premature end of stream waiting for become success or become password prompt.\n>>> Standard Error\nno",
            "no",
        ),
        ("a@b, root@web1", "a@b, root@web1"),
        ("Shared connection to 192.0.2.1 closed.", "Shared connection to 192.0.2.1 closed."),
        ("it died (Shared connection to 192.0.2.1 closed.)", "it died"),
    ],
)
def test_what_programs_put_around_their_words_is_left_out(message, shown):
    said = problem({"snapshot_result": {"unreachable": True, "msg": message}})
    assert said == f"unreachable: {shown}"


def test_a_farewell_of_ssh_is_no_reason():
    result = {"failed": True, "msg": "no Python", "module_stdout": "Shared connection to 192.0.2.1 closed.\r\n"}
    assert problem({"snapshot_result": result}) == "failed: no Python"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "could not read /etc/netplan/50.yaml: [Errno 13] Permission denied: '/etc/netplan/50.yaml'",
        "a module without a word",
        "python says no",
    ],
)
def test_no_hint_is_made_up(message):
    assert hint_of(message) == ""


def test_a_long_message_keeps_its_hint():
    assert problem({"snapshot_result": {"failed": True, "msg": "Missing sudo password" + "x" * 5000}}).endswith(
        "(make: ARGS=-K)"
    )
