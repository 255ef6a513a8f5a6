"""policy_route on booted hosts, one per network manager and one interface of none: replies by the gateway, over link,
reload and reboot.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ifcfg is not among them: no distribution that reads it can be booted from Debian packages. Its files are held to their
# text in tests/unit.
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import lab, paths
from .bench import LabBench
from .conftest import Running, running
from .system import run, wait_until

MODULE = "netops.layer2.policy_route"
NUMBERS = {"nm": 11, "networkd": 12, "netplan": 13, "ifupdown": 14, "plain": 15}
HOSTS = list(NUMBERS)
MANAGERS = {
    "nm": "NetworkManager",
    "networkd": "systemd-networkd",
    "netplan": "netplan",
    "ifupdown": "ifupdown",
    "plain": "",
}
GATEWAYS = {4: "203.0.113.254", 6: "2001:db8:1::fe"}
CLIENTS = {4: "203.0.113.1", 6: "2001:db8:1::1"}
NOBODY = "203.0.113.99"
FOREIGN = "500:\tfrom 10.9.9.9 lookup 77"
WITH_NETWORKD = ["networkd", "netplan", "plain"]
FOLDERS = "/etc/NetworkManager /etc/systemd /etc/netplan /etc/network /etc/netops-layer2 /etc/sysctl.d"
REDIRECTS = "cat /proc/sys/net/ipv[46]/conf/all/accept_redirects /proc/sys/net/ipv[46]/conf/{}/accept_redirects"


def vip(host: str, family: int = 4) -> str:
    """The virtual address of a host, which lies on its lo."""
    return f"198.51.100.{NUMBERS[host]}" if family == 4 else f"2001:db8:9::{NUMBERS[host]}"


def nic(host: str) -> str:
    """The interface that its replies leave by."""
    return "own0" if host == "plain" else "eth0"


class Bench(LabBench):
    """The lab of policy routes."""

    def files(self, host: str) -> str:
        """Every configuration file: name, permissions, content."""
        return self.files_below(host, FOLDERS)

    def kernel(self, host: str) -> str:
        """Rules, routes of other tables than main, and whether redirects are taken."""
        return self.inside(
            host,
            "ip -4 rule; ip -6 rule; ip route show table all | grep ' table [0-9]'; "
            + REDIRECTS.format(nic(host))
            + "; true",
        )

    def call(
        self, *options: str, on: str = "all", family: int = 4, module: str = MODULE, **arguments: Any
    ) -> dict[str, dict[str, Any]]:
        """What a module returns for each host, all at once, reached over SSH."""
        if module == MODULE:
            digits = "{{ ansible_host.split('.') | last }}"
            own = {
                "vip": f"198.51.100.{digits}" if family == 4 else f"2001:db8:9::{digits}",
                "gateway": GATEWAYS[family],
                "interface": "{{ 'own0' if inventory_hostname == 'plain' else 'eth0' }}",
            }
            arguments = {**own, **arguments}
        found, done = self.results(on, module, "-f", "5", *options, **arguments)
        # The diff of a host is printed before its result.
        parts = re.split(r"(?m)^(\w+) \| [A-Z!]+ => \{$", done.stdout)
        for each in found.values():
            each["said"] = " ".join(done.stderr.split())
        for at in range(1, len(parts), 2):
            found[parts[at]]["shown"] = (
                re.sub(r"(?s)\A.*?^\}$", "", parts[at - 1], flags=re.M).strip() if at > 1 else parts[0].strip()
            )
        return found

    def one(self, host: str, *options: str, **arguments: Any) -> dict[str, Any]:
        """The same for one host."""
        return self.call(*options, on=host, **arguments)[host]

    def way(self, host: str, family: int = 4) -> str:
        """By whom a reply to the client would go: the gateway, nobody (unreachable), or straight."""
        told = self.inside(host, f"ip route get {CLIENTS[family]} from {vip(host, family)} 2>&1; true")
        return "gateway" if f"via {GATEWAYS[family]}" in told else "nobody" if "RTNETLINK" in told else "straight"

    def comes_to(self, host: str, way: str, family: int = 4, seconds: float = 15) -> bool:
        """Whether replies go that way soon."""
        return wait_until(lambda: self.way(host, family) == way, seconds, 0.2)

    def lives(self, host: str) -> int:
        """Hop limit of a reply to the client's ping of the virtual address: 64 straight, 63 by the gateway, 0 for none.
        """
        inside = paths.namespace(self.name, "controller")
        run(["ip", "-n", inside, "route", "replace", f"{vip(host)}/32", "via", f"203.0.113.{NUMBERS[host]}"])
        told = run(["ip", "netns", "exec", inside, "ping", "-c1", "-W2", vip(host)], check=False).stdout
        return int(told.split("ttl=")[1].split()[0]) if "ttl=" in told else 0


@pytest.fixture(scope="module")
def routes(able: None) -> Iterator[Running]:
    """One booted host of every network manager, each with a rule of somebody else."""
    yield from running("routes")


@pytest.fixture
def bench(routes: Running, tmp_path: Path) -> Bench:
    """The lab."""
    made = Bench(routes, tmp_path)
    for host in HOSTS:
        made.inside(host, f"ip rule | grep -q '{FOREIGN}' || ip rule add from 10.9.9.9 lookup 77 priority 500")
    return made


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    """What the hosts were like before the first test, for the last one."""
    return {}


def test_check_mode_shows_it_and_touches_nothing(bench: Bench, before: dict[str, Any]) -> None:
    before.update({host: (bench.files(host), bench.kernel(host)) for host in HOSTS})
    foreseen = bench.call("--check", "--diff", revert_timeout=60)
    assert {host: (each.get("changed"), each.get("manager")) for host, each in foreseen.items()} == {
        host: (True, MANAGERS[host]) for host in HOSTS
    }
    for host, each in foreseen.items():
        headers = re.findall(r"(?m)^\+\+\+ after: (\S+)$", each["shown"])
        assert set(headers) == {*each["files"], "running"} and f"from {vip(host)} lookup" in each["shown"], each[
            "shown"
        ]
        assert each["gateway_mac"] == "02:00:00:00:00:fe"
    assert {host: (bench.files(host), bench.kernel(host)) for host in HOSTS} == before


@pytest.mark.parametrize("family", [4, 6])
def test_it_is_set_up_once_and_does_what_was_foreseen(bench: Bench, family: int) -> None:
    assert [bench.way(host, family) for host in HOSTS] == ["straight"] * 5
    foreseen = bench.call("--check", "--diff", family=family)
    real = bench.call("--diff", family=family)
    assert {host: each.get("changed") for host, each in real.items()} == dict.fromkeys(HOSTS, True), real
    assert {host: each["shown"] for host, each in real.items()} == {
        host: each["shown"] for host, each in foreseen.items()
    }
    again = bench.call("--diff", family=family)
    assert {host: (each["changed"], each["files"]) for host, each in again.items()} == dict.fromkeys(
        HOSTS, (False, [])
    ), again
    assert [bench.way(host, family) for host in HOSTS] == ["gateway"] * 5
    for host in HOSTS:
        rules = bench.inside(host, "ip rule")
        assert FOREIGN in rules and rules.count(f"from {vip(host)} lookup") == 1, rules
        assert (
            bench.inside(
                host, REDIRECTS.format(nic(host)) + f" | sed -n '{1 if family == 4 else 2}p;{3 if family == 4 else 4}p'"
            )
            == "0\n0\n"
        )


def test_replies_leave_by_the_gateway(bench: Bench) -> None:
    assert {host: bench.lives(host) for host in HOSTS} == dict.fromkeys(HOSTS, 63)


def test_redirects_do_not_undo_it(bench: Bench) -> None:
    host, learned = "networkd", f"ip route show cache; ip route get {CLIENTS[4]} from {vip('networkd')}"
    inside = paths.namespace(bench.name, "controller")
    bench.lives(host)
    pings = ["ip", "netns", "exec", inside, "ping", "-c3", "-i0.3", "-W1", vip(host)]
    run(pings, check=False)
    assert "redirected" not in bench.inside(host, learned) and bench.lives(host) == 63
    # That they do undo it where they are accepted shows that the gateway sends them.
    bench.inside(host, "sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.eth0.accept_redirects=1")
    run(pings, check=False)
    assert "redirected" in bench.inside(host, learned) and bench.lives(host) == 64
    mended = bench.one(host)
    assert mended["changed"] and mended["files"] == [], mended
    bench.inside(host, "ip route flush cache")
    run(pings, check=False)
    assert bench.lives(host) == 63


def test_nothing_takes_another_way_while_the_link_is_down_and_all_is_back_after_it(bench: Bench) -> None:
    for host in HOSTS:
        bench.inside(host, f"ip link set {nic(host)} down")
    meanwhile = {host: [bench.way(host), bench.way(host, 6)] for host in HOSTS}
    rules = {host: bench.inside(host, "ip rule; ip -6 rule") for host in HOSTS}
    for host in HOSTS:
        bench.inside(host, f"ip link set {nic(host)} up")
        if host in ("ifupdown", "plain"):  # the kernel drops IPv6 addresses, and nobody else brings them back
            bench.inside(host, f"ip address replace 2001:db8:1::{NUMBERS[host]}/64 dev {nic(host)} nodad")
    assert meanwhile == {host: ["nobody", "nobody"] for host in HOSTS}
    assert all(f"from {vip(host, family)} unreachable" in rules[host] for host in HOSTS for family in (4, 6)), rules
    assert [
        host for host in HOSTS if not (bench.comes_to(host, "gateway") and bench.comes_to(host, "gateway", 6))
    ] == []
    assert all(wait_until(lambda host=host: FOREIGN in bench.inside(host, "ip rule"), 1, 0.2) for host in HOSTS)  # type: ignore[misc]


def test_what_is_left_after_that_is_all_that_there_shall_be(bench: Bench) -> None:
    assert {host: each["changed"] for host, each in bench.call().items()} == dict.fromkeys(HOSTS, False)


@pytest.mark.parametrize(
    "how", ["networkctl reload", "networkctl reconfigure eth0", "systemctl restart systemd-networkd"]
)
def test_networkd_deletes_no_rule_that_is_not_its_own(bench: Bench, how: str) -> None:
    for host in WITH_NETWORKD:
        bench.inside(host, f"touch -c /etc/systemd/network/20-eth0.network; {how}")
        assert bench.comes_to(host, "gateway") and bench.comes_to(host, "gateway", 6)
        rules = bench.inside(host, "sleep 0.5; ip rule; ip -6 rule")
        assert FOREIGN in rules and all(rules.count(f"from {vip(host, family)} ") == 2 for family in (4, 6)), rules


def test_what_somebody_took_away_is_put_back(bench: Bench) -> None:
    for host in HOSTS:
        bench.inside(
            host,
            f"ip rule del from {vip(host)} lookup $(ip rule | sed -n 's/.*from {vip(host)} lookup"
            " \\([0-9]*\\).*/\\1/p')",
        )
    assert {host: bench.way(host) for host in HOSTS} == dict.fromkeys(HOSTS, "nobody")
    mended = bench.call()
    assert {host: (each.get("changed"), each.get("files")) for host, each in mended.items()} == dict.fromkeys(
        HOSTS, (True, [])
    ), mended
    assert {host: bench.way(host) for host in HOSTS} == dict.fromkeys(HOSTS, "gateway")


def test_it_is_there_after_a_reboot(bench: Bench) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda host: lab.reboot(bench.name, host), HOSTS))
    lab.drop_connections(bench.name)
    assert [
        host for host in HOSTS if not (bench.comes_to(host, "gateway") and bench.comes_to(host, "gateway", 6))
    ] == []
    assert {host: each.get("changed") for host, each in bench.call("--check").items()} == dict.fromkeys(HOSTS, False)


@pytest.mark.parametrize("host", ["networkd", "nm"])
def test_what_others_put_on_the_link_is_there_after_it(bench: Bench, host: str) -> None:
    theirs = (
        "ip -o address show dev eth0 | grep -c -e 203.0.113.77/32 -e 2001:db8:1::77/128; ip route | grep -c 'default"
        " via 203.0.113.1 dev eth0 .*metric 77'"
    )
    bench.inside(host, "ip address add 203.0.113.77/32 dev eth0; ip address add 2001:db8:1::77/128 dev eth0 nodad;"
                       " ip route add default via 203.0.113.1 dev eth0 proto bird metric 77")
    assert bench.inside(host, theirs) == "2\n1\n"
    changed = bench.one(host, vip=f"198.51.100.{80 + NUMBERS[host]}")
    kept = bench.inside(host, theirs)
    gone = bench.one(host, vip=f"198.51.100.{80 + NUMBERS[host]}", state="absent")
    kept_again = bench.inside(host, theirs)
    bench.inside(
        host,
        "ip address del 203.0.113.77/32 dev eth0; ip address del 2001:db8:1::77/128 dev eth0; ip route del default"
        " metric 77",
    )
    assert (changed["changed"], gone["changed"], kept, kept_again) == (True, True, "2\n1\n", "2\n1\n"), (changed, gone)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"gateway": NOBODY}, "nobody answers for 203.0.113.99 on eth0"),
    ({"gateway": "203.0.113.12"}, "this host's own address, on eth0"),
    ({"gateway": "2001:db8:1::fe"}, "of two families"),
    ({"vip": "198.51.100.300"}, "vip: '198.51.100.300' is no IP address"),
    ({"vip": "198.51.100.77", "priority": 500}, "500 is taken by a rule of somebody else"),
    ({"vip": "10.9.9.9"}, "a rule of somebody else routes 10.9.9.9 already (500: from 10.9.9.9 lookup 77)"),
    ({"vip": "198.51.100.78"}, "keepalived (/etc/keepalived/keepalived.conf:3)"),
    ({"interface": "eth7"}, "eth7 does not exist here: there are eth0"),
])  # fmt: skip
def test_what_would_do_harm_is_refused(bench: Bench, arguments: dict[str, Any], words: str) -> None:
    host = "networkd"
    blocks = "vrrp_instance a {\\n virtual_rules {\\n  from 198.51.100.78 lookup 9 # x\\n }\\n}\\n"
    bench.inside(host, f"mkdir -p /etc/keepalived; printf '{blocks}' > /etc/keepalived/keepalived.conf")
    there = bench.files(host), bench.kernel(host)
    refused = bench.one(host, **arguments)
    assert "changed" in refused and not refused["changed"] and words in refused["msg"], refused
    assert (bench.files(host), bench.kernel(host)) == there


@pytest.mark.parametrize("host", ["networkd", "nm"])
def test_unconfirmed_the_host_goes_back_to_what_it_had(bench: Bench, host: str) -> None:
    there = bench.files(host), bench.kernel(host)
    wrong = bench.one(host, gateway=NOBODY, force=True, revert_timeout=25)
    assert wrong["changed"] and f"via {NOBODY}" in bench.kernel(host), wrong
    other = bench.one(host, gateway=NOBODY, force=True)
    assert "of policy_route waits for its confirmation" in other.get("msg", ""), other
    assert bench.lives(host) == 0
    assert wait_until(lambda: (bench.files(host), bench.kernel(host)) == there, 60, 0.5), bench.kernel(host)
    assert bench.lives(host) == 63


def test_where_the_manager_refuses_everything_is_put_back(bench: Bench) -> None:
    host = "nm"
    there = bench.files(host), bench.kernel(host)
    bench.inside(
        host,
        'mv /usr/bin/nmcli /usr/bin/nmcli.real; printf \'#!/bin/sh\\ntest "$2" = reapply && exit 4\\nexec nmcli.real'
        ' "$@"\\n\' > /usr/bin/nmcli; chmod 755 /usr/bin/nmcli',
    )
    try:
        refused = bench.one(host, gateway="203.0.113.12")
    finally:
        bench.inside(host, "mv /usr/bin/nmcli.real /usr/bin/nmcli; nmcli connection reload; nmcli device reapply eth0")
    assert "changed" in refused and not refused["changed"] and "nmcli device reapply" in refused["msg"], refused
    assert (bench.files(host), bench.kernel(host)) == there


def test_strict_filters_are_told_of_and_loosened_where_asked(bench: Bench) -> None:
    host = "plain"
    bench.inside(host, "sysctl -qw net.ipv4.conf.eth0.rp_filter=1")
    told = bench.one(host, "--check")
    assert "arrive on eth0 are dropped there by rp_filter" in told["said"], told
    mended = bench.one(host, arrives_on=["eth0"])
    assert mended["changed"] and bench.inside(host, "cat /proc/sys/net/ipv4/conf/eth0/rp_filter") == "2\n", mended
    back = bench.one(host)
    assert back["changed"] and bench.inside(host, "cat /proc/sys/net/ipv4/conf/eth0/rp_filter") == "1\n", back
    bench.inside(host, "sysctl -qw net.ipv4.conf.eth0.rp_filter=0")


def test_it_goes_without_a_trace(bench: Bench, before: dict[str, Any]) -> None:
    bench.inside("networkd", "rm -r /etc/keepalived")
    for family in (4, 6):
        gone = bench.call(state="absent", family=family)
        assert {host: each.get("changed") for host, each in gone.items()} == dict.fromkeys(HOSTS, True), gone
    again = bench.call(state="absent")
    assert {host: (each["changed"], each["files"]) for host, each in again.items()} == dict.fromkeys(HOSTS, (False, []))
    assert {host: (bench.files(host), bench.kernel(host)) for host in HOSTS} == before
    assert {host: bench.way(host) for host in HOSTS} == dict.fromkeys(HOSTS, "straight")
    assert "".join(bench.inside(host, "find /etc -name '*layer2*'") for host in HOSTS) == ""


# --- the role ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """How one run of the role ended."""

    code: int
    text: str

    @property
    def counts(self) -> dict[str, int]:
        """Of the one host in its recap."""
        recap = self.text.rpartition("PLAY RECAP")[2]
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", recap)}


def role(bench: Bench, host: str, *options: str, **variables: Any) -> Play:
    """Run the role for the virtual address of one host."""
    route = {
        "host": host,
        "vip": vip(host),
        "interface": nic(host),
        "gateway": variables.pop("gateway", GATEWAYS[4]),
        "clients": [CLIENTS[4]],
    }
    tasks = [{"name": "Send them", "ansible.builtin.include_role": {"name": "netops.layer2.policy_route"}}]
    play = {
        "name": "Replies",
        "hosts": host,
        "gather_facts": False,
        "vars": {"policy_route_routes": [route], **variables},
        "tasks": tasks,
    }
    book = bench.folder / "play.yml"
    book.write_text(json.dumps([play]))
    done = bench.run("ansible-playbook", str(book), *options, timeout=200)
    book.unlink()
    return Play(done.returncode, done.stdout + done.stderr)


def test_the_role_proves_what_it_sets_up(bench: Bench) -> None:
    host = "networkd"
    checked = role(bench, host, "--check", "--diff")
    assert checked.code == 0 and "+RoutingPolicyRule" not in checked.text and "+[RoutingPolicyRule]" in checked.text, (
        checked.text
    )
    assert bench.way(host) == "straight"
    first = role(bench, host)
    assert first.code == 0 and first.counts["changed"] == 2, first.text  # set up, and confirmed
    assert bench.way(host) == "gateway" and bench.lives(host) == 63
    second = role(bench, host)
    assert second.code == 0 and second.counts["changed"] == 0, second.text
    assert "armed" not in json.dumps(bench.call(on=host, module="netops.layer2.confirmed_change", state="query"))


@pytest.mark.parametrize(("variables", "words"), [
    # Nobody is there: the host still answers, the virtual address is mute.
    ({"gateway": NOBODY, "policy_route_force": True},
     "nobody answers for 203.0.113.99 on eth0; no frame from 198.51.100.12 left eth0"),
    # It answers and does not forward: only those who use the virtual address notice.
    ({"gateway": "203.0.113.13", "policy_route_probe_from": ["nm"], "policy_route_confirm_timeout": 6},
     "from nm: no answer to a ping"),
])  # fmt: skip
def test_with_a_wrong_gateway_the_host_comes_back(bench: Bench, variables: dict[str, Any], words: str) -> None:
    host = "networkd"
    bench.inside("nm", f"ip route replace {vip(host)}/32 via 203.0.113.{NUMBERS[host]}")
    there = bench.files(host), bench.kernel(host)
    wrong = role(bench, host, **variables)
    assert wrong.code == 2 and words in " ".join(wrong.text.split()), wrong.text
    assert wait_until(lambda: (bench.files(host), bench.kernel(host)) == there, 20, 0.5), bench.kernel(host)
    assert bench.lives(host) == 63


def test_an_address_that_is_gone_proves_nothing(bench: Bench) -> None:
    host = "ifupdown"
    there = bench.files(host), bench.kernel(host)
    bench.inside(host, f"ip address del {vip(host)}/32 dev lo")
    refused = role(bench, host)
    bench.inside(host, f"ip address add {vip(host)}/32 dev lo")
    assert refused.code == 2 and "is it an address of this host?" in refused.text, refused.text
    assert wait_until(lambda: (bench.files(host), bench.kernel(host)) == there, 20, 0.5)


def test_the_role_takes_it_away_again(bench: Bench) -> None:
    host = "networkd"
    gone = role(bench, host, policy_route_state="absent")
    assert gone.code == 0 and gone.counts["changed"] == 2 and bench.way(host) == "straight", gone.text
