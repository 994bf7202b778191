// SPDX-License-Identifier: MIT
/*
 * cxx.cc - C++ programs with threads: `cxx NAME` runs one of them, 0 if all was as it should be
 *
 * The library's threads, futures and thread_local objects stand on clone, futex and the thread
 * pointer; exceptions on unwinding each thread's own stack.
 */
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

static int failures;

#define CHECK(condition)								\
	do {										\
		if (!(condition)) {							\
			std::printf("%s:%d: %s is false\n", __FILE__, __LINE__, #condition);	\
			failures++;							\
		}									\
	} while (0)

static void run_all(int count, const std::function<void(int)> &body)
{
	std::vector<std::thread> threads;

	for (int i = 0; i < count; i++)
		threads.emplace_back(body, i);
	for (auto &thread : threads)
		thread.join();
}

static void test_mutex()
{
	std::mutex mutex;
	std::recursive_mutex recursive;
	std::atomic<long> atomic{0};
	long counted = 0;

	run_all(6, [&](int) {
		for (int i = 0; i < 2000; i++) {
			std::scoped_lock lock(mutex, recursive);
			std::lock_guard again(recursive);

			counted++;
			atomic++;
		}
	});
	CHECK(counted == 12000);
	CHECK(atomic == 12000);
}

static void test_shared_mutex()
{
	std::shared_mutex mutex;
	std::atomic<int> wrong{0};
	long left = 0, right = 0;

	run_all(6, [&](int me) {
		for (int i = 0; i < 1000; i++) {
			if (me % 3 == 0) {
				std::unique_lock lock(mutex);
				left++;
				right++;
			} else {
				std::shared_lock lock(mutex);
				wrong += left != right;
			}
		}
	});
	CHECK(left == 2000);
	CHECK(wrong == 0);
}

static void test_condition()
{
	std::mutex mutex;
	std::condition_variable filled;
	std::deque<int> queue;
	long sum = 0;

	run_all(4, [&](int me) {
		for (int i = 1; i <= 1000; i++) {
			std::unique_lock lock(mutex);

			if (me % 2) {
				queue.push_back(i);
				filled.notify_one();
			} else {
				filled.wait(lock, [&] { return !queue.empty(); });
				sum += queue.front();
				queue.pop_front();
			}
		}
	});
	CHECK(sum == 1000 * 1001);

	std::unique_lock lock(mutex);
	auto begin = std::chrono::steady_clock::now();

	CHECK(!filled.wait_for(lock, 20ms, [] { return false; }));
	CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
}

static int fails(int value)
{
	throw std::runtime_error("value " + std::to_string(value));
}

static void test_future()
{
	std::vector<std::future<long>> parts;
	std::promise<std::string> promise;
	auto answer = promise.get_future();
	std::thread teller([&] { promise.set_value("told"); });
	long sum = 0;

	for (long i = 0; i < 8; i++)
		parts.push_back(std::async(std::launch::async, [i] {
			std::vector<long> numbers(10000);

			std::iota(numbers.begin(), numbers.end(), i * 10000);
			return std::accumulate(numbers.begin(), numbers.end(), 0L);
		}));
	for (auto &part : parts)
		sum += part.get();
	CHECK(sum == 80000L * 79999 / 2);
	CHECK(answer.get() == "told");
	teller.join();

	std::packaged_task<int(int)> task(fails);
	auto result = task.get_future();
	std::thread worker(std::move(task), 7);

	try {
		result.get();
		CHECK(false);
	} catch (const std::runtime_error &error) {
		CHECK(std::strcmp(error.what(), "value 7") == 0);
	}
	worker.join();
}

static std::atomic<int> made, destroyed;

struct counted_object {
	std::string name = "object of a thread";

	counted_object() { made++; }
	~counted_object() { destroyed++; }
};

static thread_local counted_object own;
static thread_local int number = 5;

static void test_thread_local()
{
	std::atomic<int> wrong{0};

	run_all(20, [&](int me) {
		wrong += number != 5;
		number += me;
		if (me % 2)
			wrong += own.name.size() != 18;
		std::this_thread::yield();
		wrong += number != 5 + me;
	});
	CHECK(wrong == 0);
	CHECK(number == 5);
	CHECK(made == 10);
	CHECK(destroyed == 10);
}

struct guard {
	std::atomic<int> &count;

	explicit guard(std::atomic<int> &c) : count(c) {}
	~guard() { count++; }
};

static void dive(int depth, std::atomic<int> &unwound)
{
	guard here(unwound);

	if (depth == 0)
		throw std::out_of_range("the ground");
	dive(depth - 1, unwound);
}

static void test_exceptions()
{
	std::atomic<int> caught{0}, unwound{0};
	std::exception_ptr carried;

	run_all(8, [&](int) {
		for (int i = 0; i < 50; i++) {
			try {
				dive(i, unwound);
			} catch (const std::out_of_range &) {
				caught++;
			}
		}
	});
	CHECK(caught == 400);
	CHECK(unwound == 8 * 50 * 51 / 2);

	std::thread thrower([&] {
		try {
			dive(3, unwound);
		} catch (...) {
			carried = std::current_exception();
		}
	});
	thrower.join();
	try {
		std::rethrow_exception(carried);
	} catch (const std::out_of_range &error) {
		CHECK(std::strcmp(error.what(), "the ground") == 0);
	}
}

static void test_once_and_statics()
{
	static std::once_flag flag;
	std::atomic<int> wrong{0};
	static int times;

	run_all(8, [&](int) {
		std::call_once(flag, [] {
			std::this_thread::sleep_for(5ms);
			times++;
		});
		// A local static is made by whoever comes first; the others wait for it.
		static const std::string text = [] {
			std::this_thread::sleep_for(5ms);
			return std::string("made once");
		}();

		wrong += text != "made once";
	});
	CHECK(times == 1);
	CHECK(wrong == 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)();
	} tests[] = {
		{ "mutex", test_mutex },
		{ "shared-mutex", test_shared_mutex },
		{ "condition", test_condition },
		{ "future", test_future },
		{ "thread-local", test_thread_local },
		{ "exceptions", test_exceptions },
		{ "once", test_once_and_statics },
	};

	for (const auto &test : tests) {
		if (argc == 2 && std::strcmp(argv[1], test.name) == 0) {
			test.run();
			return failures ? 1 : 0;
		}
	}
	return 2;
}
