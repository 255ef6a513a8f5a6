"""Give ansible-test's empty virtual environments their pip from Python itself, in place of the get-pip script it
downloads.

ansible-test looks for this file in its cache (~/.ansible/test/cache/get_pip_VERSION.py) and runs it with get-pip's
arguments, in the environment to fill. The packages still come from the registry that pip is configured for.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
import sys

ONLY_GET_PIP = {"--no-setuptools", "--no-wheel"}


def main() -> None:
    """Unpack the pip that lies in the standard library, then let it install what was asked for."""
    environment = dict(os.environ)
    environment.pop("GET_PIP", None)
    arguments = [argument for argument in sys.argv[1:] if argument not in ONLY_GET_PIP]
    for command in (["ensurepip", "--default-pip"], ["pip", "install", *arguments]):
        subprocess.run([sys.executable, "-m", *command], env=environment, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
