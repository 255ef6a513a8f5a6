"""Run ansible-test on the placed copy of the collection, against every Python on this machine, downloading packages
only.

Usage: .venv/test/bin/python tools/run_ansible_test.py sanity|units|integration [ARGUMENT...]

ansible-test wants three things that a checkout does not give it: a path that ends in ansible_collections/netops/layer2,
Pythons that start when called by name, and a get-pip script (see get_pip.py) for the environment of each sanity test.

All of sanity (no ARGUMENT) is all of its tests under all Pythons, but for two. `import`: ansible-test runs it under the
oldest and the newest Python here without plugin_utils/, which the plugins import; import_plugins.py imports everything
under all but the oldest, for a fifteenth of the time. `pylint` reads what runs on controllers and targets; what tests
hold is read by ruff, by the rules of pylint that it has (`make test ONLY=pylint` has pylint read it all, for twice the
time).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import environments  # tools/environments.py: a script finds its neighbours

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
PLACE = BUILD / "ansible_collections" / "netops" / "layer2"


def link_pythons(folder: Path) -> None:
    """Fill a folder with links to the Pythons that really start; pyenv's shims on PATH only pretend to."""
    folder.mkdir(parents=True, exist_ok=True)
    for python in environments.find_all(oldest=(3, 6)):
        link = folder / "python{}.{}".format(*python.version)
        if python.complete and not link.exists():
            link.unlink(missing_ok=True)  # dangling: that Python was removed
            with suppress(FileExistsError):  # sanity and units start side by side
                link.symlink_to(os.path.realpath(python.path))


def place_get_pip(home: Path) -> None:
    """Put our get-pip where ansible-test keeps the one that it downloads, under the version that it wants."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("error: ansible-test is not in this environment: run `make test`")
    source = Path(next(iter(spec.submodule_search_locations)), "_internal", "python_requirements.py").read_text()
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"pip='([\d.]+)'", source):
        shutil.copy(ROOT / "tools" / "get_pip.py", cache / "get_pip_{}.py".format(version.replace(".", "_")))


def environment(home: Path, pythons: Path) -> dict[str, str]:
    """The environment that ansible-test runs in: its home is ours, so nothing is left in the user's."""
    inherited = dict(os.environ)
    folders = [str(Path(sys.executable).parent), str(pythons), inherited.get("PATH", os.defpath)]
    user_home = Path.home()
    inherited.setdefault("XDG_CONFIG_HOME", str(user_home / ".config"))  # pip's settings and cache stay the user's
    inherited.setdefault("XDG_CACHE_HOME", str(user_home / ".cache"))
    inherited.update(HOME=str(home), PATH=os.pathsep.join(folders), ANSIBLE_TEST_CONTENT_ROOT=str(PLACE))
    return inherited


def supported() -> list[str]:
    """Versions of Python that this ansible-test imports modules under, the oldest first."""
    from ansible_test._util.target.common import constants  # not in every environment that loads this script

    return [*constants.REMOTE_ONLY_PYTHON_VERSIONS, *constants.CONTROLLER_PYTHON_VERSIONS]


def shipped_plugins() -> list[str]:
    """Folders that ansible-test imports, as it wants them named: without plugin_utils/, which it would import file by
    file, Ansible anew for each.
    """
    kinds = sorted(path.name for path in (PLACE / "plugins").iterdir() if path.is_dir())
    return [*(f"plugins/{kind}/" for kind in kinds if kind not in ("plugin_utils", "__pycache__")), "extensions/"]


def commands(arguments: list[str], pythons: Path) -> list[list[str]]:
    """What to run one after another: ansible-test with these arguments, or the parts of all of sanity."""
    test = [sys.executable, str(Path(sys.executable).with_name("ansible-test"))]
    if arguments != ["sanity"]:
        return [[*test, *arguments, "--color", "no"]]
    here = [version for version in supported() if (pythons / f"python{version}").exists()]
    ends = dict.fromkeys([*here[:1], *here[-1:]])
    script = [str(ROOT / "tools" / "import_plugins.py"), str(BUILD), sysconfig.get_path("purelib")]
    imports = [*test, "sanity", "--test", "import", "--color", "no", *shipped_plugins()]
    return [
        [*test, "sanity", "--skip-test", "import", "--skip-test", "pylint", "--color", "no"],
        [*test, "sanity", "--test", "pylint", "--color", "no", "plugins/", "extensions/"],
        *([*imports, "--python", version] for version in ends),
        *([str(pythons / f"python{version}"), "-B", *script] for version in here[1:] or here),
    ]


def main(arguments: list[str]) -> int:
    """Prepare, then hand over to ansible-test; after all parts, the worst exit status."""
    home, pythons = BUILD / "home", BUILD / "pythons"
    link_pythons(pythons)
    place_get_pip(home)
    seen = environment(home, pythons)
    parts = commands(arguments, pythons)
    ended = [subprocess.run(part, cwd=PLACE, env=seen, stdin=subprocess.DEVNULL, check=False) for part in parts]
    return max((part.returncode for part in ended), key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
