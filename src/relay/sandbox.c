/* relay/sandbox.c - a process that can do no more than talk. */
#include "relay/sandbox.h"

#include <stddef.h>
#include <sys/resource.h>

#include "crypto/secret.h"
#include "relay/confine.h"

enum { FILES = 256 };

static void
limit(void)
{
	static const struct rlimit none = { 0, 0 }, files = { FILES, FILES };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NOFILE, &files);
#ifndef __SANITIZE_ADDRESS__
	static const struct rlimit memory = { 256 << 20, 256 << 20 };
	setrlimit(RLIMIT_AS, &memory);
#endif
}

void
sandbox_enter(struct sandbox *s)
{
	secret_process();
	limit();
	*s = (struct sandbox){ 0 };
	confine(s, true);
}

void
sandbox_look(struct sandbox *s)
{
	*s = (struct sandbox){ 0 };
	confine(s, false);
}
