"""A managed host that answers modules from a file, as they would or as an attacker likes: its Python is a program of
the test's.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Finds the module's name in what it is given to run: a file, or with pipelining a program on standard input.
_INTERPRETER = """#!{python}
import json, os, re, subprocess, sys
ANSWERS = json.load(open({answers!r}))
named = re.search(r"AnsiballZ_(\\w+)", " ".join(sys.argv[1:]))
data = None if named else sys.stdin.buffer.read() if sys.argv[1:] in ([], ["-"]) else b""
if named:
    name = named.group(1)
else:
    found = re.search(rb"ansible(?:_collections)?[./][\\w./]*modules[./](\\w+)", data)
    found = found or re.search(rb"AnsiballZ_(\\w+)", data)
    name = found.group(1).decode() if found else ""
said = ANSWERS.get(name, ANSWERS.get("*") if name else None)
if said is not None:
    turn = {answers!r} + "." + name
    count = int(open(turn).read()) if os.path.exists(turn) else 0
    open(turn, "w").write(str(count + 1))
    print(json.dumps(said[min(count, len(said) - 1)] if isinstance(said, list) else said))
elif data is None:
    os.execv({python!r}, [{python!r}] + sys.argv[1:])
else:
    sys.exit(subprocess.run([{python!r}] + sys.argv[1:], input=data).returncode)
"""


def answering(folder: Path, name: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Inventory variables of a host with files in FOLDER.

    ANSWERS: module -> its answer, a list of them by turn, or None to have it really run; ``*`` stands for every other
    module, which otherwise really runs on this machine.
    """
    path, interpreter = folder / f"{name}.answers.json", folder / f"{name}.python3"
    path.write_text(json.dumps(answers))
    interpreter.write_text(_INTERPRETER.format(python=sys.executable, answers=str(path)))
    interpreter.chmod(0o755)
    return {"ansible_connection": "local", "ansible_python_interpreter": str(interpreter)}
