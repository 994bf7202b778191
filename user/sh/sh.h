// SPDX-License-Identifier: MIT
// The shell: text becomes a tree (parse.c), words become arguments (expand.c, arith.c), the tree is
// run (run.c) in processes (jobs.c) or by the shell itself (builtin.c); a person types into a line
// editor (edit.c). Variables are the environment: every one of them is exported.
#ifndef USER_SH_H
#define USER_SH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum unwind { U_NONE, U_BREAK, U_CONTINUE, U_ALL }; // why commands that follow do not run

extern struct shell {
	char **args;              // $0, $1…
	int nargs;                // $#
	int status;               // $?
	pid_t pid, background;    // $$, $!
	bool interactive;         // a person is asked for commands
	int terminal;             // then
	volatile int interrupted; // by ^C, then
	bool substituted;         // this command has had a $(…)
	enum unwind unwind;
} sh;

// ---- main.c: memory that is given back, down to a mark, when a command ends; errors

void *mark(void);
void release(void *mark);
void *alloc(size_t size); // zeroed
char *save(const char *s, size_t n);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void give_up(int status); // the rest of what was typed does not run

// ---- parse.c

enum kind { SIMPLE, PIPE, AND, OR, NOT, LIST, BACKGROUND, SUBSHELL, GROUP, IF, WHILE, FOR };

struct word {
	struct word *next;
	const char *text; // as written, quotes and all
	const char *op;   // of a redirection, as 2>&, whose file `text` is; else NULL
};

struct node {
	enum kind kind;
	struct node *left, *right, *other; // condition, body, else; a list leans to the right
	struct word *words;                // with redirections; of FOR the variable comes first
	const char *text;                  // as written
};

// NULL for no commands; after an error with a message, too. If the text only lacks its end and
// `incomplete` is not NULL, that is said there instead.
struct node *parse(const char *text, bool *incomplete);
// What follows the character, quoted part or expansion at s, which is or is not in double quotes;
// NULL if its end is missing.
const char *skip(const char *s, bool quoted);
size_t name_length(const char *s); // of the identifier at s, 0 if there is none
bool is_assignment(const struct word *w);

// ---- expand.c, arith.c: after an error give_up() has been called

char **expand_words(const struct word *words, int *count);
char *expand_one(const char *text, bool quoted); // no splitting, no file names
long arith(const char *text);

// ---- run.c

int run(struct node *n, bool last); // last: the process ends after it
int run_text(const char *text, bool last);
void exec_simple(struct node *n, char **argv) __attribute__((noreturn));

// ---- jobs.c

enum place { IN_FRONT, BEHIND, PART }; // of a job, or a process that is no job

void jobs_start(void); // => in an interactive shell
void jobs_leave(void); // => in a child, before exec: signals as they were
// Runs the tree, or argv with the tree's redirections, in a process. Returns its status, or 0 for
// one in the background.
int run_job(struct node *n, char **argv, bool background);
pid_t fork_child(enum place place);
int exit_status(int wait_status);
void jobs_report(void); // => before a prompt

// ---- builtin.c

typedef int builtin_fn(int argc, char **argv);
builtin_fn *find_builtin(const char *name);
builtin_fn jobs_main, fg_main, wait_main; // jobs.c

// ---- edit.c

void edit_start(void);
void edit_restore(void); // the terminal as it was at the start
const char *edit_line(const char *prompt); // NULL at the end of input, "" for one given up by ^C

#endif
