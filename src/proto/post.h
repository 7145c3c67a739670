/* proto/post.h - what the server and its relays tell each other. */
#ifndef CDO_PROTO_POST_H
#define CDO_PROTO_POST_H

/*
 * Over the socket that is a relay's descriptor 3 (proto/pass).  The gate,
 * `cdo relay --gate`, accepts, does the handshakes, and knows who may come
 * in; `cdo relay --link` carries one link.  Both end with that socket.
 */
enum post_type {
	/* --- to the gate --- */
	POST_LISTEN = 1, /* with a listening socket: accept there as well */
	POST_DEAF = 2, /* accept nowhere any more */
	POST_DEVICE = 3, /* key, psk: this one may come in */
	POST_FORGET = 4, /* key: it may not any more */
	/* number, code, role, our name: pairing is welcome. */
	POST_WINDOW = 5,
	POST_SHUT = 6, /* it is no longer */
	/* number, true: the device is written down, and can be told. */
	POST_WRITTEN = 7,
	/* With the socket of one who calls through a rendezvous. */
	POST_CALLER = 8,

	/* --- from the gate --- */
	POST_READY = 16, /* our public key, array of what confines it */
	/*
	 * With the socket: key of the device, address, and both directions'
	 * ciphers: key and nonce to send with, key and nonce to receive with.
	 */
	POST_LINK = 17,
	POST_TRIED = 18, /* number, how often in all, address: it counts */
	POST_WRONG = 19, /* number, how many tries are left, address */
	/* number, key, psk, name, role that it asks for, address. */
	POST_PROVED = 20,
	POST_LOG = 21, /* text */

	/* --- to and from a host's place at a rendezvous, `--calls` --- */
	POST_NUMBER_WANTED = 24, /* true, or false: no longer */
	POST_NUMBER = 25, /* nil, digits */
	POST_PLACE = 26, /* our key there, nil or what is wrong */

	/* --- to a link --- */
	/* With the socket: the ciphers as in POST_LINK. */
	POST_KEYS = 32,
	POST_OPENED = 33, /* channel, with a socket */
	POST_REFUSED = 34, /* channel, enum msg_error, text */
	POST_BYE = 35, /* enum link_bye, text: say it and end */

	/* --- from a link --- */
	POST_OPEN = 48, /* channel, target */
};

#endif
