#!/bin/sh
# SPDX-License-Identifier: MIT
# oracle.sh - our tests on real Linux: natively, and as riscv64 binary under qemu-user
#
# Prints one line a test with both verdicts. Fails if a test fails on either side; a skip that
# skips.txt does not list counts as a failure. Each side gets a terminal from script(1), for the
# tests that need a controlling one. Usage: oracle.sh [pattern...]
set -u

out=build/oracle
for tool in script qemu-riscv64; do
	command -v "$tool" >/dev/null || { echo "oracle: $tool is not installed" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "oracle: run it as root: the tests become other users" >&2; exit 2; }

patterns=
for pattern; do
	patterns="$patterns '$pattern'"
done

# Runs one side and leaves "verdict name" lines beside its log. $1: where, $2: command
run_side()
{
	script -qec "$2 --where=$1 $patterns" /dev/null </dev/null | tr -d '\r' >"$out/$1.log"
	sed -n -e 's/^ok [0-9]* - \([^ ]*\) # SKIP.*/skip \1/p' \
		-e 's/^ok [0-9]* - \([^ ]*\)$/ok \1/p' \
		-e 's/^not ok [0-9]* - \([^ ]*\).*/FAIL \1/p' "$out/$1.log" >"$out/$1.verdicts"
}

run_side oracle-host build/oracle/usertests
run_side oracle-qemu-user 'qemu-riscv64 build/user/usertests'

printf '%-6s %-6s %s\n' host qemu test
awk 'NR == FNR { host[$2] = $1; next }
	{ printf "%-6s %-6s %s\n", host[$2] ? host[$2] : "-", $1, $2; qemu[$2] = 1 }
	$1 == "FAIL" || host[$2] == "FAIL" || !host[$2] { bad = 1 }
	END {
		for (name in host)
			if (!qemu[name]) { bad = 1; printf "%-6s %-6s %s\n", host[name], "-", name }
		exit bad || !NR
	}' "$out/oracle-host.verdicts" "$out/oracle-qemu-user.verdicts"
status=$?
for side in oracle-host oracle-qemu-user; do
	grep -B 20 '^not ok' "$out/$side.log" | grep -v '^ok' | sed "s/^/$side: /"
	printf '%s: %s\n' "$side" "$(tail -n 1 "$out/$side.log")"
	tail -n 1 "$out/$side.log" | grep -q ' 0 failed, ' || status=1
done
exit $status
