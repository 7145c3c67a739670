/* relay/report.c - what a dialer tells its client. */
#include "relay/report.h"

#include <stddef.h>

#include "base/buf.h"
#include "proto/msg.h"
#include "proto/pass.h"

static void
begin(struct msg_writer *w, struct buf *frame, enum dialer_type type,
      unsigned fields)
{
	/* The types are the dialer's own, see proto/dialer. */
	msg_begin(w, frame, (enum msg_type)type, fields);
}

static void
send(struct pass *p, struct msg_writer *w, struct buf *frame)
{
	msg_end(w);
	if (p != NULL)
		pass_send(p, frame, -1);
	buf_release(frame);
}

void
report(struct pass *p, enum dialer_type type)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	begin(&w, &frame, type, 0);
	send(p, &w, &frame);
}

void
report_trouble(struct pass *p, const char *text)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	begin(&w, &frame, DIALER_TROUBLE, 1);
	msg_str(&w, text);
	send(p, &w, &frame);
}

void
report_silent(struct pass *p, uint64_t ms)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	begin(&w, &frame, DIALER_SILENT, 1);
	msg_uint(&w, ms);
	send(p, &w, &frame);
}

void
report_refused(struct pass *p, uint32_t number, unsigned error,
	       const char *text)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	begin(&w, &frame, DIALER_REFUSED, 3);
	msg_uint(&w, number);
	msg_uint(&w, error);
	msg_str(&w, text);
	send(p, &w, &frame);
}

void
report_ended(struct pass *p, unsigned error, const char *text)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	begin(&w, &frame, DIALER_ENDED, 2);
	msg_uint(&w, error);
	msg_str(&w, text);
	send(p, &w, &frame);
}
