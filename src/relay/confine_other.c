/* relay/confine_other.c - other systems than Linux: what they have. */
#include "relay/confine.h"

#ifndef __linux__

#if defined __OpenBSD__
#include <stddef.h>
#include <unistd.h>
#elif defined __FreeBSD__
#include <sys/capsicum.h>
#endif

#include "relay/sandbox.h"

void
confine(struct sandbox *s, bool enter)
{
#if defined __OpenBSD__
	s->other = !enter || (unveil(NULL, NULL) == 0 &&
			      pledge("stdio inet recvfd sendfd", NULL) == 0);
#elif defined __FreeBSD__
	s->other = !enter || cap_enter() == 0;
#else
	s->other = false;
	(void)enter;
#endif
}

#endif
