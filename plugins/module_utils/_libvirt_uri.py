"""What a connection of libvirt may be: its URI can name commands to run and files to trust, so only what does neither
is taken.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Source: https://libvirt.org/uri.html (command=, netcat=, proxy= and the transport ext run programs; pkipath=,
# keyfile=, knownhosts=,
# no_verify= and no_sanity= choose whom to trust), and virURIParse, which takes & and ; between parameters.

import re

from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

DRIVERS = ("qemu", "xen", "lxc", "bhyve", "ch", "vz", "openvz", "vbox", "test")
TRANSPORTS = ("unix", "ssh", "libssh", "libssh2", "tls", "tcp")
PARAMETERS = ("mode", "name", "no_tty", "socket", "sshauth", "tls_priority")
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_SHAPE = re.compile(
    r"(?P<driver>[a-z]+)(?:\+(?P<transport>[a-z0-9]+))?://"
    r"(?:(?:" + _NAME + r"@)?(?:" + _NAME + r"|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?"
    r"(?:/[^\s?#\x00-\x1f]*)?(?:\?(?P<query>[^\s#]*))?\Z")
_VALUE = re.compile(r"[A-Za-z0-9_./:@,+-]*\Z")


class UriError(ValueError):
    """A URI that libvirt is not to be given; the message says what of it, and what is taken."""


def checked_uri(uri: str) -> str:
    """Return URI if it names a connection and nothing else; UriError otherwise."""
    match = _SHAPE.match(uri)
    if match is None:
        raise UriError("uri: %s is no connection of libvirt; give one such as qemu:///system" % shortened(uri))
    if match.group("driver") not in DRIVERS:
        raise UriError("uri: driver %s is none of %s" % (match.group("driver"), ", ".join(DRIVERS)))
    if match.group("transport") not in (None,) + TRANSPORTS:
        raise UriError("uri: transport %s is none of %s" % (match.group("transport"), ", ".join(TRANSPORTS)))
    for parameter in re.split("[&;]", match.group("query") or ""):
        name, _equals, value = parameter.partition("=")
        if parameter and not (name in PARAMETERS and _VALUE.match(value)):
            raise UriError(
                "uri: parameter %s is not taken, as it may run a command or choose whom to trust; those are: %s"
                % (shortened(parameter), ", ".join(PARAMETERS))
            )
    return uri
