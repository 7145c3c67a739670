/* cmd/args.h - the words of a command line, by a command's table row. */
#ifndef CDO_CMD_ARGS_H
#define CDO_CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct cmd;
struct cmd_opt;

/* All strings are argv's. */
struct args {
	const struct cmd *cmd;
	char **operand; /* NULL at the end; behind -- too, but for CMD_REST */
	size_t n;
	char **rest; /* CMD_REST: the words behind --, NULL at the end */
	size_t n_rest;
	struct given {
		const struct cmd_opt *opt;
		const char *value; /* NULL: none */
	} * given;
	size_t n_given;
};

/*
 * Reads argv[1..], options and operands in any order, `--` before words that
 * are no options.  Returns 0, or -EINVAL after a word on stderr; release it
 * in both cases.
 */
int args_parse(struct args *, const struct cmd *, int argc, char **argv);
void args_release(struct args *);

bool args_has(const struct args *, int key);
/* The last value given for key, or NULL. */
const char *args_value(const struct args *, int key);
/* Value number i given for key, or NULL. */
const char *args_each(const struct args *, int key, size_t i);

#endif
