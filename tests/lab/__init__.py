"""The lab: real hosts, switches, hypervisors and guests on this one machine, described by topologies/*.yml.

    python3 -m tests.lab up incident1                            boots everything, as root; the first time it builds the
    images python3 -m tests.lab run incident1 -- ansible all -m ping    runs a command in the controller, with the lab's
    inventory python3 -m tests.lab ssh incident1 hv1                       logs in
    python3 -m tests.lab reboot incident1 hv1 [--cut]            reboots a host, or cuts its power
    python3 -m tests.lab status | down incident1 | demo | demo-flood

topology.py reads the files; images.py builds roots, guest kernel (guest/init) and guest disk (guest/lab-guest) once;
switches.py makes namespaces, bridges and cables; hosts.py boots systemd-nspawn machines with the files of
network_managers.py; hypervisors.py defines the guests; lab.py puts all of it together and takes it apart again, by
state.py's record and paths.py's names; inventory.py is how Ansible gets in; system.py is the only door to the machine.
symptom.py, flood.py, detect.py and fingerprint.py are what tests ask of a running lab.

A host with `boot: false` is a lone SSH server in a namespace: forty of them are up in a few seconds
(topologies/light40.yml). Environment: LAYER2_LAB_CACHE (images; default ~/.cache/netops-layer2-lab), LAYER2_LAB_MIRROR
(default: the machine's own Debian mirror), LAYER2_LAB_RUN (what is known of running labs; default
/run/netops-layer2-lab), LAYER2_LAB_KEEP=1 (leave a lab that failed to start as it is).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
