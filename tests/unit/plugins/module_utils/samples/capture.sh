#!/usr/bin/env bash
# Makes a small network in two namespaces of its own and keeps what iproute2 says of it: capture.sh DIRECTORY [IP] [BRIDGE]
# Root only. IP and BRIDGE: programs of another version, such as those of a build tree.
set -eu
out=$1 ip=${2:-$(command -v ip)} bridge=${3:-$(command -v bridge)}
here=layer2-sample there=layer2-sample-peer
mkdir -p "$out"
trap 'for name in $here $there; do ip netns del $name 2> /dev/null || :; done' EXIT
ip netns add $here
ip netns add $there
in_here() { ip netns exec $here "$@"; }

in_here ip -batch - << END
link set lo up
link add br0 address 02:00:00:00:00:02 type bridge ageing_time 4500
link add v0 address 02:00:00:00:00:04 type veth peer name eth0 address 02:00:00:00:00:14 netns $there
link add v1 address 02:00:00:00:00:06 type veth peer name v1p address 02:00:00:00:00:05
link add vx24 address 02:00:00:00:00:07 type vxlan id 24 local 192.0.2.1 dstport 4789 ageing 1800 nolearning
link add mv0 link v1 address 02:00:00:00:00:08 type macvlan mode private
tuntap add tap0 mode tap
link set tap0 address fe:54:00:0c:1d:f5
link set v0 master br0
link set tap0 master br0
link set vx24 master br0
link set br0 up
link set v1 up
link set v1p up
link set vx24 up
link set mv0 up
link set tap0 up
link set v0 up
addr add 192.0.2.1/24 dev br0
addr add 192.0.2.9/24 dev br0
addr add 2001:db8::1/64 dev br0 nodad
addr add 198.51.100.1 peer 198.51.100.2/32 dev v1
neigh add 192.0.2.7 lladdr 52:54:00:0c:1d:f5 dev br0 nud stale
neigh add 192.0.2.8 lladdr 52:54:00:0c:1d:f6 dev br0 nud permanent
neigh add 192.0.2.10 dev br0 nud failed
neigh add 2001:db8::8 lladdr 52:54:00:0c:1d:f6 dev br0 nud permanent router
rule add from 192.0.2.9 lookup 100 priority 1000
rule add fwmark 0x1/0xff iif br0 to 203.0.113.0/24 lookup 101 priority 1001
rule add from 203.0.113.77 unreachable priority 1002
route add default via 192.0.2.254 dev br0 table 100
route add unreachable default metric 4278198272 table 100
route add 203.0.113.0/24 nexthop via 192.0.2.7 dev br0 nexthop via 198.51.100.2 dev v1
route add blackhole 198.18.0.0/15
END
ip -n $there link set eth0 up
in_here ip -6 rule add from 2001:db8::1 lookup 100 priority 1000
in_here ip -6 route add default via 2001:db8::fe dev br0 metric 512
in_here bridge fdb add 52:54:00:0c:1d:f5 dev vx24 dst 10.0.0.1 self
in_here bridge fdb append 00:00:00:00:00:00 dev vx24 dst 10.0.0.2
in_here bridge fdb add 52:54:00:0c:1d:f7 dev v0 master static
sleep 3 # for carrier and duplicate address detection

# A file is named after the arguments; what the version does not know leaves no file.
keep() { program=$1; shift; name=$(basename "$program")_${*// /_}; name=${name// /_}
    in_here "$program" "$@" > "$out/$name" 2> /dev/null || rm -f "$out/$name"; }
for arguments in "neigh show" "-4 rule show" "-6 rule show" "-d -4 route show table all" "-d -6 route show table all" \
    "-d -s -s address show"; do
    # shellcheck disable=SC2086
    keep "$ip" $arguments
    # shellcheck disable=SC2086
    keep "$ip" -j $arguments
done
keep "$ip" -d address show
keep "$ip" -d link show
keep "$bridge" fdb show
keep "$bridge" -j fdb show
