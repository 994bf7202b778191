// SPDX-License-Identifier: MIT
// The shell. Text becomes a tree (parse.c), words become fields (expand.c, arith.c), the tree is
// run (run.c), with the shell's own commands (builtin.c), its processes (jobs.c) and, for a
// person, a line editor (edit.c).
//
// Memory: all that one command needs comes from an arena that is cut back to a mark when the
// command ends (mem.c); marks nest as commands do. What outlives a command (variables,
// functions, jobs, history) comes from malloc.
//
// Errors: throw() ends the command that is running: it goes back to the prompt, or ends a shell
// that has none.
#ifndef USER_SH_H
#define USER_SH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// ---- mem.c: the arena, strings that grow in it, variables

struct mark {
	struct chunk *chunk;
	size_t used;
};

struct buf {
	char *s;
	size_t n, size;
};

struct mark arena_mark(void);
void arena_release(struct mark m);
void *alloc(size_t size); // zeroed; ends the shell when there is no memory
char *save(const char *s, size_t n);
void put(struct buf *b, char c);
void put_string(struct buf *b, const char *s);
char *finish(struct buf *b); // the text with its NUL; "" for an empty one

const char *get_var(const char *name); // NULL when unset
void set_var(const char *name, const char *value);
void export_var(const char *name);
void unset_var(const char *name);
char **make_environment(void); // the exported ones, in the arena
size_t name_length(const char *s); // length of the identifier at s, 0 if there is none

// ---- parse.c

enum kind {
	SIMPLE, PIPE, AND, OR, NOT, SEQUENCE, BACKGROUND, SUBSHELL, GROUP,
	IF, WHILE, UNTIL, FOR, CASE, CASE_ITEM, FUNCTION,
};

struct word {
	struct word *next;
	const char *text; // as written, quotes and all
};

enum redir_kind { R_READ, R_WRITE, R_APPEND, R_BOTH, R_DUP, R_HERE, R_HERE_QUOTED };

struct redir {
	struct redir *next;
	enum redir_kind kind;
	int fd;
	const char *text; // file name, descriptor or here-document
};

struct node {
	enum kind kind;
	struct node *left, *right, *other; // condition, body and else; items of a case by `other`
	struct word *assigns, *words;
	struct redir *redirs;
	const char *text; // source of a pipeline, for `jobs`
	const char *name; // of a loop's variable or of a function
	const char *body; // source of a function's body
};

// Where commands come from. more() appends text by source_append() and answers false at the end.
struct source {
	char *text;
	size_t at, length, size;
	bool (*more)(struct source *src);
	bool continued; // inside a command: a person is to be asked by PS2
	int line;
};

void source_append(struct source *src, const char *s, size_t n);
struct source *source_push(struct source *src); // returns the one before, to pop by pushing it
// The next complete command, NULL for an empty line; at the end of the source *end is set.
struct node *parse_command(bool *end);
bool source_empty(void); // true if nothing more can follow (only white space is left)
// The length of the $… or `…` construct at s, which is or is not in double quotes.
size_t scan_expansion(const char *s, bool quoted);

// ---- expand.c, arith.c

char **expand_words(struct word *words, int *count);
char *expand_one(const char *text);     // no field splitting, no file names
char *expand_pattern(const char *text); // for fnmatch(3): what was quoted is escaped
char *expand_here(const char *text);
long arith(const char *text);

// ---- run.c

enum { LAST = 1, TESTED = 2 }; // the process ends after it; its failure is looked at (no -e)

struct builtin;

int run(struct node *n, int flags);
int run_text(const char *text, int flags); // `flags` for the text's last command
int run_source(struct source *src, int flags);
int run_external(char **argv, struct node *n, int flags); // n: assignments, redirections, text
int run_builtin(const struct builtin *builtin, int argc, char **argv);
void throw(int status) __attribute__((noreturn));
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// What takes control out of the ordinary order: a loop or a function looks for its own.
enum unwind { U_NONE, U_BREAK, U_CONTINUE, U_RETURN };

struct shell {
	char *name;           // $0
	char **args;          // $1…, not NULL-terminated; a function call puts its own in place
	int nargs;
	int status;           // $?
	pid_t pid;            // $$
	pid_t background;     // $!
	bool interactive;     // there is a person: prompts, errors go back to the prompt
	bool stop_on_error;   // set -e
	bool trace;           // set -x
	bool substituted;     // a $(…) has set the status of this command
	enum unwind unwind;
	int levels;           // of break and continue; 0 when not unwinding
	int loops;            // enclosing loops here
	volatile int interrupted; // ^C at a shell with a prompt
	jmp_buf top;          // where throw() goes
};

extern struct shell sh;

// ---- builtin.c

struct builtin {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
};

extern const struct builtin builtins[];
const struct builtin *find_builtin(const char *name);
char *read_script(const char *name); // main.c: malloced; NULL after a message
void run_traps(void);
int pending_trap(void); // the number of a signal that has come and waits for its trap, or 0
bool traps_set(void);
void reset_traps(void); // in a child: what is caught goes back to the default
void exit_shell(int status) __attribute__((noreturn)); // runs the trap for EXIT

// ---- jobs.c

struct job;

extern bool job_control;

void jobs_start(void); // => at the start of an interactive shell
struct job *job_new(const char *text);
// Forks a process of the job (NULL: of no job). In the child group, terminal and signals are set.
// Returns -1 after a message; if there is no job it throws instead.
pid_t job_fork(struct job *job, bool background);
int job_wait(struct job *job); // in the foreground; the status of its last process
void jobs_leave(void);         // => before exec: signals as they were before jobs_start()
void job_background(struct job *job);
void jobs_report(void); // tells of jobs that ended or stopped; => before a prompt
int wait_main(int argc, char **argv);
int jobs_main(int argc, char **argv);
int fg_main(int argc, char **argv);
int bg_main(int argc, char **argv);
int kill_main(int argc, char **argv);

// ---- edit.c

// A line with its newline, from the terminal; valid until the next call.
// Returns NULL at the end of input; "" for a line given up by ^C.
const char *edit_line(const char *prompt);
void edit_start(void);
void edit_restore(void); // the terminal as it was at the start

#endif
