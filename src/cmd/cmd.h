/* cmd/cmd.h - the commands: what they are called, take and do. */
#ifndef CDO_CMD_CMD_H
#define CDO_CMD_CMD_H

struct args;

/* Exit statuses (interface.md). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_SESSION = 3,
	EXIT_NOT_ALLOWED = 4,
	EXIT_UNREACHABLE = 5,
	EXIT_AMBIGUOUS = 6,
	EXIT_TIMED_OUT = 7,
	/* Of commands that may end with a program's status instead. */
	EXIT_APART_TIMED_OUT = 124,
	EXIT_APART_FAILED = 125,
	EXIT_APART_CANNOT_RUN = 126,
	EXIT_APART_NOT_FOUND = 127,
};

/* An option; help, man pages and completions come from these as well. */
struct cmd_opt {
	int key; /* its letter, or above 255 if it has only a long name */
	const char *name; /* long, or NULL */
	/* What stands for its value, "NAME", or "[=N]" if that may be left
	 * out; or NULL. */
	const char *arg;
	const char *help;
};

enum {
	CMD_APART = 1 << 0, /* may end with a program's status */
	CMD_SESSIONS = 1 << 1, /* operands are sessions (for completions) */
	CMD_REST = 1 << 2, /* words behind -- are no operands */
	CMD_AGENTS = 1 << 3, /* operands begin with an agent */
	CMD_COMMANDS = 1 << 4, /* operands are commands of cdo */
	CMD_HERE = 1 << 5, /* is about this machine: takes no -H */
};

struct cmd {
	const char *name;
	const char *alias; /* or NULL */
	const char *usage; /* operands, as in "SESSION NAME" */
	const char *help; /* a line */
	const char *more; /* paragraphs for --help, or NULL */
	const struct cmd_opt *opts; /* ends with key 0; NULL: none */
	int min, max; /* operands; max -1: any number */
	unsigned flags;
	/* Returns the exit status. */
	int (*run)(const struct args *);
};

/* What each command takes besides its own; ends with key 0. */
extern const struct cmd_opt cmd_common[];

/* All commands, as help lists them; NULL at the end. */
extern const struct cmd *const cmd_table[];

extern const struct cmd cmd_attach, cmd_capture, cmd_clear, cmd_completion,
	cmd_config, cmd_detach, cmd_devices, cmd_doctor, cmd_export, cmd_help,
	cmd_info, cmd_label, cmd_logs, cmd_ls, cmd_new, cmd_pair, cmd_play,
	cmd_relay, cmd_rename, cmd_restart, cmd_server, cmd_stop;

/* By name or alias; NULL if there is none. */
const struct cmd *cmd_find(const char *name);

/* argv[0] is "cdo".  Returns the exit status. */
int cmd_main(int argc, char **argv);

/* The status for an enum msg_error in this command. */
int cmd_status(const struct cmd *, int error);

#endif
