# SPDX-License-Identifier: MIT
# Builds the user programs: every user/NAME.c is a program NAME, and user/sh/*.c is the shell.
# The top Makefile includes this file; `make -f user/user.mk users` works by itself too.
# user/usertests has rules of its own.

CROSS_COMPILE ?= riscv64-linux-gnu-
USER_OUT ?= build/user
QEMU_USER ?= qemu-riscv64

USER_CC := $(CROSS_COMPILE)gcc
USER_CFLAGS := -O2 -std=gnu11 -Wall -Wextra -Werror -ffunction-sections -fdata-sections -MMD -MP -I.
USER_LDFLAGS := -static -Wl,--gc-sections -Wl,-z,max-page-size=4096

USER_TOOLS := $(patsubst user/%.c,%,$(wildcard user/*.c))
USER_PROGRAMS := $(addprefix $(USER_OUT)/bin/,sh $(USER_TOOLS))
USER_SH_OBJS := $(patsubst user/%.c,$(USER_OUT)/obj/%.o,$(wildcard user/sh/*.c))

.PHONY: users user-tests

users: $(USER_PROGRAMS)

# Object files are kept: they are what an incremental build compares against.
.SECONDARY: $(USER_SH_OBJS) $(USER_TOOLS:%=$(USER_OUT)/obj/%.o)

$(USER_OUT)/obj/%.o: user/%.c user/user.mk
	@mkdir -p $(@D)
	$(USER_CC) $(USER_CFLAGS) $(USER_EXTRA_CFLAGS) -c -o $@ $<

define USER_LINK
@mkdir -p $(@D)
$(USER_CC) $(USER_LDFLAGS) -s -o $@ $(filter %.o,$^)
endef

$(USER_OUT)/bin/sh: $(USER_SH_OBJS)
	$(USER_LINK)

$(USER_TOOLS:%=$(USER_OUT)/bin/%): $(USER_OUT)/bin/%: $(USER_OUT)/obj/%.o
	$(USER_LINK)

user-tests: users
	user/tests/run $(QEMU_USER) $(USER_OUT)

-include $(wildcard $(USER_OUT)/obj/*.d $(USER_OUT)/obj/sh/*.d)
