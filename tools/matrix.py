"""Run what must work across versions: the oldest and the newest ansible-core, and the modules under old and new
Pythons.

Usage: python3 tools/matrix.py          (its environments go to .venv/matrix, its logs to .build/logs)
       python3 tools/matrix.py --cores  (only make the environments that tests/hostile runs playbooks in)

Versions that this machine has no interpreter for are named at the end, with the reason. Runs under Python 3.6 or newer.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
import sys
import time
from typing import Dict, List, NamedTuple, Optional, Tuple

import environments

ROOT = environments.ROOT
BUILD = os.path.join(ROOT, ".build")
OLDEST_CORE, NEWEST_CORE = "ansible-core>=2.16,<2.17", "ansible-core>=2.17,<2.22"
# ansible-core 2.16 runs on Python 3.10 to 3.12; the newest one on the registry wants 3.12 or newer.
LAST_TEMPLATING_CORE = "ansible-core>=2.18,<2.19"  # the last that evaluates every text that is not marked
OLDEST_PYTHONS, NEWEST_WANTS = ((3, 10), (3, 11), (3, 12)), (3, 12)
TARGET_PYTHONS = ((3, 6), (3, 9), (3, 13))
TARGET_TESTS = "tests/unit/plugins/module_utils"  # the modules themselves are run through Ansible
UNIT_PACKAGES = ("pytest", "hypothesis", "jsonschema", "pyyaml")

Result = NamedTuple("Result", [("what", str), ("ok", bool), ("said", str), ("seconds", float)])


def environment(name: str, python: str, packages: List[str]) -> str:
    """Build .venv/matrix/NAME with these packages and return its bin folder."""
    requirements = os.path.join(BUILD, "matrix", name + ".txt")
    os.makedirs(os.path.dirname(requirements), exist_ok=True)
    with open(requirements, "w") as handle:
        handle.write("\n".join(packages) + "\n")
    return os.path.join(environments.build("matrix/" + name, requirements, python), "bin")


def settings(binaries: str, interpreter: str) -> Dict[str, str]:
    """The environment of a run: this collection, and the Python that plays the target."""
    seen = dict(os.environ, PYTHONPATH=BUILD, ANSIBLE_COLLECTIONS_PATH=BUILD, ANSIBLE_NOCOLOR="1", NO_COLOR="1")
    seen["PATH"] = os.pathsep.join([binaries, seen.get("PATH", os.defpath)])
    seen["ANSIBLE_PYTHON_INTERPRETER"] = interpreter
    return seen


def run(what: str, command: List[str], variables: Dict[str, str], log: str) -> Result:
    """Run one command with its output in a log; the log's last line stands for what it said."""
    path = os.path.join(BUILD, "logs", "matrix-%s.log" % log)
    begun = time.time()
    with open(path, "w") as output:
        done = subprocess.run(command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=subprocess.STDOUT, check=False)
    with open(path, errors="replace") as handle:
        lines = [line.strip(" =\n") for line in handle if line.strip()]
    said = "" if done.returncode == 0 and not lines else (lines or ["said nothing"])[-1]
    result = Result(
        what, done.returncode == 0, said if done.returncode == 0 else "%s (see %s)" % (said, path), time.time() - begun
    )
    print(
        "%-6s %-58s %4.0f s  %s" % ("ok" if result.ok else "FAILED", what, result.seconds, result.said[:90]), flush=True
    )
    return result


def version_of(binaries: str, package: str) -> str:
    """The version of a package in an environment."""
    query = "from importlib.metadata import version; print(version(%r))" % package
    return (
        subprocess.run([os.path.join(binaries, "python"), "-c", query], stdout=subprocess.PIPE, check=True)
        .stdout.decode()
        .strip()
    )


