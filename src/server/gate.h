/* server/gate.h - the process at the door. */
#ifndef CDO_SERVER_GATE_H
#define CDO_SERVER_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;
struct peer;
struct remote;

/* Starts it, and tells it of all devices; NULL if it cannot be started. */
struct gate *gate_new(struct remote *);
void gate_free(struct gate *);

void gate_listen(struct gate *, int door); /* borrows it */
void gate_deaf(struct gate *);
/* One who calls through a rendezvous; takes fd. */
void gate_caller(struct gate *, int fd);
void gate_device(struct gate *, const struct peer *);
void gate_forget(struct gate *, const struct peer *);
void gate_window(struct gate *, uint64_t number, const char *code,
		 const char *role, const char *name);
void gate_shut(struct gate *);
void gate_written(struct gate *, uint64_t number, bool done);
/* The host's public key once the gate has told it, or NULL. */
const uint8_t *gate_key(const struct gate *);

#endif
