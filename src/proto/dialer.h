/* proto/dialer.h - what a client and its dialer tell each other. */
#ifndef CDO_PROTO_DIALER_H
#define CDO_PROTO_DIALER_H

/*
 * The dialer, `cdo relay --dial HOST`, holds the link to another machine for
 * one client: it dials, again and again, until its client goes.  They talk
 * over the socket that is its descriptor 3 (proto/pass).
 */
enum dialer_type {
	/*
	 * To the dialer: number (> 0, new), target ("server", or a session's
	 * id), with a socket: a connection to it goes out from there as soon
	 * as there is a link.  Its end closes when the link is lost.
	 */
	DIALER_OPEN = 1,
	/*
	 * The client's terminal is not to be used for questions from now on:
	 * a session is shown on it.
	 */
	DIALER_QUIET = 2,

	/* From it.  There is a link; and the next is another one. */
	DIALER_UP = 16,
	/* Text: why there is none so far; it goes on trying. */
	DIALER_TROUBLE = 17,
	/* ms: for so long no answer has come. */
	DIALER_SILENT = 18,
	/* One has come. */
	DIALER_HEARD = 19,
	/* The link is lost, with all that went over it. */
	DIALER_DOWN = 20,
	/* number, enum msg_error, text: the host refuses this connection. */
	DIALER_REFUSED = 21,
	/* enum msg_error, text: there never will be a link; it has ended. */
	DIALER_ENDED = 22,
};

#endif
