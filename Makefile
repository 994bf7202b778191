# SPDX-License-Identifier: MIT
# Faultline: every command a person types.  `make help` lists them, README.md explains them.
#
# Everything built goes to build/ (a debug kernel to build/debug/, one for `make races` to
# build/races/).  User programs, their tests and
# the host unit tests bring their rules in fragments of their own, included at the end.

ifeq ($(filter oneshell,$(.FEATURES)),)
$(error This is make $(MAKE_VERSION), Faultline needs GNU make 4: on macOS `brew install make` \
	and `gmake run`, or: tools/in-docker make run)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
V ?=
$(if $(V),,$(eval .SILENT:))

# What a person gives as NAME=… reaches the tools through the environment, byte for byte: $(value …)
# keeps make from expanding a dollar in it, and sub-makes inherit the environment instead of a
# command line.
OPTIONS := SMP MEM SWAP APPEND CMD OVERLAY BOOT ICOUNT TIMEOUT DEBUG RACES FRESH SEED GDB T MIN N \
	LINUX LAB OUT SUBMISSION TESTS BUGS SHORT DIR JOBS PID VA P FRAMES TRACE SAN GUEST \
	SEEDS
$(foreach v,$(OPTIONS),$(eval override $v := $$(value $v))$(eval export $v))
MAKEOVERRIDES :=

CROSS_COMPILE ?= riscv64-linux-gnu-
B := build$(if $(RACES),/races,$(if $(DEBUG),/debug))
SUBMAKE = +$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))

# --- commands ---------------------------------------------------------------------------------

.PHONY: help run usertests test soak matrix oracle kselftest bench gdb pt check mutants races
.PHONY: doctor clean
.PHONY: grade handin handout grade-all check-labs

help:
	echo 'make run            build and boot to a shell; leave: poweroff, or Ctrl-A x'
	echo "make run CMD='…'    run one command in the guest, print its exit status, power off"
	echo '   options:         SMP=1..8 (2)  MEM=128M  SWAP=256M, ram:16M or 0'
	echo '                    BOOT=opensbi|uboot'
	echo '                    OVERLAY=dir laid over the root disk   FRESH=1 makes the disk anew'
	echo "                    APPEND='kernel parameters'  TIMEOUT=seconds  DEBUG=1"
	echo '                    ICOUNT=1 SEED=n repeatable, one hart   GDB=1 waits for make gdb'
	echo 'tools/run           the same without building; options from the environment'
	echo 'make gdb            attach a debugger to the running guest, or start one'
	echo 'make pt PID=5 VA=0x10000   page-table entries of the running guest, read from its RAM'
	echo 'make grade LAB=cow  points for this tree, or SUBMISSION=dir, hand-in or patch'
	echo 'make handin LAB=cow one file to hand in'
# LAB staff begin
	echo 'make handout LAB=all OUT=dir   the tree for students, all labs or one'
	echo 'make grade-all LAB=cow DIR=submissions JOBS=2   points for many; resumable'
	echo 'make check-labs     do the labs give the points that they should?'
# LAB staff end
	echo 'make test           a sample of everything that must hold, at most 8 minutes'
	echo "make usertests T='pipe-* fork-*'   the user tests, or those that match a glob"
	echo 'make unit           unit tests on the host'
	echo 'make user-tests     tests of the shell and the tools, on the host'
	echo 'make oracle         the user tests on Linux 6.1 and here, verdicts side by side'
	echo 'make oracle-user    the user tests on the Linux of the host'
	echo "make kselftest      Linux's own tests, on Linux 6.1 and here, side by side"
	echo 'make check          style, layers, counts of exceptions'
	echo "make races T='swap-threads*' SEEDS=1000   schedules by seed; a failure repeats"
	echo 'make soak MIN=60 N=20 SMP=4 MEM=48M SEED=1   repetitions; resumable'
	echo "make matrix SMP='4 8' MEM=24M P=lru2   what swaps, machine by machine; resumable"
# LAB staff begin
	echo 'make mutants        broken kernels, each of which a check must catch'
# LAB staff end
	echo 'make sim P=fifo,opt FRAMES=64 TRACE=file   reclaim policies over a reference string'
	echo 'make arena          all policies, traces and sizes; build/arena/arena.html'
	echo 'make test-web       that page in headless Chromium'
	echo 'make bench          measurements beside those of Linux 6.1; LINUX=1 takes those anew'
	echo 'make doctor         the tools found, beside the versions known to work'
	echo 'make all kernel users clean   build parts, or remove build/'

