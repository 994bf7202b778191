// SPDX-License-Identifier: MIT
// membarrier.c - membarrier(2), and code that is written while threads run it
#include "user/usertests/arch.h"
#include "user/usertests/threads.h"
#include <linux/membarrier.h>
#include <sys/mman.h>

#define PAGE	4096UL

static long membarrier(int cmd, unsigned int flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

TEST(membarrier_query)
{
	long mask = CHECK_SYS(membarrier(MEMBARRIER_CMD_QUERY, 0));
	long wanted = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
		      MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
		      MEMBARRIER_CMD_PRIVATE_EXPEDITED |
		      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

	CHECK_EQ(mask & wanted, wanted);
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_QUERY, 1), EINVAL);
	CHECK_ERRNO(membarrier(1 << 20, 0), EINVAL);
	CHECK_ERRNO(membarrier(-1, 0), EINVAL);
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_GLOBAL, 2), EINVAL);
}

TEST(membarrier_registration)
{
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
	CHECK_SYS(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_GLOBAL, 0));
}

TEST(membarrier_sync_core)
{
	long mask = CHECK_SYS(membarrier(MEMBARRIER_CMD_QUERY, 0));

	if (!(mask & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)) {
		CHECK_ERRNO(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0), EINVAL);
		return;
	}
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0), EPERM);
	CHECK_SYS(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
	CHECK_SYS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
}

/* --- the promise --- */

// Each side sets its flag and looks at the other's: one of the two must see the other, although
// only the slow side has a barrier.
static struct {
	volatile int flag __attribute__((aligned(64)));
	volatile int saw_other, round;
} fast, slow;
static volatile int rounds_end;

static void *fast_side(void *arg)
{
	for (int round = 1; !rounds_end; round++) {
		while (slow.round != round && !rounds_end)
			sched_yield();
		fast.flag = round;
		__asm__ volatile("" : : : "memory");
		fast.saw_other = slow.flag == round;
		set_word(&fast.round, round);
	}
	return arg;
}

static void play(int cmd, int rounds)
{
	pthread_t thread = start_thread(fast_side, NULL);

	for (int round = 1; round <= rounds; round++) {
		set_word(&slow.round, round);
		for (volatile int i = 0; i < round % 97; i++)
			;
		slow.flag = round;
		CHECK_SYS(membarrier(cmd, 0));
		slow.saw_other = fast.flag == round;
		while (__atomic_load_n(&fast.round, __ATOMIC_ACQUIRE) != round)
			sched_yield();
		CHECK(fast.saw_other || slow.saw_other);
	}
	set_word(&rounds_end, 1);
	join_thread(thread);
}

TEST(membarrier_private_orders)
{
	CHECK_SYS(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	play(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 1000);
}

TEST(membarrier_global_orders)
{
	play(MEMBARRIER_CMD_GLOBAL, 20);
}

/* --- new code --- */

// A function that returns @value: so many bytes at @code.
static size_t write_function(void *code, int value)
{
#ifdef __riscv
	uint32_t insns[] = { 0x00000513u | (uint32_t)value << 20, 0x00008067 };	// li a0; ret
#else
	unsigned char insns[] = { 0xb8, value, value >> 8, 0, 0, 0xc3 };	// mov eax; ret
#endif
	memcpy(code, insns, sizeof(insns));
	return sizeof(insns);
}

static char *code_page(int prot)
{
	char *code = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(code != MAP_FAILED);
	return code;
}

static int call(void *code)
{
	return ((int (*)(void))code)();
}

static volatile int wanted_value, seen_value;

static void *call_again_and_again(void *arg)
{
	for (int value = 1; value <= 300; value++) {
		while (__atomic_load_n(&wanted_value, __ATOMIC_ACQUIRE) != value)
			sched_yield();
		set_word(&seen_value, call(arg));
	}
	return NULL;
}

// One thread writes, another, on another hart or not, runs what was written last.
TEST(icache_code_written_by_another_thread)
{
	char *code = code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
	pthread_t thread = start_thread(call_again_and_again, code);

	for (int value = 1; value <= 300; value++) {
		size_t length = write_function(code, value);

		__builtin___clear_cache(code, code + length);
		set_word(&wanted_value, value);
		while (__atomic_load_n(&seen_value, __ATOMIC_ACQUIRE) != value)
			sched_yield();
	}
	join_thread(thread);
}

// The writer moves between the harts and runs it there.
TEST(icache_after_migration)
{
	char *code = code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
	cpu_set_t all;
	int harts = harts_allowed();

	CHECK_SYS(sched_getaffinity(0, sizeof(all), &all));
	for (int value = 1; value <= 100; value++) {
		size_t length = write_function(code, value);

		__builtin___clear_cache(code, code + length);
		CHECK_SYS(sched_setaffinity(0, sizeof(all), &all));
		CHECK(pin_to_hart(value % harts));
		CHECK_EQ(call(code), value);
	}
}

// What was data becomes code by mprotect alone.
TEST(icache_mprotect_makes_code)
{
	for (int value = 1; value <= 50; value++) {
		char *code = code_page(PROT_READ | PROT_WRITE);

		write_function(code, value);
		CHECK_SYS(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
		CHECK_EQ(call(code), value);
		CHECK_SYS(munmap(code, PAGE));
	}
}

// The same page of a file, written and mapped anew each time.
TEST(icache_code_in_a_file)
{
	int fd = CHECK_SYS(open("code", O_RDWR | O_CREAT, 0700));
	char bytes[16];

	for (int value = 1; value <= 50; value++) {
		size_t length = write_function(bytes, value);
		char *code;

		CHECK_EQ(pwrite(fd, bytes, length, 0), length);
		code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		CHECK(code != MAP_FAILED);
		CHECK_EQ(call(code), value);
		CHECK_SYS(munmap(code, PAGE));
	}
}
