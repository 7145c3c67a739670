/* vt/sequence.h - the inside of a control sequence: parameters and the rest. */
#ifndef CDO_VT_SEQUENCE_H
#define CDO_VT_SEQUENCE_H

#include <stdint.h>

struct token;

/*
 * Parses a CSI's or a DCS's head from behind its introducer into t: leader,
 * parameters, intermediates, final byte, and whether it is bad.  Returns the
 * end of it, or NULL if a byte is not part of one, or the final byte is not
 * there.
 */
const uint8_t *sequence_parse(struct token *t, const uint8_t *p,
			      const uint8_t *end);

#endif
