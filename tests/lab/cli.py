"""The lab's commands: what each does with its arguments, and what it prints."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import inventory, lab, state
from .demo import demo
from .demo_flood import demo_flood
from .demo_trace import demo_trace
from .system import LabError
from .topology import load

DEMOS = ("demo", "demo-flood", "demo-trace")


def unique(name: str) -> str:
    """A name for a lab that no other run has: two demos on one machine must not take each other down."""
    return f"{name}-{os.getpid()}"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python3 -m tests.lab", description="Real hosts, switches and guests on this machine."
    )
    commands = top.add_subparsers(dest="command", required=True)
    helps = {
        "up": "build missing images, start everything, wait until it answers",
        "down": "remove a lab, whatever state it is in",
        "run": "run a command in the controller with the lab's inventory, e.g. run smoke -- ansible all -m ping",
        "ssh": "log in to a host, or run a command there",
        "reboot": "reboot a host and wait until it answers; with --cut as a power cut does",
        "rewire": "plug a host in anew (its supervisor does this when it reboots)",
        "demo": "incident 1 from start to end: symptom, verdict, plan, cure, symptom gone, clean-up",
        "demo-flood": (
            "incident 2 from start to end: the flood, its verdict, the plan, the cure, no flood any more, clean-up"
        ),
        "demo-trace": "incident 1 traced: the symptom, where the packets go, who the twin is, clean-up",
    }
    for name, text in helps.items():
        each = commands.add_parser(name, help=text, description=text)
        if name not in DEMOS:
            each.add_argument("topology", help="name in tests/lab/topologies, or path of a file")
        each.add_argument("--name", help="name of this lab (default: the topology's)")
        if name in ("ssh", "reboot", "rewire"):
            each.add_argument("host")
        if name == "reboot":
            each.add_argument("--cut", action="store_true", help="cut the power instead of asking")
        if name in ("run", "ssh"):
            each.add_argument("words", nargs=argparse.REMAINDER, metavar="command")
    each = commands.add_parser("status", help="what runs")
    each.add_argument("lab", nargs="?", help="one lab (default: all)")
    return top


def _status(options: argparse.Namespace) -> int:
    for name in [options.lab] if options.lab else state.names():
        try:
            print("\n".join(lab.status(name)))
        except LabError as error:
            print(f"{name}: {error}")
    return 0


def _replace(argv: list[str], name: str) -> int:
    """Become the command, so that its terminal, signals and status are the user's own."""
    sys.stdout.flush()
    os.execvpe(argv[0], argv, inventory.environment(name))


def main(argv: Sequence[str]) -> int:
    """Run one command; 1 with the reason on stderr if it fails."""
    options = parser().parse_args(argv)
    try:
        return dispatch(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def dispatch(options: argparse.Namespace) -> int:
    """Do what the command says."""
    if options.command == "status":
        return _status(options)
    if options.command == "demo":
        return demo(load("incident1"), lab.check_name(options.name or unique("demo")))
    if options.command == "demo-trace":
        return demo_trace(load("incident1"), lab.check_name(options.name or unique("trace")))
    if options.command == "demo-flood":
        return demo_flood(load("incident2"), lab.check_name(options.name or unique("flood")))
    if options.command == "down" and not options.topology.endswith((".yml", ".yaml")):
        lab.down(options.name or options.topology)  # a lab can be removed when its topology file is gone
        return 0
    if options.command == "rewire":
        lab.rewire(options.topology, options.host)
        return 0
    return _with_topology(options)


def _with_topology(options: argparse.Namespace) -> int:
    topology = load(options.topology)
    name = lab.check_name(options.name or topology.name)
    if options.command == "up":
        lab.up(topology, name)
        print(f"inventory: {inventory.inventory_file(name)}")
        return 0
    if options.command == "down":
        lab.down(name)
        return 0
    if options.command == "reboot":
        lab.reboot(name, options.host, cut=options.cut)
        return 0
    state.read(name)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    command = words if options.command == "run" else lab.ssh(name, topology, options.host, *words)
    return _replace([*lab.in_controller(name), *command], name)
