/* relay/sandbox.h - a process that can do no more than talk. */
#ifndef CDO_RELAY_SANDBOX_H
#define CDO_RELAY_SANDBOX_H

#include <stdbool.h>

/* What the system gives, or gave; see security.md, 10. */
struct sandbox {
	bool no_new_privs;
	int landlock; /* version of its interface, 0: none */
	bool seccomp;
	bool other; /* that of another system than Linux */
};

/*
 * From here on this process opens no file and no connection, starts no other,
 * and changes no memory into code; it reads, writes, waits, accepts, and is
 * handed descriptors.  What the kernel does not give is left out.  Resource
 * limits come with it: no core file, 256 descriptors, 256 MiB.
 */
void sandbox_enter(struct sandbox *);
/* What sandbox_enter would give, without entering. */
void sandbox_look(struct sandbox *);

#endif
