"""Which network manager really has an interface now, asked of each of them; two at once are an error."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import List, Optional

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Nic
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner


def owner_of(runner: Runner, nic: Nic) -> Optional[Adapter]:
    """The adapter of the network manager that has NIC now; None where none has.

    Raises ConfigError where two have it (whichever acts last would win), or where the one that has it does not tell its
    files.
    """
    claims = _claims(Evidence(runner, nic))
    if len(claims) > 1:
        raise ConfigError("%s: owned by %s at once, and whichever acts last wins: take it from all but one of them"
                          % (nic.name, " and by ".join(claim.words for claim in claims)))
    return claims[0].adapter if claims else None


def _claims(evidence: Evidence) -> List[Claim]:
    owners = [each for each in _list.MANAGERS if each.owns]
    found = [claim for each in owners for claim in each.claims(evidence)]
    return found or [claim for each in owners for claim in each.left_to(evidence)]


def adapter_for(runner: Runner, nic: Nic) -> Adapter:
    """The owner's adapter, or the .link file's for an interface that no manager owns; ConfigError where there is
    neither.
    """
    found = owner_of(runner, nic)
    if found is not None:
        return found
    for each in _list.MANAGERS:
        for claim in each.left_to(Evidence(runner, nic)) if not each.owns else ():
            return claim.adapter
    raise ConfigError(
        "%s: no network manager owns it, and udev does not run: nothing would set its MAC at the next boot. "
        "Configure it in a network manager first, or change it only until then (persistent: false)" % nic.name
    )
