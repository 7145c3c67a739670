/* relay/stdio.h - the far end of a link through ssh. */
#ifndef CDO_RELAY_STDIO_H
#define CDO_RELAY_STDIO_H

/*
 * `cdo relay --stdio`: speaks a clear link on stdin and stdout, and leads to
 * this user's server (started if there is none) and sessions.
 */
int stdio_main(int argc, char **argv);

#endif