# Sets of packages are named in tools/packages.txt.
run:
	tools/setup $(if $(filter uboot,$(BOOT)),test,run)
	$(SUBMAKE) all
	tools/run

usertests:
	tools/setup test
	$(SUBMAKE) all
	tools/usertests

test:
	tools/setup test
	$(SUBMAKE) all overlay-programs build/user/usertests build/polsim
	$(SUBMAKE) kernel DEBUG=1
	tools/test

soak:
	tools/setup test
	$(SUBMAKE) all
	$(SUBMAKE) kernel DEBUG=1
	tools/soak

races:
	tools/setup test
	$(SUBMAKE) all RACES=
	$(SUBMAKE) kernel RACES=1
	tools/races

matrix:
	tools/setup test
	$(SUBMAKE) all
	tools/matrix

# LINUX=Image takes that kernel instead of building one.
oracle:
	tools/setup test
	$(if $(filter-out 1,$(LINUX)),,tools/setup linux && tools/linux-6.1/build tests)
	$(SUBMAKE) all
	tools/oracle

# As for oracle; the tests are in the same package.
kselftest:
	tools/setup test
	tools/setup linux
	$(if $(filter-out 1,$(LINUX)),,tools/linux-6.1/build tests)
	$(SUBMAKE) all
	tools/kselftest

# LINUX=1 measures Linux, too, LINUX=Image that kernel.
bench:
	tools/setup test
	$(if $(filter 1,$(LINUX)),tools/setup linux && tools/linux-6.1/build figures)
	$(SUBMAKE) all DEBUG=
	tools/bench

gdb:
	tools/setup staff
	$(SUBMAKE) all
	tools/gdb

pt:
	tools/ptwalk

check:
	tools/check

# --- labs -------------------------------------------------------------------------------------

grade:
	tools/setup test
	$(SUBMAKE) all
	tools/grade

handin:
	tools/setup test
	$(SUBMAKE) kernel
	tools/handin

# LAB staff begin
handout:
	tools/setup staff
	tools/handout

grade-all:
	tools/setup staff
	$(SUBMAKE) all
	tools/grade-all

check-labs:
	tools/setup staff
	$(SUBMAKE) all
	tools/check-labs

mutants:
	tools/setup test
	$(SUBMAKE) all overlay-programs build/polsim
	tools/mutants

# LAB staff end

doctor:
	tools/setup doctor

clean:
	rm -rf build

# --- the kernel -------------------------------------------------------------------------------

CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy

