/* bench/payload.c - the texts that are pushed through a terminal. */
#include "bench/payload.h"

#include <errno.h>
#include <stdio.h>

#include "bench/outer.h"

static const char *const words[] = {
	"session",  "attach", "queue",	 "the",	   "custodian", "of",
	"a",	    "screen", "history", "byte",   "and",	"offset",
	"snapshot", "in",     "ring",	 "client",
};

/* The same numbers in every run, so that runs can be compared. */
static uint32_t
next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
log_line(FILE *f, uint32_t *seed, unsigned n)
{
	fprintf(f,
		"2026-11-20T08:%02u:%02u.%03uZ %s worker[%u]: ", n / 60000 % 60,
		n / 1000 % 60, n % 1000, next(seed) % 8 ? "INFO " : "WARN ",
		next(seed) % 64);
	for (unsigned i = 3 + next(seed) % 6; i > 0; i--)
		fprintf(f, "%s ", words[next(seed) % 16]);
	fprintf(f, "id=%08x took=%ums\n", next(seed), next(seed) % 900);
}

static void
color_line(FILE *f, uint32_t *seed)
{
	for (unsigned i = 0; i < 12; i++) {
		if (next(seed) % 4 == 0)
			fprintf(f, "\033[48;5;%um", next(seed) % 256);
		fprintf(f, "\033[38;5;%um%s ", next(seed) % 256,
			words[next(seed) % 16]);
	}
	fputs("\033[0m\n", f);
}

/* c is from U+0800 on. */
static void
put_utf8(FILE *f, uint32_t c)
{
	if (c >= 0x10000) {
		fputc((int)(0xf0 | c >> 18), f);
		fputc((int)(0x80 | (c >> 12 & 0x3f)), f);
	} else {
		fputc((int)(0xe0 | c >> 12), f);
	}
	fputc((int)(0x80 | (c >> 6 & 0x3f)), f);
	fputc((int)(0x80 | (c & 0x3f)), f);
}

static void
wide_line(FILE *f, uint32_t *seed)
{
	for (unsigned i = 30 + next(seed) % 25; i > 0; i--) {
		uint32_t r = next(seed);

		if (r % 8 == 0)
			put_utf8(f, 0x1f600 + (r >> 8) % 64); /* faces */
		else if (r % 8 == 1)
			put_utf8(f, 0x3041 + (r >> 8) % 80); /* kana */
		else
			put_utf8(f, 0x4e00 + (r >> 8) % 20000);
	}
	fputc('\n', f);
}

static void
paint_frame(FILE *f, unsigned n)
{
	for (unsigned y = 0; y < OUTER_ROWS; y++) {
		fprintf(f, "\033[%u;1H", y + 1);
		for (unsigned x = 0; x < OUTER_COLS; x += 4) {
			fprintf(f, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um%.4s",
				255 - x, (x * 2 + n) % 256, (y * 6 + n) % 256,
				(x + n * 3) % 256, (y * 5 + n) % 256,
				(x + y) % 256, words[(x / 4 + y + n) % 4]);
		}
	}
	fputs("\033[0m", f);
}

const char *
payload_name(enum payload p)
{
	static const char *const names[PAYLOADS] = {
		"log lines",
		"256 colours",
		"CJK and emoji",
		"repaints",
	};

	return names[p];
}

int
payload_make(enum payload p, const char *path, size_t size, uint64_t *through)
{
	FILE *f = fopen(path, "we");
	uint32_t seed = 2463534242;
	uint64_t lines = 0;
	int r = 0;

	if (f == NULL)
		return -errno;
	for (unsigned n = 0; (size_t)ftell(f) < size && !ferror(f); n++) {
		/* ftell costs a call: a hundred lines at a time. */
		for (unsigned i = 0; p != PAYLOAD_PAINT && i < 100; i++) {
			if (p == PAYLOAD_LOG)
				log_line(f, &seed, n * 100 + i);
			else if (p == PAYLOAD_COLOR)
				color_line(f, &seed);
			else
				wide_line(f, &seed);
			lines++;
		}
		if (p == PAYLOAD_PAINT)
			paint_frame(f, n);
	}
	*through = (uint64_t)ftell(f) + lines;
	if (ferror(f))
		r = -EIO;
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	return r;
}
