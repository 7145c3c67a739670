/* unit/survivors.h - a custodian, its program, and people who type. */
#ifndef CDO_UNIT_SURVIVORS_H
#define CDO_UNIT_SURVIVORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/resume.h"

/* Dice that fall the same way for the same seed. */
extern uint64_t seed;
unsigned dice(unsigned sides);
bool one_in(unsigned n);

enum {
	PEOPLE = 2,
	FLIGHT = 24, /* bytes that a person has under way, at most */
	SYMBOLS = 128, /* a byte is who typed it, and a number modulo this */
	RING = 200, /* bytes of output that a custodian has */
	QUEUE = 64, /* messages on their way */
	STEPS = 80,
};

enum kind { ATTACH, INPUT, GREETING, TAKEN, OUTPUT, SNAPSHOT, SIZE };

struct message {
	enum kind kind;
	struct resume_greeting greeting;
	struct resume_place place; /* claimed, of a greeting, of output's end */
	bool claims; /* the place: in ATTACH, in GREETING */
	uint64_t from; /* of INPUT, OUTPUT, TAKEN */
	uint64_t missed;
	uint8_t bytes[FLIGHT];
	size_t len;
};

struct queue {
	struct message m[QUEUE];
	unsigned first, n;
};

/* A connection; what the client has sent may come late, or never. */
struct line {
	bool open; /* for the custodian */
	bool cut; /* the client has given it up, or was cut off */
	bool attached;
	unsigned who, row;
	uint64_t at; /* output that was sent */
	struct queue up, down; /* the client's end */
	/* For `far`: the custodian's end, and when the client's is over. */
	struct queue far_up, far_down;
	bool ended;
	unsigned serial; /* no two lines have the same */
};

enum { LINES = 6 };

struct person {
	struct resume_sender sender;
	struct line *line; /* NULL between two */
	bool greeted, ever, held, was_forgotten;
	struct resume_place place;
	uint64_t resizes; /* of the session, as told */
	unsigned typed; /* symbols */
	uint64_t unsure, missed;
};

struct recorder { /* the program */
	unsigned next[PEOPLE]; /* the symbol that is due */
	unsigned came[PEOPLE]; /* how many did */
};

struct world {
	/* Outlives custodians. */
	struct resume_row rows[RESUME_CLIENTS];
	struct resume_more more[RESUME_CLIENTS];
	uint64_t uses;
	uint64_t end, resizes; /* of the output; it has all from end - RING */
	struct recorder recorder;

	struct resume_taker taker;
	struct line lines[LINES];
	struct person people[PEOPLE];
	unsigned in_doubt; /* bytes whose write no custodian has noted */
	bool calm; /* no more faults */
	/* Something else carries messages between the two ends of a line. */
	bool far;
	unsigned serials;
	uint64_t strangers;
};
extern struct world w;

struct message *push(struct queue *, enum kind);
/* NULL if there is none; good until the next push. */
struct message *pop(struct queue *);

/* The custodian: one thing that it may do next. */
void start_custodian(void);
void kill_custodian(void);
void close_line(struct line *);
void custodian_reads(struct line *);
void custodian_sends(struct line *);
/* Writes to the program; may be killed on the way: then it says false. */
bool write_some(void);
void resize(void);
/* So many others that whoever is not attached falls out. */
void crowd(void);

/* People. */
void type(struct person *, unsigned who);
void attach(struct person *, unsigned who);
void send_some(struct person *);
void person_reads(struct person *);
void give_up(struct person *);

/* Everything that was typed has come, and everything printed was shown. */
bool settled(void);
/* How many bytes of theirs did not arrive; that this was told. */
unsigned lost(unsigned who);
void judge(unsigned who);

#endif
