# SPDX-License-Identifier: MIT
#
# tests.mk - unit tests on the host: `make unit`, or `make -f tests/tests.mk unit` from the root.
#
# Each tests/unit_NAME.c becomes build/tests/unit_NAME, with tests/unit.c and as much of lib/ as
# it uses. A test of other kernel sources names them here:
#
#	UNIT_SRCS_unit_NAME := mm/some.c tests/fake_some.c
#
# Everything is compiled with tests/host.h in front and with ASan and UBSan; `UNITS=list` limits
# what is run to build/tests/unit_list.

UNIT_OUT := build/tests
UNIT_CC ?= gcc
# The compiler may come with a preset of its own for these; sanitizers want them off.
UNIT_CFLAGS := -std=gnu11 -g -O1 -I. -include tests/host.h -D_GNU_SOURCE \
	-Wall -Wextra -Werror -Wno-unused-parameter -fno-strict-aliasing -fno-builtin \
	-U_FORTIFY_SOURCE -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
UNIT_LDFLAGS := -fsanitize=address,undefined -pthread

UNIT_TESTS := $(patsubst tests/%.c,%,$(wildcard tests/unit_*.c))
UNIT_LIB := $(patsubst %.c,$(UNIT_OUT)/%.o,$(wildcard lib/*.c))
UNITS ?= $(patsubst unit_%,%,$(UNIT_TESTS))

UNIT_SRCS_unit_blk_merge := drivers/blk_merge.c
UNIT_SRCS_unit_virtio_ring := drivers/virtio/ring.c
UNIT_SRCS_unit_partitions := drivers/partitions.c

# The simulator is a program of the host: its C library is the host's, its folio a small one.
UNIT_SRCS_unit_policy := $(filter-out %/polsim.c,$(wildcard tools/polsim/*.c mm/policy/*.c))
UNIT_SRCS_unit_promises := $(UNIT_SRCS_unit_policy)
UNIT_SRCS_unit_polsim := $(UNIT_SRCS_unit_policy)
$(UNIT_OUT)/tools/polsim/%.o $(UNIT_OUT)/mm/policy/%.o: \
	UNIT_CFLAGS := -Itools/polsim/include $(filter-out -include tests/host.h,$(UNIT_CFLAGS))
$(patsubst %,$(UNIT_OUT)/tests/unit_%.o,policy promises polsim): \
	UNIT_CFLAGS := -Itools/polsim/include $(UNIT_CFLAGS)

unit: $(patsubst %,$(UNIT_OUT)/unit_%,$(UNITS))
	@tests/run-units $^

$(UNIT_OUT)/%.o: %.c tests/tests.mk
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_CFLAGS) -MMD -MP -c $< -o $@

$(UNIT_OUT)/lib.a: $(UNIT_LIB)
	@rm -f $@
	ar rcs $@ $^

# One rule a program, since each may have sources of its own.
define UNIT_PROGRAM
$(UNIT_OUT)/$(1): $(UNIT_OUT)/tests/$(1).o $(UNIT_OUT)/tests/unit.o \
		$(patsubst %.c,$(UNIT_OUT)/%.o,$(UNIT_SRCS_$(1))) $(UNIT_OUT)/lib.a
	$$(UNIT_CC) $$(UNIT_LDFLAGS) $$^ -o $$@
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call UNIT_PROGRAM,$(test))))

-include $(shell find $(UNIT_OUT) -name '*.d' 2>/dev/null)

.PHONY: unit
