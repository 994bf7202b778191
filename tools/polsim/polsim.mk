# SPDX-License-Identifier: MIT
#
# polsim.mk - the simulator of reclaim policies, on the host: build/polsim, and with ASan and UBSan
# build/polsim-asan (`make sim SAN=1`).  It links mm/policy/*.c as they are.

SIM_CC ?= gcc
SIM_CFLAGS := -std=gnu11 -g -O2 -Itools/polsim/include -I. -D_GNU_SOURCE -Wall -Wextra -Werror \
	-Wno-unused-parameter -fno-strict-aliasing
SIM_SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SIM_SRCS := $(wildcard tools/polsim/*.c mm/policy/*.c)

.PHONY: sim arena test-web
sim:
	tools/setup test
	$(SUBMAKE) build/polsim$(if $(SAN),-asan) >&2
	build/polsim$(if $(SAN),-asan) run "$${P:-fifo,opt}" "$${FRAMES:-64}" \
		"$${TRACE:-gen:zipf}" "$${SEED:-1}"

arena:
	tools/setup test
	$(SUBMAKE) all build/polsim build/arena/overlay/bin/arena_workload
	tools/arena

build/arena/overlay/bin/arena_workload: tools/arena_workload.c
	mkdir -p $(@D)
	$(CROSS_COMPILE)gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@ $<

test-web:
	tools/setup staff
	$(SUBMAKE) build/arena/arena.html
	tools/webtest

# For who only wants to look at it: without the workloads in the kernel.
build/arena/arena.html: build/polsim tools/arena tools/arena_page.py
	GUEST=0 tools/arena > /dev/null

build/polsim: $(SIM_SRCS:%.c=build/sim/%.o)
	echo "  LD    $@"
	$(SIM_CC) $(SIM_CFLAGS) -o $@ $^

build/polsim-asan: $(SIM_SRCS:%.c=build/sim-asan/%.o)
	echo "  LD    $@"
	$(SIM_CC) $(SIM_CFLAGS) $(SIM_SAN) -o $@ $^

build/sim/%.o: %.c tools/polsim/polsim.mk
	mkdir -p $(@D)
	echo "  CC    $< (host)"
	$(SIM_CC) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

build/sim-asan/%.o: %.c tools/polsim/polsim.mk
	mkdir -p $(@D)
	echo "  CC    $< (host, sanitized)"
	$(SIM_CC) $(SIM_CFLAGS) $(SIM_SAN) -MMD -MP -c -o $@ $<

-include $(SIM_SRCS:%.c=build/sim/%.d) $(SIM_SRCS:%.c=build/sim-asan/%.d)
