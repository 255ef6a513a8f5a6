# Makes the captures of this folder anew with tcpdump: bash make_captures.bash [FOLDER], as root; needs tcpdump, nft, ethtool, python3
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# client -- sw -- guest, three namespaces; a VXLAN between client and guest on top of it. The guest's port on the switch has no TSO.
set -eu
to=$(realpath "${1:-$(dirname "$0")}")
run=tg$$
client=$run-client sw=$run-sw guest=$run-guest
pids=""

cleanup() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    for name in $client $sw $guest; do ip netns del "$name" 2>/dev/null || true; done
}
trap cleanup EXIT

in_ns() { ip netns exec "$@"; }

capture() { # NAMESPACE FILE ARGUMENTS...
    local name=$1 file=$2
    shift 2
    ip netns exec "$name" tcpdump -q -n -U -Z root -w "$to/$file" "$@" 2>"/tmp/$run-$file.log" &
    pids="$pids $!"
    for _ in $(seq 50); do grep -q listening "/tmp/$run-$file.log" 2>/dev/null && return; sleep 0.1; done
    cat "/tmp/$run-$file.log"; exit 1
}

stop() {
    sleep 0.5
    for pid in $pids; do kill "$pid"; wait "$pid" || true; done
    pids=""
}

send() { # NAMESPACE FROM TO OCTETS TIMES PAUSE: a server in the guest, OCTETS there and three letters back, TIMES
    in_ns "$guest" timeout 20 python3 -c '
import socket, sys
size, times = int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = socket.create_server((sys.argv[1], 2222), family=family); server.settimeout(15)
peer = server.accept()[0]; peer.settimeout(15)
for _number in range(times):
    left = size
    while left:
        left -= len(peer.recv(left))
    peer.send(b"yes")
peer.recv(1)' "$2" "$3" "$4" &
    local server=$!
    sleep 0.5
    in_ns "$client" timeout 20 python3 -c '
import socket, sys, time
size, times, pause = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
peer = socket.create_connection((sys.argv[1], 2222), 15); peer.settimeout(15)
for number in range(times):
    peer.sendall(bytes([65 + number % 26]) * size)
    peer.recv(3)
    time.sleep(pause)' "$2" "$3" "$4" "$5"
    wait $server
}

for name in $client $sw $guest; do ip netns add "$name"; ip -n "$name" link set lo up; done
ip -n "$sw" link add br0 type bridge
ip -n "$sw" link set br0 up
ip -n "$client" link add eth0 address 02:00:00:00:00:21 type veth peer name to-client netns "$sw"
ip -n "$guest" link add eth0 address 52:54:00:0c:1d:f5 type veth peer name to-guest netns "$sw"
for port in to-client to-guest; do ip -n "$sw" link set $port master br0 up; done
ip -n "$client" addr add 192.0.2.21/24 dev eth0
ip -n "$guest" addr add 192.0.2.30/24 dev eth0
ip -n "$client" addr add 2001:db8::21/64 dev eth0 nodad
ip -n "$guest" addr add 2001:db8::30/64 dev eth0 nodad
for name in $client $guest; do ip -n "$name" link set eth0 up; done
in_ns "$sw" ethtool -K to-guest tso off gso off >/dev/null 2>&1
in_ns "$guest" ethtool -K eth0 gro off tso off gso off >/dev/null 2>&1
sleep 1

# 1. Small exchanges while the switch loses every fifth frame to the guest: three points, microseconds and nanoseconds.
in_ns "$sw" nft add table bridge lossy
in_ns "$sw" nft add chain bridge lossy forward '{ type filter hook forward priority 0; }'
in_ns "$sw" nft add rule bridge lossy forward oifname to-guest ip protocol '{ tcp, icmp }' numgen inc mod 5 == 4 counter drop
capture "$client" lossy-client.pcap -i eth0 -s 320 arp or net 192.0.2.0/24
capture "$sw" lossy-switch.pcap -i to-client -s 320 --time-stamp-precision=nano arp or net 192.0.2.0/24
capture "$guest" lossy-guest.pcap -i eth0 -s 320 arp or net 192.0.2.0/24
in_ns "$client" ping -q -n -c 10 -i 0.05 -W 1 192.0.2.30 >/dev/null || true
send "$client" 192.0.2.30 100 12 0.02
stop
in_ns "$sw" nft list table bridge lossy | grep -o 'packets [0-9]*' > "$to/lossy-dropped.txt"
in_ns "$sw" nft delete table bridge lossy

# 2. A bulk transfer: the client's kernel hands over super-segments, the port to the guest cuts them.
capture "$client" bulk-client.pcap -i eth0 -s 160 tcp
capture "$guest" bulk-guest.pcap -i eth0 -s 160 tcp
send "$client" 192.0.2.30 60000 3 0.01
stop

# 3. IPv6, VLAN tags as the kernel hands them to tcpdump are not to be had here; cooked captures of all interfaces.
capture "$client" any6-client.pcap -i any -s 320 ip6
capture "$guest" any6-guest.pcap -i eth0 -s 320 ip6
in_ns "$client" ping -q -n -c 3 -i 0.1 2001:db8::30 >/dev/null
send "$client" 2001:db8::30 200 2 0.01
stop

# 4. VXLAN: the client's end inside the tunnel, the switch around it, the guest's end inside again.
for side in client:21:30 guest:30:21; do
    IFS=: read -r who own other <<<"$side"
    name=$run-$who
    ip -n "$name" link add vx0 address 02:00:00:00:01:$own type vxlan id 42 dstport 4789 local 192.0.2.$own remote 192.0.2.$other dev eth0
    ip -n "$name" addr add 198.51.100.$own/24 dev vx0
    ip -n "$name" link set vx0 up
done
sleep 1
capture "$client" vxlan-client.pcap -i vx0 -s 320 ip
capture "$sw" vxlan-switch.pcap -i to-guest -s 320 udp
capture "$guest" vxlan-guest.pcap -i vx0 -s 320 ip
in_ns "$client" ping -q -n -c 3 -i 0.1 198.51.100.30 >/dev/null
send "$client" 198.51.100.30 300 3 0.01
stop

# 5. Without Ethernet headers: a tun device, and the old cooked format.
in_ns "$client" ip tuntap add dev tun0 mode tun
ip -n "$client" addr add 203.0.113.1/24 dev tun0
ip -n "$client" link set tun0 up
in_ns "$client" python3 -c '
import fcntl, os, struct, sys, time
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH", b"tun0", 0x1001))
time.sleep(8)' &
holder=$!
sleep 0.5
capture "$client" raw-tun.pcap -i tun0 -s 320 icmp
capture "$client" cooked-any.pcap -i any -y LINUX_SLL -s 320 icmp
in_ns "$client" ping -q -n -c 2 -i 0.1 -W 1 203.0.113.9 >/dev/null || true
stop
kill $holder

# 6. pcapng, which tcpdump does not write.
if command -v editcap >/dev/null; then
    editcap -F pcapng "$to/lossy-guest.pcap" "$to/lossy-guest.pcapng"
    editcap -F nsecpcap "$to/lossy-switch.pcap" "$to/again.pcap" && cmp "$to/again.pcap" "$to/lossy-switch.pcap" && rm "$to/again.pcap"
fi
ls -l "$to"
