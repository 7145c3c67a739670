/* fuzz/conf.c - a configuration of any bytes; what is shown loads again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct conf *
load(const void *data, size_t len)
{
	static char path[64];
	struct buf errs = { 0 };

	snprintf(path, sizeof path, "/tmp/cdo-fuzz-%ld", (long)getpid());
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
	struct conf *c = conf_load(path, &errs);
	unlink(path);
	if ((c == NULL) != (errs.len > 0))
		abort();
	buf_release(&errs);
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf *c = load(data, len), *again;
	struct buf shown = { 0 };

	if (!c)
		return 0;
	conf_show(c, &shown);
	again = load(shown.data, shown.len);
	if (!again)
		abort();
	conf_free(again);
	conf_free(c);
	buf_release(&shown);
	return 0;
}
