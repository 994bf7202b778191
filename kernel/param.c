// SPDX-License-Identifier: MIT
/*
 * The command line is cut at blanks; double quotes keep blanks together. Each word is looked up
 * among the parameters that files declare with KERNEL_PARAM; a `-` in a name counts as `_`. Who
 * passes a word that nobody declared gets one line, since a misspelt parameter that is silently
 * ignored costs an afternoon.
 */
#include "kernel/param.h"

#include "kernel/errno.h"
#include "kernel/printk.h"
#include "lib/ctype.h"
#include "lib/string.h"

extern const struct kernel_param __params_start[], __params_end[];

/* The console is the device tree's UART; the word is taken because boot loaders' menus pass it. */
static char *console_name;
KERNEL_PARAM("console", param_string, &console_name);

char boot_command_line[COMMAND_LINE_SIZE];
static char words[COMMAND_LINE_SIZE];		/* the same, cut into strings */

int param_int(const char *value, void *data)
{
	return value ? kstrtoint(value, 0, data) : -EINVAL;
}

int param_bytes(const char *value, void *data)
{
	char digits[24];
	size_t n = value ? strlen(value) : 0;
	unsigned long result;
	int shift = 0;

	if (!n || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, value, n + 1);
	switch (toupper(digits[n - 1])) {
	case 'G':
		shift = 30;
		break;
	case 'M':
		shift = 20;
		break;
	case 'K':
		shift = 10;
		break;
	}
	if (shift)
		digits[n - 1] = '\0';
	if (kstrtoul(digits, 0, &result))
		return -EINVAL;
	*(unsigned long *)data = result << shift;
	return 0;
}

int param_bool(const char *value, void *data)
{
	bool yes = !value || !strcmp(value, "1") || !strcmp(value, "y") || !strcmp(value, "on");

	if (!yes && strcmp(value, "0") && strcmp(value, "n") && strcmp(value, "off"))
		return -EINVAL;
	*(bool *)data = yes;
	return 0;
}

int param_string(const char *value, void *data)
{
	if (!value)
		return -EINVAL;
	*(const char **)data = value;
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(*a == '-' && *b == '_'))
			return false;
	return *a == *b;
}

static void set_param(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	for (const struct kernel_param *p = __params_start; p < __params_end; p++) {
		if (!same_name(word, p->name))
			continue;
		if (p->set(value, p->data))
			pr_err("parameter %s: bad value '%s'\n", word, value ? value : "");
		return;
	}
	pr_err("parameter %s: unknown, ignored\n", word);
}

/* Cuts the next word off *rest and takes its quotes away; NULL at the end. */
static char *next_word(char **rest)
{
	char *in = *rest, *out, *word;
	bool quoted = false;

	while (isspace(*in))
		in++;
	if (!*in)
		return NULL;
	for (word = out = in; *in && (quoted || !isspace(*in)); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*rest = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

void parse_params(void)
{
	char *rest = words, *word;

	memcpy(words, boot_command_line, sizeof(words));
	while ((word = next_word(&rest)) != NULL) {
		/* Behind this stands what init is to get; ours takes no arguments. */
		if (!strcmp(word, "--"))
			break;
		set_param(word);
	}
}
