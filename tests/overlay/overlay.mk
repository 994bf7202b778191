# SPDX-License-Identifier: MIT
# Programs as a stranger builds them, with the stock compilers and no option of ours; `make test`
# lays build/tests/overlay over a root disk and runs them unmodified.

OVERLAY_OUT := build/tests/overlay/overlay

.PHONY: overlay-programs
overlay-programs: $(addprefix $(OVERLAY_OUT)/,hello ledger exceptions writer swapper references)

$(OVERLAY_OUT)/%: tests/overlay/%.c
	mkdir -p $(@D)
	$(CROSS_COMPILE)gcc -O2 -Wall -Wextra -static -o $@ $<

$(OVERLAY_OUT)/%: tests/overlay/%.cc
	mkdir -p $(@D)
	$(CROSS_COMPILE)g++ -O2 -Wall -Wextra -static -o $@ $<
