# SPDX-License-Identifier: MIT
# usertests.mk - builds the user tests for riscv64 and, as a second judge, for the host
#
# Included by the top Makefile; works alone too: make -f user/usertests/usertests.mk oracle-user

UT_DIR := user/usertests
UT_CC ?= riscv64-linux-gnu-gcc
UT_CXX ?= riscv64-linux-gnu-g++
UT_HOSTCC ?= gcc
# The tests do on purpose what these warnings are there to prevent.
UT_NOWARN := -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-nonnull \
	-Wno-infinite-recursion -Wno-format-truncation -Wno-unused-result
UT_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror $(UT_NOWARN) -I. -D_GNU_SOURCE \
	-fno-pie -fno-stack-protector -U_FORTIFY_SOURCE -fno-strict-aliasing \
	-fasynchronous-unwind-tables -fno-toplevel-reorder -MMD -MP
# -fno-toplevel-reorder keeps the tests of a file in the order in which they are written.
# pie is ET_DYN with no interpreter and no library: debian's riscv64 glibc has no rcrt1.o.
UT_PIEFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -fPIE -fno-stack-protector \
	-U_FORTIFY_SOURCE -fno-tree-loop-distribute-patterns -MMD -MP \
	-nostdlib -static -Wl,-pie,--no-dynamic-linker,-z,text

UT_SRCS := $(sort $(wildcard $(UT_DIR)/*.c))
UT_OBJS := $(UT_SRCS:$(UT_DIR)/%.c=build/usertests-obj/%.o)
UT_HOSTOBJS := $(UT_SRCS:$(UT_DIR)/%.c=build/oracle-user/obj/%.o)
UT_CXXFLAGS := -std=c++17 -O2 -Wall -Wextra -Werror -MMD -MP
UT_PROGS := $(addprefix build/user/usertests.d/,show pie cxx fault_locks)
UT_HOSTPROGS := build/oracle-user/usertests.d/show build/oracle-user/usertests.d/pie

.PHONY: usertests-bin oracle-user
usertests-bin: build/user/usertests $(UT_PROGS)

# T='pattern pattern': only those tests.
oracle-user: usertests-bin build/oracle-user/usertests $(UT_HOSTPROGS)
	$(UT_DIR)/oracle-user.sh $(T)

build/user/usertests: $(UT_OBJS)
	@mkdir -p $(@D)
	$(UT_CC) -static -no-pie -o $@ $^

build/oracle-user/usertests: $(UT_HOSTOBJS)
	@mkdir -p $(@D)
	$(UT_HOSTCC) -static -no-pie -o $@ $^

build/usertests-obj/%.o: $(UT_DIR)/%.c
	@mkdir -p $(@D)
	$(UT_CC) $(UT_CFLAGS) -c -o $@ $<

build/oracle-user/obj/%.o: $(UT_DIR)/%.c
	@mkdir -p $(@D)
	$(UT_HOSTCC) $(UT_CFLAGS) -c -o $@ $<

build/usertests-obj/main.o build/oracle-user/obj/main.o: $(UT_DIR)/skips.txt
$(UT_OBJS) $(UT_HOSTOBJS) $(UT_PROGS) $(UT_HOSTPROGS): $(UT_DIR)/usertests.mk

build/user/usertests.d/show: $(UT_DIR)/progs/show.c
	@mkdir -p $(@D)
	$(UT_CC) $(UT_CFLAGS) -static -no-pie -o $@ $<

build/user/usertests.d/fault_locks: $(UT_DIR)/progs/fault_locks.c
	@mkdir -p $(@D)
	$(UT_CC) $(UT_CFLAGS) -static -no-pie -o $@ $<

build/oracle-user/usertests.d/show: $(UT_DIR)/progs/show.c
	@mkdir -p $(@D)
	$(UT_HOSTCC) $(UT_CFLAGS) -static -no-pie -o $@ $<

build/user/usertests.d/pie: $(UT_DIR)/progs/pie.c
	@mkdir -p $(@D)
	$(UT_CC) $(UT_PIEFLAGS) -o $@ $<

build/oracle-user/usertests.d/pie: $(UT_DIR)/progs/pie.c
	@mkdir -p $(@D)
	$(UT_HOSTCC) $(UT_PIEFLAGS) -o $@ $<

build/user/usertests.d/cxx: $(UT_DIR)/progs/cxx.cc
	@mkdir -p $(@D)
	$(UT_CXX) $(UT_CXXFLAGS) -static -no-pie -s -o $@ $<

-include $(UT_OBJS:.o=.d) $(UT_HOSTOBJS:.o=.d) $(UT_PROGS:=.d) $(UT_HOSTPROGS:=.d)
