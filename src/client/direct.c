/* client/direct.c - the session's own bytes, straight to the terminal. */
#include "client/direct.h"

#include <string.h>

#include "client/tty.h"

static void
queue(struct tty *t, const char *s)
{
	tty_queue(t, s, strlen(s));
}

static void
catch_up(struct direct *d)
{
	buf_clear(&d->undo);
	buf_append(&d->undo, d->told.data, d->told.len);
}

void
direct_told(struct direct *d, const void *undo, size_t len, bool shown)
{
	buf_clear(&d->told);
	buf_append(&d->told, undo, len);
	if (shown)
		catch_up(d);
}

void
direct_before(struct direct *d, struct tty *t, unsigned rows)
{
	direct_undo(d, t);
	catch_up(d);
	if (d->pushed)
		return;
	/* From the cursor's row on, this pushes exactly the used rows. */
	for (unsigned i = 0; i < rows; i++)
		queue(t, "\n");
	queue(t, "\033[22;0t");
	d->pushed = true;
}

void
direct_write(struct direct *d, struct tty *t, const void *data, size_t len)
{
	d->given = true;
	tty_write(t, data, len);
}

void
direct_undo(struct direct *d, struct tty *t)
{
	if (!d->given)
		return;
	queue(t, "\030"); /* CAN: it may be in the middle of a sequence */
	tty_queue(t, d->undo.data, d->undo.len);
	d->given = false;
}

void
direct_leave(struct direct *d, struct tty *t, const void *park, size_t len)
{
	direct_undo(d, t);
	if (!d->pushed)
		return;
	if (park != NULL)
		tty_queue(t, park, len);
	else
		queue(t, "\033[999;1H\r\n");
	queue(t, "\033[23;0t");
	d->pushed = false;
}

void
direct_release(struct direct *d)
{
	buf_release(&d->undo);
	buf_release(&d->told);
}
