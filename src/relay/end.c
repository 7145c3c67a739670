/* relay/end.c - the local socket of a channel. */
#include "relay/end.h"

#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "proto/chan.h"
#include "proto/wire.h"

enum { READ = 64 << 10 };

void
end_free(struct end *e)
{
	struct end **at = e->list;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	loop_fd_free(e->watch);
	if (e->fd >= 0)
		io_close(e->fd);
	buf_release(&e->to);
	free(e);
}

void
end_want(struct end *e)
{
	unsigned want = 0;

	if (e->watch == NULL)
		return;
	if (!e->closed && chan_room(e->chan, e->channel) > 0)
		want |= LOOP_READ;
	if (e->to.len > 0)
		want |= LOOP_WRITE;
	if (want != e->want)
		loop_fd_want(e->watch, e->want = want);
}

struct end *
end_find(struct end *list, uint32_t channel)
{
	while (list != NULL && (list->channel != channel || list->closed))
		list = list->next;
	return list;
}

/* The local side is over. */
static void
hang_up(struct end *e)
{
	if (!e->closed)
		chan_close(e->chan, e->channel);
	end_free(e);
}

bool
end_give(struct end *e)
{
	while (e->fd >= 0 && e->to.len > 0) {
		size_t had = e->to.len;
		ssize_t n = wire_send_buf(e->fd, &e->to);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			hang_up(e);
			return false;
		}
		if (!e->closed)
			chan_took(e->chan, e->channel, had - e->to.len);
	}
	if (e->to.len == 0)
		buf_clear(&e->to);
	if (e->closed && (e->to.len == 0 || e->fd < 0)) {
		end_free(e);
		return false;
	}
	end_want(e);
	return true;
}

bool
end_take(struct end *e)
{
	static uint8_t data[READ];
	size_t room = chan_room(e->chan, e->channel);

	if (room == 0)
		return true;
	ssize_t n = wire_receive(e->fd, data,
				 room < sizeof data ? room : sizeof data);
	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		hang_up(e);
		return false;
	}
	chan_send(e->chan, e->channel, data, (size_t)n);
	return true;
}

struct end *
end_new(struct end **list, struct chan *chan, uint32_t channel, void *owner)
{
	struct end *e = mem_zero(1, sizeof *e);

	*e = (struct end){
		.next = *list,
		.list = list,
		.chan = chan,
		.channel = channel,
		.owner = owner,
		.fd = -1,
	};
	*list = e;
	return e;
}

void
end_connect(struct end *e, struct loop *loop, int fd,
	    void (*ready)(void *end, unsigned events))
{
	io_nonblock(fd, true);
	e->fd = fd;
	e->want = LOOP_READ;
	e->watch = loop_fd_new(loop, fd, LOOP_READ, ready, e);
}