KERNEL_DIRS := arch/riscv kernel mm mm/policy fs fs/ext2 fs/proc fs/tmpfs drivers drivers/virtio lib
KERNEL_SRCS := $(wildcard $(KERNEL_DIRS:%=%/*.c) arch/riscv/*.S)
KERNEL_OBJS := $(patsubst %,$(B)/obj/%.o,$(KERNEL_SRCS:.c=))
KERNEL_LDS := arch/riscv/kernel.lds

# Expanded at the first use, when tools/setup may just have installed the compiler.
GCC_INCLUDE = $(eval GCC_INCLUDE := $(shell $(CC) -print-file-name=include))$(GCC_INCLUDE)
UAPI_INCLUDE := /usr/$(notdir $(CROSS_COMPILE:%-=%))/include

# The second line undoes what a distribution's compiler may have preset (-fpie,
# -fstack-protector-strong, _FORTIFY_SOURCE): none of it has a run-time library here.
KERNEL_CPPFLAGS = -nostdinc -I. -I$(B) -Ibuild -isystem $(GCC_INCLUDE) -isystem $(UAPI_INCLUDE) \
	-U_FORTIFY_SOURCE $(if $(DEBUG)$(RACES),-DCONFIG_DEBUG) $(if $(RACES),-DCONFIG_RACES)
KERNEL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -ffreestanding \
	-fno-pie -fno-stack-protector -fno-strict-aliasing -fno-common -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
	$(if $(RACES),,$(if $(DEBUG),-fsanitize=undefined))
KERNEL_ASFLAGS := -D__ASSEMBLY__ $(filter -g -m%,$(KERNEL_CFLAGS))
KERNEL_LDFLAGS := -static -nostdlib -no-pie --build-id=none -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments -T $(KERNEL_LDS)

.PHONY: all kernel
all: kernel users benches usertests-bin lab-programs
kernel: $(B)/faultline.elf $(B)/Image

# What a reclaim policy may call beside itself (mm/policy.h, "Context"): what the compiler does.
POLICY_MAY_CALL := __ubsan_.*|mem(cpy|set|move|cmp)
POLICY_CALLS = $(NM) -u $@ | grep -vE ' ($(POLICY_MAY_CALL))$$' | \
	sed 's,^ *U \(.*\),$<: error: uses \1; a policy calls nothing of the kernel (mm/policy.h),'

$(B)/obj/%.o: %.c | build/version.h
	mkdir -p $(@D)
	echo "  CC    $<"
	$(CC) $(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) -MMD -MP -c -o $@ $<
	$(if $(filter mm/policy/%,$<),! $(POLICY_CALLS) | grep . >&2)

$(B)/obj/%.S.o: %.S | build/version.h
	mkdir -p $(@D)
	echo "  AS    $<"
	$(CC) $(KERNEL_CPPFLAGS) $(KERNEL_ASFLAGS) -MMD -MP -c -o $@ $<

# The vDSO is a small shared object of its own, which arch/riscv/*.S takes in by .incbin "vdso.so";
# the kernel knows its entry points by vdso-offsets.h (#define VDSO_<symbol> <offset>).
VDSO_SRCS := $(wildcard arch/riscv/vdso/*.[cS])
VDSO_OBJS := $(patsubst %,$(B)/obj/%.o,$(VDSO_SRCS:.c=))
VDSO_LDS := arch/riscv/vdso/vdso.lds
ifneq ($(VDSO_SRCS),)
$(VDSO_OBJS): KERNEL_CFLAGS := $(filter-out -fsanitize=% -mcmodel=%,$(KERNEL_CFLAGS)) -fPIC -g0
$(KERNEL_OBJS): | $(B)/vdso.so $(B)/vdso-offsets.h
$(filter $(B)/obj/arch/riscv/vdso%,$(KERNEL_OBJS)): $(B)/vdso.so

$(B)/vdso.so: $(VDSO_OBJS) $(VDSO_LDS)
	echo "  LD    $@"
	$(LD) -shared -nostdlib --no-undefined --hash-style=both --build-id=none -z noexecstack \
		-z max-page-size=4096 -soname linux-vdso.so.1 -T $(VDSO_LDS) -o $@ $(VDSO_OBJS)

$(B)/vdso-offsets.h: $(B)/vdso.so
	$(NM) -D $< | sed -nE 's/^([0-9a-f]+) [TW] ([a-z_]+).*/#define VDSO_\2 0x\1/p' > $@
endif

# Two links.  The first has an empty symbol table; the second has that of the first, in a section
# behind all text, so no text address differs between the two (checked).
$(B)/kernel.list: .FORCE
	mkdir -p $(@D)
	tools/if-changed $@ '$(KERNEL_OBJS) $(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) $(KERNEL_LDFLAGS)'

$(KERNEL_OBJS) $(VDSO_OBJS): $(B)/kernel.list

$(B)/ksyms0.S: tools/ksyms
	mkdir -p $(@D)
	tools/ksyms < /dev/null > $@

$(B)/ksyms.S: $(B)/pass1.elf tools/ksyms
	$(NM) -n $< | tools/ksyms > $@

$(B)/ksyms0.o $(B)/ksyms.o: %.o: %.S
	$(CC) $(filter -m%,$(KERNEL_CFLAGS)) -c -o $@ $<

$(B)/pass1.elf: $(KERNEL_OBJS) $(B)/ksyms0.o $(KERNEL_LDS)
	$(LD) $(KERNEL_LDFLAGS) -o $@ $(KERNEL_OBJS) $(B)/ksyms0.o

$(B)/faultline.elf: $(KERNEL_OBJS) $(B)/ksyms.o $(KERNEL_LDS)
	echo "  LD    $@"
	$(LD) $(KERNEL_LDFLAGS) -o $@ $(KERNEL_OBJS) $(B)/ksyms.o
	$(NM) -n $@ | tools/ksyms | cmp -s - $(B)/ksyms.S || { \
		echo "$@: text moved between the links: .ksyms must be behind it" >&2; \
		rm $@; exit 1; }

$(B)/Image: $(B)/faultline.elf
	$(OBJCOPY) -O binary $< $@

build/version.h: .FORCE
	mkdir -p $(@D)
	tools/if-changed $@ '#define FAULTLINE_VERSION "$(VERSION)"'
VERSION = $(shell GIT_OPTIONAL_LOCKS=0 git describe --always --dirty 2>/dev/null || echo unknown)

.PHONY: .FORCE
.FORCE:

-include $(KERNEL_OBJS:.o=.d) $(VDSO_OBJS:.o=.d)
include bench/bench.mk tests/overlay/overlay.mk labs/labs.mk tools/polsim/polsim.mk
-include user/user.mk user/usertests/usertests.mk tests/tests.mk
