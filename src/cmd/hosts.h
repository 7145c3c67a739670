/* cmd/hosts.h - all machines that we know, and what each of them has. */
#ifndef CDO_CMD_HOSTS_H
#define CDO_CMD_HOSTS_H

#include <stddef.h>
#include <stdint.h>

struct ask;
struct cmd;
struct seen;

struct host {
	char *name; /* NULL: this one */
	char *why; /* it cannot be reached; NULL: it could */
	uint64_t asked; /* unix ms: when it had this; 0: never */
	struct seen *list;
	size_t n;
};

/*
 * Asks this machine, those that are paired, and those that ssh has led to
 * before, all at once; for one that does not answer in time, what it said when
 * it was last asked.  0, or the exit status after a message if not even this
 * one can be asked.
 */
int hosts_ask(const struct cmd *, struct host **, size_t *n);
void hosts_free(struct host *, size_t n);

/* Keeps for later what a machine has. */
void hosts_keep(const char *name, const struct seen *list, size_t n);

#endif
