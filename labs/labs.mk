# SPDX-License-Identifier: MIT
# What the labs' tests run in the guest: labs/guest/NAME.c becomes /bin/NAME.

LAB_OUT := build/labs/bin

.PHONY: lab-programs
lab-programs: $(patsubst labs/guest/%.c,$(LAB_OUT)/%,$(wildcard labs/guest/*.c))

$(LAB_OUT)/%: labs/guest/%.c labs/labs.mk
	mkdir -p $(@D)
	$(CROSS_COMPILE)gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -o $@ $<
