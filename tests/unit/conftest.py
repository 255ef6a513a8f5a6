"""Hypothesis without stopwatch: what a busy machine does slowly is no failure; speed is the bench's matter."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from hypothesis import HealthCheck, settings

settings.register_profile("layer2", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("layer2")