def controller(core: str, python: environments.Interpreter) -> List[Result]:
    """The unit tests, and the playbook on this machine, with one ansible-core."""
    dotted = "%d.%d" % python.version
    name = "core-%s-py%s" % (core.split(">=")[1].split(",")[0], dotted)
    with open(os.path.join(ROOT, "requirements.txt")) as handle:
        ours = [line for line in handle.read().splitlines() if line and not line.startswith("#")]
    binaries = environment(name, python.path, [core, *ours, *UNIT_PACKAGES])
    variables = settings(binaries, "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else python.path)
    label = "ansible-core %s, Python %s: " % (version_of(binaries, "ansible-core"), dotted)
    playbook = [
        os.path.join(binaries, "ansible-playbook"),
        "netops.layer2.detect_dup_mac",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        "report_directory=%s" % os.path.join(BUILD, "matrix", name),
    ]
    return [
        run(label + "unit tests", [os.path.join(binaries, "pytest"), "-q", "tests/unit"], variables, name + "-unit"),
        run(label + "detect_dup_mac here", playbook, variables, name + "-detect"),
    ]


def target(python: environments.Interpreter, binaries: Optional[str]) -> List[Result]:
    """The module code under one of the targets' Pythons: its unit tests, and the module itself through Ansible."""
    dotted = "%d.%d" % python.version
    own = environment(
        "target-py" + dotted, python.path, [package for package in UNIT_PACKAGES if package != "jsonschema"]
    )
    label = "targets' Python %s: " % dotted
    results = [
        run(
            label + "unit tests of module code",
            [os.path.join(own, "pytest"), "-q", TARGET_TESTS],
            settings(own, python.path),
            "target-py%s-unit" % dotted,
        )
    ]
    if binaries:
        ansible = [
            os.path.join(binaries, "ansible"),
            "localhost",
            "-i",
            "localhost,",
            "-c",
            "local",
            "-m",
            "netops.layer2.layer2_facts",
            "-e",
            "ansible_python_interpreter=%s" % python.path,
        ]
        core = version_of(binaries, "ansible-core")
        results.append(
            run(
                label + "layer2_facts through ansible-core %s" % core,
                ansible,
                settings(binaries, python.path),
                "target-py%s-module" % dotted,
            )
        )
    return results


def controllers(pythons: List[environments.Interpreter]) -> Tuple[List[Result], Dict[str, str], List[str]]:
    """Run both ends of the range of ansible-core; return results, bin folders by end, and what was left out."""
    left_out: List[str] = []
    results: List[Result] = []
    oldest = [python for python in pythons if python.version in OLDEST_PYTHONS]
    binaries: Dict[str, str] = {}
    if oldest:
        results += controller(OLDEST_CORE, oldest[-1])
        binaries["oldest"] = os.path.join(ROOT, ".venv", "matrix", "core-2.16-py%d.%d" % oldest[-1].version, "bin")
    else:
        left_out.append("ansible-core 2.16: runs on Python 3.10 to 3.12, and none of them is here")
    if pythons and pythons[0].version >= OLDEST_PYTHONS[0]:
        results += controller(NEWEST_CORE, pythons[0])
        binaries["newest"] = os.path.join(ROOT, ".venv", "matrix", "core-2.17-py%d.%d" % pythons[0].version, "bin")
        if pythons[0].version < NEWEST_WANTS:
            core = version_of(binaries["newest"], "ansible-core")
            left_out.append("ansible-core newer than %s: wants Python %d.%d" % (core, NEWEST_WANTS[0], NEWEST_WANTS[1]))
    return results, binaries, left_out


def targets(
    pythons: List[environments.Interpreter], binaries: Dict[str, str]
) -> Tuple[List[Result], List[str]]:
    """Run each Python of targets, through the end of ansible-core in BINARIES that reaches it; return results, and what
    was left out.
    """
    results: List[Result] = []
    left_out: List[str] = []
    for version in TARGET_PYTHONS:
        here = [python for python in pythons if python.version == version]
        if here:  # ansible-core reaches Python 3.6 only up to 2.16, and 3.13 only since 2.18
            results += target(here[0], binaries.get("newest" if version >= (3, 9) else "oldest"))
        else:
            left_out.append("targets' Python %d.%d: not on PATH, not among pyenv's versions" % version)
    return results, left_out


def cores(pythons: List[environments.Interpreter]) -> None:
    """Make the environments of older ansible-cores, and say which of them no Python here can run."""
    with open(os.path.join(ROOT, "requirements.txt")) as handle:
        ours = [line for line in handle.read().splitlines() if line and not line.startswith("#")]
    for core, suitable in ((OLDEST_CORE, OLDEST_PYTHONS), (LAST_TEMPLATING_CORE, ((3, 11), (3, 12), (3, 13)))):
        here = [python for python in pythons if python.version in suitable]
        version = core.split(">=")[1].split(",")[0]
        if here:
            environment("hostile-%s" % version, here[-1].path, [core, *ours])
        else:
            print("left out: ansible-core %s in tests/hostile: no Python here runs it" % version)


def main() -> int:
    """Run the matrix, or make its older cores; exit non-zero if anything failed."""
    os.makedirs(os.path.join(BUILD, "logs"), exist_ok=True)
    pythons = [python for python in environments.find_all(oldest=(3, 6)) if python.complete]
    try:
        if sys.argv[1:] == ["--cores"]:
            cores(pythons)
            return 0
        results, binaries, left_out = controllers(pythons)
        more, absent = targets(pythons, binaries)
    except environments.SetupError as error:
        sys.stderr.write("error: %s\n" % error)
        return 1
    results += more
    left_out += absent
    for line in left_out:
        print("left out: %s" % line)
    failed = [result for result in results if not result.ok]
    print("%d passed, %d failed, %d skipped" % (len(results) - len(failed), len(failed), len(left_out)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
