/* main.c - hand the words to the role they name. */
#include <stdio.h>
#include <string.h>

#include "base/spawn.h"

/* `cdo NAME ...` is a process of ours; all other words are a command's. */
static const struct role {
	const char *name;
	int (*main)(int argc, char **argv);
} roles[] = {
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	spawn_init(argv[0]);
	for (const struct role *r = roles; argc > 1 && r->name; r++)
		if (strcmp(r->name, argv[1]) == 0)
			return r->main(argc - 1, argv + 1);
	fputs("cdo: no such role\n", stderr);
	return 2;
}
