/* cmd/joining.h - pair with a machine that shows a code. */
#ifndef CDO_CMD_JOINING_H
#define CDO_CMD_JOINING_H

struct peer;

/*
 * Pairs with the machine at address (HOST[:PORT]), or with that of `number` at
 * the rendezvous there; the code is in normal form.  It is written down under
 * `name`, or what it calls itself.  Returns 0 with *host (the caller's,
 * peer_release), or an enum msg_error with *why for people (caller frees).
 */
int joining_run(const char *address, const char *number, const char *code,
		const char *name, struct peer *host, char **why);

#endif
