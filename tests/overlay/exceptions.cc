// SPDX-License-Identifier: MIT
// C++ as it comes: iostreams, containers, constructors before main, exceptions through several
// frames, through a signal handler's frame (the unwinder must know the kernel's trampoline), and
// rethrown.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

static int constructed;

struct Early {
	Early() { constructed++; }
};

static Early before_main;

struct Guard {
	int &count;
	explicit Guard(int &c) : count(c) { count++; }
	~Guard() { count--; }
};

static int deep(int level, int &alive)
{
	Guard guard(alive);

	if (level == 0)
		throw std::out_of_range("out of range");
	return deep(level - 1, alive) + 1;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	std::cerr << "failed: " << what << std::endl;
	exit(1);
}

static void test_unwinding()
{
	int alive = 0;

	try {
		deep(50, alive);
		check(false, "nothing was thrown");
	} catch (const std::exception &e) {
		std::cout << "caught: " << e.what() << std::endl;
	}
	check(alive == 0, "destructors ran while unwinding");
}

static void test_rethrow()
{
	std::string trail;

	try {
		try {
			throw std::runtime_error("first");
		} catch (const std::runtime_error &e) {
			trail += e.what();
			throw;
		}
	} catch (const std::exception &e) {
		trail += std::string("+") + e.what();
	}
	check(trail == "first+first", "rethrown exception");
}

static void throw_from_handler(int)
{
	throw std::logic_error("from a handler");
}

static void test_signal_frame()
{
	bool caught = false;

	std::signal(SIGALRM, throw_from_handler);
	alarm(1);
	try {
		pause(); // not raise(), which is declared never to throw
	} catch (const std::logic_error &) {
		caught = true;
	}
	check(caught, "exception through a signal frame");
}

static void test_bad_alloc()
{
	bool caught = false;

	try {
		volatile std::size_t huge = std::size_t(1) << 46;
		char *volatile p = new char[huge];
		delete[] p;
	} catch (const std::bad_alloc &) {
		caught = true;
	}
	check(caught, "bad_alloc for 64 TiB");
}

static void test_streams()
{
	std::map<std::string, std::vector<int>> words;
	std::istringstream text("one two three two three three");
	std::string word;

	for (int i = 0; text >> word; i++)
		words[word].push_back(i);
	{
		std::ofstream out("/tmp/exceptions.txt");
		for (const auto &[name, places] : words)
			out << name << ' ' << places.size() << '\n';
	}
	std::ifstream in("/tmp/exceptions.txt");
	std::stringstream copy;
	copy << in.rdbuf();
	check(copy.str() == "one 1\nthree 3\ntwo 2\n", "file written and read back");
}

int main()
{
	check(constructed == 1, "constructors ran before main");
	test_unwinding();
	test_rethrow();
	test_signal_frame();
	test_bad_alloc();
	test_streams();
	return 0;
}
