# SPDX-License-Identifier: MIT
# Builds bench and its two exec targets; the top Makefile includes this file.

BENCH_OUT := build/bench
BENCH_SRCS := $(filter-out bench/true.c,$(wildcard bench/*.c))
BENCH_OBJS := $(BENCH_SRCS:bench/%.c=$(BENCH_OUT)/obj/%.o)

.PHONY: benches
benches: $(BENCH_OUT)/bench $(BENCH_OUT)/true.tiny $(BENCH_OUT)/true.glibc

$(BENCH_OUT)/obj/%.o: bench/%.c bench/bench.mk
	mkdir -p $(@D)
	echo "  CC    $<"
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -I. -MMD -MP -c -o $@ $<

$(BENCH_OUT)/bench: $(BENCH_OBJS)
	$(CC) -static -s -o $@ $^

$(BENCH_OUT)/true.glibc: bench/true.c
	mkdir -p $(@D)
	$(CC) -O2 -static -s -o $@ $<

$(BENCH_OUT)/true.tiny: bench/true_tiny.S
	mkdir -p $(@D)
	$(CC) -nostdlib -static -s -o $@ $<

-include $(BENCH_OBJS:.o=.d)
