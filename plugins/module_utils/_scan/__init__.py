"""The scan on a vantage host: what to ask (_plan), how fast and how often (_pace), frames (_frames), the wire, asking
and watching.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
