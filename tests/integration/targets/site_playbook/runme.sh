#!/usr/bin/env bash
# A site's own playbook on several hosts: a vaulted secret, --limit, check mode, a second run, and become to a user who may nothing.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
set -eux

secret="the-fleets-own-secret"
echo "only-for-this-test" > "$OUTPUT_DIR/password"
mkdir -p "$OUTPUT_DIR/site/group_vars"
cp site.yml "$OUTPUT_DIR/site/"
printf '[hypervisors]\nhv1\nhv2\n[hypervisors:vars]\nansible_connection=local\nansible_python_interpreter=%s\n' \
    "$(command -v python)" > "$OUTPUT_DIR/site/hosts"
ansible-vault encrypt_string --vault-password-file "$OUTPUT_DIR/password" "$secret" --name site_secret > "$OUTPUT_DIR/site/group_vars/all.yml"
if grep -q "$secret" "$OUTPUT_DIR/site/group_vars/all.yml"; then exit 1; fi

play() {
    ansible-playbook -vv -i "$OUTPUT_DIR/site/hosts" --vault-password-file "$OUTPUT_DIR/password" \
        -e "site_directory=$OUTPUT_DIR/out" "$OUTPUT_DIR/site/site.yml" "$@" > "$OUTPUT_DIR/said" 2>&1 || { cat "$OUTPUT_DIR/said"; exit 1; }
    # Not even with -vv does the secret show.
    if grep -n "$secret" "$OUTPUT_DIR/said"; then exit 1; fi
    grep -A3 'PLAY RECAP' "$OUTPUT_DIR/said"
}

play --check
test ! -e "$OUTPUT_DIR/out"

play --limit 'hv1,localhost'
grep -q 'hv2.*not asked\|not asked.*hv2' "$OUTPUT_DIR/out/layer2-report.txt"
cp "$OUTPUT_DIR/out/reserved.json" "$OUTPUT_DIR/first.json"

play
if grep -q 'not asked' "$OUTPUT_DIR/out/layer2-report.txt"; then exit 1; fi
cmp "$OUTPUT_DIR/first.json" "$OUTPUT_DIR/out/reserved.json"

# Nobody may change anything: each module says so, and what to do.
if [ "$(id -u)" = 0 ]; then
    play --tags nobody
fi
