"""Fuzzing of everything that reads what strangers wrote (python -m tests.fuzz): targets, mutations, and the search for
inputs that break one.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
