#!/bin/sh
# SPDX-License-Identifier: MIT
# oracle-user.sh - our tests on the host's Linux: built for the host, and as riscv64 binary under
# qemu-user; in a fraction of the time of `make oracle`, which boots a Linux for riscv64
#
# Prints one line a test with all verdicts. Fails if a test fails anywhere; a skip that skips.txt
# does not list counts as a failure. Each side gets a terminal, for the tests that need a
# controlling one. Usage: oracle-user.sh [pattern...]
set -u

out=build/oracle-user
for tool in script qemu-riscv64; do
	command -v "$tool" >/dev/null || { echo "oracle-user: $tool is not installed" >&2; exit 2; }
done
if [ "$(id -u)" != 0 ]; then
	echo "oracle-user: run it as root: the tests become other users" >&2
	exit 2
fi

patterns=
for pattern; do
	patterns="$patterns '$pattern'"
done
sides=

# Leaves "verdict name" lines beside the log of a side. $1: where
verdicts()
{
	sides="$sides $1"
	sed -n -e 's/^ok [0-9]* - \([^ ]*\) # SKIP.*/skip \1/p' \
		-e 's/^ok [0-9]* - \([^ ]*\)$/ok \1/p' \
		-e 's/^not ok [0-9]* - \([^ ]*\).*/FAIL \1/p' "$out/$1.log" >"$out/$1.verdicts"
}

# $1: where, $2: command
run_here()
{
	script -qec "$2 --where=$1 $patterns" /dev/null </dev/null | tr -d '\r' >"$out/$1.log"
	verdicts "$1"
}

run_here oracle-host build/oracle-user/usertests
run_here oracle-qemu-user 'qemu-riscv64 build/user/usertests'

status=0
for side in $sides; do
	sed "s/^/$side /" "$out/$side.verdicts"
done | awk -v sides="$sides" '
	{ verdict[$1, $3] = $2 }
	!seen[$3]++ { names[++count] = $3 }
	$2 == "FAIL" { bad = 1 }
	END {
		n = split(sides, side)
		for (i = 1; i <= n; i++)
			printf "%-17s", side[i]
		print "test"
		for (k = 1; k <= count; k++) {
			for (i = 1; i <= n; i++) {
				v = verdict[side[i], names[k]]
				bad = bad || v == ""
				printf "%-17s", v == "" ? "missing" : v
			}
			print names[k]
		}
		exit bad || !count
	}' || status=1
for side in $sides; do
	grep -B 20 '^not ok' "$out/$side.log" | grep -v '^ok' | sed "s/^/$side: /"
	score=$(grep ' passed, .* failed, ' "$out/$side.log")
	printf '%s: %s\n' "$side" "${score:-came to no end}"
	case $score in *' 0 failed, '*) ;; *) status=1 ;; esac
done
exit $status
