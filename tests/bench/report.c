/* bench/report.c - what was measured, as a table and as JSON. */
#include "bench/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

static const char *const heads[MUXES] = {
	[MUX_BARE] = "bare",	 [MUX_DTACH] = "dtach", [MUX_TMUX] = "tmux",
	[MUX_SCREEN] = "screen", [MUX_CDO] = "cdo",
};

void
samples_add(struct samples *s, double v)
{
	if (s->n < SAMPLES_MAX)
		s->v[s->n++] = v;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
samples_at(struct samples *s, double q)
{
	if (s->n == 0)
		return (double)NAN;
	qsort(s->v, s->n, sizeof *s->v, order);
	/* Of an even number the lower of the middle two, as percentiles go. */
	return s->v[(size_t)(q * (double)(s->n - 1))];
}

void
report_open(struct report *r, FILE *json)
{
	*r = (struct report){ .json = json };
	if (json != NULL)
		fputs("{\"schema\":\"cdo.bench/1\"", json);
}

void
report_section(struct report *r, const char *title)
{
	printf("\n%-34s %-6s", title, "");
	for (int i = 0; i < MUXES; i++)
		printf(" %9s", heads[i]);
	printf(" %9s %9s\n", "of dtach", "of tmux");
	fflush(stdout);
	if (r->json != NULL)
		fprintf(r->json, "%s,\n\"%s\":{", r->sections ? "}" : "",
			title);
	r->sections++;
	r->rows = 0;
}

static void
print_number(double v)
{
	if (isnan(v))
		printf(" %9s", "-");
	else
		printf(" %9.*f", v < 10 ? 3 : v < 1000 ? 1 : 0, v);
}

static void
json_number(FILE *f, const char *key, double v)
{
	if (isnan(v))
		fprintf(f, ",\"%s\":null", key);
	else
		fprintf(f, ",\"%s\":%.6g", key, v);
}

void
report_row(struct report *r, const char *what, const char *unit,
	   const double value[MUXES])
{
	double of_dtach = value[MUX_CDO] / value[MUX_DTACH];
	double of_tmux = value[MUX_CDO] / value[MUX_TMUX];

	if (!isfinite(of_dtach))
		of_dtach = (double)NAN;
	if (!isfinite(of_tmux))
		of_tmux = (double)NAN;
	printf("  %-32s %-6s", what, unit);
	for (int i = 0; i < MUXES; i++)
		print_number(value[i]);
	print_number(of_dtach);
	print_number(of_tmux);
	putchar('\n');
	fflush(stdout);
	if (r->json == NULL)
		return;
	fprintf(r->json, "%s\n \"%s\":{\"unit\":\"%s\"", r->rows++ ? "," : "",
		what, unit);
	for (int i = 0; i < MUXES; i++)
		json_number(r->json, heads[i], value[i]);
	json_number(r->json, "of_dtach", of_dtach);
	json_number(r->json, "of_tmux", of_tmux);
	fputc('}', r->json);
}

void
report_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("  ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
}

void
report_close(struct report *r)
{
	if (r->json != NULL)
		fprintf(r->json, "%s}\n", r->sections ? "}" : "");
}
