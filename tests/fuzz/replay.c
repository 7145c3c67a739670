/* fuzz/replay.c - runs a fuzzer's corpus once, each file a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* In a block of its exact size, so that a sanitizer sees one byte too many. */
static void
run(const char *path)
{
	static uint8_t all[16 << 20];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(99);
	}
	size_t len = fread(all, 1, sizeof all, f);
	fclose(f);
	uint8_t *data = malloc(len ? len : 1);
	if (!data)
		exit(99);
	memcpy(data, all, len);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
}

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	const char *slash = strrchr(argv[0], '/');
	char dir[4096], path[8192];
	struct dirent **names;

	if (argc > 1)
		snprintf(dir, sizeof dir, "%s", argv[1]);
	else
		snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s",
			 top ? top : ".", slash ? slash + 1 : argv[0]);
	int n = scandir(dir, &names, visible, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no corpus\n", dir);
		return 99;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		fflush(stdout); /* what came before is seen if it crashes */
		run(path);
		printf("ok %d - %s\n", i + 1, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return 0;
}
