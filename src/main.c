/* main.c - hand the words to the role they name. */
#include <stddef.h>
#include <string.h>

#include "base/spawn.h"
#include "cmd/cmd.h"
#include "custodian/custodian.h"
#include "keeper/keeper.h"

/* `cdo NAME ...` is a process of ours; all other words are a command's. */
static const struct role {
	const char *name;
	int (*main)(int argc, char **argv);
} roles[] = {
	{ "custodian", custodian_main },
	{ "keeper", keeper_main },
};

int
main(int argc, char **argv)
{
	spawn_init(argv[0]);
	for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
		if (strcmp(roles[i].name, argv[1]) == 0)
			return roles[i].main(argc - 1, argv + 1);
	return cmd_main(argc, argv);
}
