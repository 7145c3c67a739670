/* custodian/report.h - what the server is told. */
#ifndef CDO_CUSTODIAN_REPORT_H
#define CDO_CUSTODIAN_REPORT_H

struct custodian;

void report_start(struct custodian *);
/* A server watches from now on: it gets everything. */
void report_all(struct custodian *);
/* Something that people see has changed: told at once, then every 200 ms. */
void report_changed(struct custodian *);
/* Told now: who is attached is asked for right after. */
void report_guests(struct custodian *);
/* There was output or input: told once a second. */
void report_output(struct custodian *);
/* Told now: the session is over. */
void report_end(struct custodian *);

#endif
