#!/bin/sh
# SPDX-License-Identifier: MIT
# oracle.sh - our tests on real Linux: on the host, as riscv64 binary under qemu-user, and, with
# LINUX=Image, on that riscv64 kernel in QEMU (bare ext2 root disk on virtio-mmio, console ttyS0)
#
# Prints one line a test with all verdicts. Fails if a test fails anywhere; a skip that skips.txt
# does not list counts as a failure. Each side gets a terminal, for the tests that need a
# controlling one. Usage: [LINUX=Image] oracle.sh [pattern...]
set -u

out=build/oracle
export PATH="$PATH:/usr/sbin:/sbin"
for tool in script qemu-riscv64 ${LINUX:+qemu-system-riscv64 mke2fs}; do
	command -v "$tool" >/dev/null || { echo "oracle: $tool is not installed" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "oracle: run it as root: the tests become other users" >&2; exit 2; }

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

# $1: where, $2: kernel, then patterns
run_kernel()
{
	where=$1 kernel=$2
	shift 2
	rm -rf "$out/root" "$out/root.img"
	for dir in bin sbin tmp proc sys dev usr/lib/usertests; do
		mkdir -p "$out/root/$dir"
	done
	cp build/user/usertests build/user/bin/sh "$out/root/bin"
	cp build/user/usertests.d/* "$out/root/usr/lib/usertests"
	cp build/oracle/oracle_init "$out/root/sbin"
	mke2fs -q -t ext2 -b 4096 -i 8192 -m 0 -d "$out/root" "$out/root.img" 100M
	timeout 900 qemu-system-riscv64 -M virt -m 256M -smp 2 -nographic -no-reboot \
		-global virtio-mmio.force-legacy=false -kernel "$kernel" \
		-drive "file=$out/root.img,if=none,format=raw,id=d0" \
		-device virtio-blk-device,drive=d0 \
		-append "console=ttyS0 root=/dev/vda rw quiet init=/sbin/oracle_init \
-- --where=$where $*" \
		</dev/null 2>&1 | tr -d '\r' >"$out/$where.log"
	verdicts "$where"
}

run_here oracle-host build/oracle/usertests
run_here oracle-qemu-user 'qemu-riscv64 build/user/usertests'
[ -z "${LINUX-}" ] || run_kernel oracle-linux "$LINUX" "$@"

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
