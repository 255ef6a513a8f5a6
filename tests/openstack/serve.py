"""Neutron's API without Keystone, its database a file: serve.py FOLDER, in .venv/openstack, until ended. Prints the
port on which it listens.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys
from pathlib import Path
from wsgiref.simple_server import make_server

import sqlalchemy
from neutron.db.migration.models import head

FOLDER = Path(sys.argv[1])
DATABASE = f"sqlite:///{FOLDER}/neutron.db"
SETTINGS = f"""
[DEFAULT]
auth_strategy = noauth
core_plugin = ml2
service_plugins = router,trunk
transport_url = fake://
state_path = {FOLDER}
api_paste_config = {sys.prefix}/etc/neutron/api-paste.ini
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[database]
connection = {DATABASE}
[oslo_concurrency]
lock_path = {FOLDER}
[ml2]
type_drivers = vlan
tenant_network_types = vlan
mechanism_drivers = openvswitch
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:200
"""

(FOLDER / "neutron.conf").write_text(SETTINGS, encoding="utf-8")
os.environ["OS_NEUTRON_CONFIG_FILES"] = str(FOLDER / "neutron.conf")
# Its migrations alter constraints, which sqlite cannot.
head.get_metadata().create_all(sqlalchemy.create_engine(DATABASE))
sys.argv = sys.argv[:1]
from neutron.wsgi.api import application  # noqa: E402  # reads the settings, and the tables

server = make_server("127.0.0.1", 0, application)
print(f"ready {server.server_port}", flush=True)
server.serve_forever()
