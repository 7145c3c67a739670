/* client/survey.h - what this terminal can do. */
#ifndef CDO_CLIENT_SURVEY_H
#define CDO_CLIENT_SURVEY_H

#include <stdbool.h>

struct survey {
	bool answers; /* to what it is asked */
	bool sync; /* synchronized output (2026) */
	bool kitty; /* the kitty keyboard protocol */
	unsigned colors; /* indexed ones */
	bool direct; /* any colour */
};

/* Asks the terminal that is stdin and stdout; 0, or -ENOTTY, -errno. */
int survey_terminal(struct survey *);

/* Takes what has come so far; true once the last answer is there. */
bool survey_take(struct survey *, const void *data, unsigned long len);

#endif
