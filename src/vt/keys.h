/* vt/keys.h - key names and pastes as programs expect them (libvterm). */
#ifndef CDO_VT_KEYS_H
#define CDO_VT_KEYS_H

#include <stddef.h>

struct buf;
struct screen_input;

/*
 * Appends what a key ("Up", "C-c", "S-Enter", "M-x", "F5", "é") is for a
 * program that set these modes.  C-, M- and S- may stand together.  Names of
 * keys are taken in any case.  Returns 0, or -EINVAL for no such key.
 */
int keys_encode(const char *name, const struct screen_input *, struct buf *out);
/*
 * Appends text as a paste: bracketed if the program asked for it, line ends
 * as Enter types them, other control characters left out.
 */
void keys_paste(const char *text, size_t len, const struct screen_input *,
		struct buf *out);

#endif
