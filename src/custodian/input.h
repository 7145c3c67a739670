/* custodian/input.h - what is typed into the program, each byte once. */
#ifndef CDO_CUSTODIAN_INPUT_H
#define CDO_CUSTODIAN_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct memory_head;

enum {
	INPUT_MAX = 1 << 20, /* waiting for the program: then nobody types */
};

struct input;

/* Borrows head and the PTY's non-blocking master. */
struct input *input_new(struct memory_head *head, int pty);
void input_free(struct input *);

/* See proto/resume.h: resume_enter, resume_leave. */
unsigned input_enter(struct input *, const uint8_t id[16]);
void input_leave(struct input *, unsigned client);
/* The offset up to which a client's input has gone to the program. */
uint64_t input_taken(const struct input *, unsigned client);
/* How many bytes before that may have gone to it, or not. */
uint64_t input_doubted(const struct input *, unsigned client);
/* See struct resume_greeting. */
uint64_t input_since(const struct input *, unsigned client);

/*
 * A client's bytes from its offset on.  What came before is dropped, the rest
 * queued.  0, or -EPROTO if something is missing between.
 */
int input_typed(struct input *, unsigned client, uint64_t offset,
		const void *data, size_t len);
/* The terminal's own answer.  Dropped if the program does not read. */
void input_reply(struct input *, const void *data, size_t len);

/* Writes what the PTY takes.  Returns how much is still queued. */
size_t input_flush(struct input *);
size_t input_queued(const struct input *);

#endif
