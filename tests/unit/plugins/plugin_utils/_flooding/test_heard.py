"""What was heard where nobody can tell a flood from a copy: evidence and coverage, latent where the routes say so,
never a flood.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from hypothesis import given
from hypothesis import strategies as st

from ..builders import neighbour, nic
from ..flood_builders import (
    CLIENT,
    CLIENT_MAC,
    CORE_MAC,
    SERVER,
    SERVER_MAC,
    VIP,
    bystander,
    client,
    director,
    host,
    incident2,
    real_server,
    routes,
    sample,
    sampled,
    switch2,
    talker,
)

SPAN = "both directions of 100 % of the traffic arrive, as at a mirror (SPAN) port"
REQUESTS = talker(
    source=CLIENT_MAC, destination=SERVER_MAC, source_ip=CLIENT, destination_ip=VIP, frames=4000, bytes=240_000
)
OTHER_MAC = "52:54:00:00:00:33"
TWO_NICS = host("server1", nic("eth0", SERVER_MAC, f"{SERVER}/24"), nic("eth1", "52:54:00:00:01:02", f"{VIP}/24"),
                routes=routes("192.0.2.0/24 dev eth0", "203.0.113.0/24 dev eth1", "default via 203.0.113.1 dev eth1"))


def unsure(*talkers, at="probe", reason=SPAN, **more):
    """A sample of an interface that cannot tell."""
    return sample(at, sampled("eth3", *talkers, verdict="cannot_tell", reason=reason, **more))


def listened(verdict, host_name="probe"):
    return next(row for row in verdict["coverage"]["listened"] if row["host"] == host_name)


@pytest.mark.parametrize(
    "reason",
    [SPAN, "eth3 is a virtual function of ens1: the card gives it only what is for its own MAC", "eth3 is wireless"],
)
def test_what_is_heard_where_nobody_can_tell_is_no_flood_and_no_receiver(reason):
    verdict = flooding_causes(incident2(), [unsure(talker(), REQUESTS, reason=reason)])
    counts = verdict["summary"]
    assert (counts["flooding"], counts["receivers"], counts["bits_per_second"], counts["interfaces_cannot_tell"]) == (
        0,
        0,
        0,
        1,
    )
    assert all(found["status"] == "latent" and found["receivers"] == [] for found in verdict["findings"])


def test_the_coverage_says_who_was_heard_and_why_it_cannot_tell():
    many = [
        talker(destination=f"52:54:00:00:07:{number:02x}", destination_ip=f"192.0.2.{60 + number}", bytes=9000 - number)
        for number in range(12)
    ]
    row = listened(flooding_causes([], [unsure(*many)]))
    assert (row["verdict"], row["interface"], len(row["pairs"]), row["more_pairs"]) == ("cannot_tell", "eth3", 10, 2)
    assert SPAN in row["reason"]
    assert (row["pairs"][0]["source"], row["pairs"][0]["source_ip"], row["pairs"][0]["destination_ip"]) == (
        SERVER_MAC,
        VIP,
        "192.0.2.60",
    )
    gaps = [gap["reason"] for gap in flooding_causes([], [unsure(*many)])["coverage"]["gaps"] if gap["item"] == "eth3"]
    assert any(f"{VIP} -> 192.0.2.60 (1 Mbit/s)" in reason and "and 9 more pairs" in reason for reason in gaps), gaps
    assert any(SPAN in reason for reason in gaps)


def test_quiet_and_flooded_interfaces_are_listed_without_pairs():
    verdict = flooding_causes(
        incident2(), [sample("bystander1", sampled("eth0", talker())), sample("bystander2", sampled("eth0"))]
    )
    assert verdict["coverage"]["listened"] == [
        {"host": "bystander1", "interface": "eth0", "verdict": "flood"},
        {"host": "bystander2", "interface": "eth0", "verdict": "quiet"},
    ]


def test_a_latent_finding_says_that_it_may_be_happening():
    verdict = flooding_causes(incident2(), [unsure(talker(), REQUESTS)])
    (found,) = verdict["findings"]
    assert (found["status"], found["cause"], found["destination"]["clients"]) == (
        "latent",
        "asymmetric_return",
        "192.0.2.0/24",
    )
    assert [(heard["host"], heard["interface"]) for heard in found["heard"]] == [("probe", "eth3")]
    assert any("probe: eth3 heard 11.8 Mbit/s of it, but cannot tell" in line for line in found["evidence"])
    plain = flooding_causes(incident2())["findings"][0]
    assert found["id"] == plain["id"] and found["confidence"] == plain["confidence"] and "heard" not in plain


def test_a_flood_that_others_are_sure_of_has_it_as_evidence():
    verdict = flooding_causes(
        incident2(), [sample("bystander1", sampled("eth0", talker())), unsure(talker(), REQUESTS)]
    )
    (found,) = verdict["findings"]
    assert found["status"] == "flooding" and [row["host"] for row in found["receivers"]] == ["bystander1"]
    assert [heard["host"] for heard in found["heard"]] == ["probe"]
    assert (verdict["summary"]["receivers"], found["bits_per_second"]) == (1, 12_000_000)


def test_what_only_it_points_at_is_latent_where_the_routes_say_so_and_else_nothing():
    (found,) = flooding_causes([TWO_NICS, client(), bystander()], [unsure(talker(), REQUESTS)])["findings"]
    assert (found["status"], found["rule"], found["destination"]["ip"]) == ("latent", "reply_on_link", CLIENT)
    assert found["heard"][0]["host"] == "probe" and "bits_per_second" not in found
    assert flooding_causes([bystander()], [unsure(talker(destination=OTHER_MAC), REQUESTS)])["findings"] == []


def test_a_sender_that_was_not_read_may_just_have_a_second_address():
    seen = host(
        "bystander1",
        nic("eth0", "52:54:00:00:03:01", "192.0.2.201/24"),
        neighbours=[neighbour("eth0", f"{SERVER} {SERVER_MAC}")],
        routes=routes("192.0.2.0/24 dev eth0"),
    )
    assert flooding_causes([seen], [unsure(talker(), REQUESTS)])["findings"] == []
    (found,) = flooding_causes([seen], [sample("bystander1", sampled("eth0", talker()))])["findings"]
    assert found["rule"] == "reply_from_vip", "a flood proves what a mirror does not"


def test_what_goes_to_the_gateway_takes_the_right_way_and_is_no_evidence():
    cured = talker(destination=CORE_MAC)
    (found,) = flooding_causes(
        incident2(),
        [unsure(cured, talker(source=CORE_MAC, destination=SERVER_MAC, source_ip=CLIENT, destination_ip=VIP))],
    )["findings"]
    assert "heard" not in found
    verdict = flooding_causes([TWO_NICS, client(), bystander()], [unsure(cured)])
    assert verdict["findings"] == [] and listened(verdict)["pairs"][0]["destination"] == CORE_MAC


def test_who_only_hears_itself_is_in_a_loop_and_no_witness():
    echo = [{**unsure(talker(), at="server1", reason="frames come in from its own MAC"), "own_macs": [SERVER_MAC]}]
    (found,) = flooding_causes(incident2(), echo)["findings"]
    assert "heard" not in found


def test_both_ways_are_a_flood_where_a_bridge_there_is_known_to_remember_nothing():
    both = [unsure(talker(), REQUESTS, at="bystander1")]
    both[0]["interfaces"][0]["name"] = "eth0"
    hub = flooding_causes(incident2(sw2=switch2(ageing=0.0)), both)
    assert (hub["summary"]["flooding"] > 0, hub["summary"]["interfaces_cannot_tell"]) == (True, 0)
    assert listened(hub, "bystander1")["verdict"] == "flood"
    switch = flooding_causes(incident2(), both)
    assert (switch["summary"]["flooding"], switch["summary"]["interfaces_cannot_tell"]) == (0, 1)


def test_a_mirror_that_was_taken_for_a_flood_is_treated_alike():
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", talker(), REQUESTS))])
    assert listened(verdict, "bystander1")["verdict"] == "mirror" and listened(verdict, "bystander1")["pairs"]
    assert verdict["findings"][0]["heard"][0]["host"] == "bystander1" and verdict["summary"]["flooding"] == 0


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([SERVER_MAC, CLIENT_MAC, CORE_MAC, OTHER_MAC]),
            st.sampled_from([SERVER_MAC, CLIENT_MAC, CORE_MAC, OTHER_MAC]),
            st.sampled_from([VIP, CLIENT, SERVER, "-", "2001:db8::1", "junk"]),
            st.sampled_from([VIP, CLIENT, "-", "junk"]),
            st.integers(0, 10**6),
        ),
        max_size=6,
    )
)
def test_no_sample_that_cannot_tell_ever_makes_a_flood(rows):
    fleet = [real_server(), client(), director(), switch2(), bystander()]
    talkers = [talker(*ends, frames=size // 100, bytes=size) for *ends, size in rows]
    verdict = flooding_causes(fleet, [unsure(*talkers)])
    assert verdict["summary"]["flooding"] == 0 and not any(found["receivers"] for found in verdict["findings"])
    json.dumps(verdict)
