/* custodian/activity.h - is the program working, waiting, idle? */
#ifndef CDO_CUSTODIAN_ACTIVITY_H
#define CDO_CUSTODIAN_ACTIVITY_H

struct custodian;
struct screen_events;

void activity_start(struct custodian *);
/* What the screen shall tell; the context is the custodian. */
void activity_events(struct screen_events *);
/* A person typed: whatever it wanted has been seen. */
void activity_input(struct custodian *);

/* "working", "waiting", "idle", or NULL if it is unknown. */
const char *activity_name(const struct custodian *);
/* What it wants of a person, or NULL; borrowed. */
const char *activity_attention(const struct custodian *);

#endif
