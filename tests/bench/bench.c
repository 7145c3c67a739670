/* bench/bench.c - cdo beside a bare PTY, dtach, tmux and screen. */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/inner.h"
#include "bench/measure.h"
#include "bench/report.h"

static const struct {
	const char *name;
	void (*run)(struct plan *, struct report *);
} measures[] = {
	{ "flood", measure_flood },   { "record", measure_record },
	{ "echo", measure_echo },     { "attach", measure_attach },
	{ "memory", measure_memory }, { "many", measure_many },
	{ "remote", measure_remote },
};

static const char usage[] =
	"usage: bench [options] [cdo]\n"
	"  -m flood,record,echo,attach,memory,many,remote  only these\n"
	"  -w bare,dtach,tmux,screen,cdo            with only these\n"
	"  -r rounds    of each flood (3)\n"
	"  -s MB        of each payload (50)\n"
	"  -p payload   only the one whose name begins so\n"
	"  -k keys      to be echoed (1000)\n"
	"  -a attaches  of each (20)\n"
	"  -n sessions  to start and list (100)\n"
	"  -i seconds   to count wake-ups (10)\n"
	"  -o file      write JSON there\n";

/* For the one way out that does not come by the end of main. */
static struct plan plan = {
	.size = 50000000,
	.rounds = 3,
	.keys = 1000,
	.attaches = 20,
	.sessions = 100,
	.idle = 10,
};

static void
interrupted(int sig)
{
	(void)sig;
	mux_release(plan.mux);
	rmdir(plan.dir);
	_exit(1);
}

static bool
wanted(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *p = list != NULL ? strstr(list, name) : name;

	return p != NULL && (p[len] == ',' || p[len] == '\0');
}

static unsigned
number(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*end != '\0' || n == 0 || n > 100000) {
		fputs(usage, stderr);
		exit(2);
	}
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	static char self[PATH_MAX], dir[PATH_MAX];
	const char *only = NULL, *with = NULL, *out = NULL;
	struct report report;
	FILE *json = NULL;

	if (argc == 4 && strcmp(argv[1], "--inner") == 0)
		return inner_main(argv[2], (unsigned)atoi(argv[3]));
	for (int c; (c = getopt(argc, argv, "m:w:r:s:p:k:a:n:i:o:")) != -1;) {
		switch (c) {
		case 'm':
			only = optarg;
			break;
		case 'w':
			with = optarg;
			break;
		case 'r':
			plan.rounds = number(optarg);
			break;
		case 's':
			plan.size = number(optarg) * 1000000ul;
			break;
		case 'p':
			plan.payload = optarg;
			break;
		case 'k':
			plan.keys = number(optarg);
			break;
		case 'a':
			plan.attaches = number(optarg);
			break;
		case 'n':
			plan.sessions = number(optarg);
			break;
		case 'i':
			plan.idle = number(optarg);
			break;
		case 'o':
			out = optarg;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (realpath("/proc/self/exe", self) == NULL &&
	    realpath(argv[0], self) == NULL)
		return 1;
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/bench.XXXXXX", tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL || (out && !(json = fopen(out, "we")))) {
		perror(out ? out : dir);
		return 1;
	}
	plan.dir = dir;
	plan.self = self;
	mux_init(plan.mux, dir, argv[optind], with);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	report_open(&report, json);
	for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
		if (wanted(only, measures[i].name))
			measures[i].run(&plan, &report);
	report_close(&report);
	mux_release(plan.mux);
	rmdir(dir);
	if (json != NULL && fclose(json) != 0)
		return 1;
	return 0;
}
