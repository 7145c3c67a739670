/* server/fetch.c - what a session has left on disk, for other machines. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/answer.h"
#include "server/registry.h"
#include "server/server.h"
#include "server/session.h"

enum {
	BLOCK = 256 << 10, /* bytes in one answer */
	FILES = 4096,
	NAME = 64,
};

/* The recording's, and the last screen; what else is there is our own. */
static bool
is_record(const char *name)
{
	size_t digits =
		strspn(name + (str_starts(name, "tr-") ? 3 : 0), "0123456789");

	return strcmp(name, "last.vt") == 0 ||
	       (str_starts(name, "tr-") && digits > 0 && digits < 10 &&
		strcmp(name + 3 + digits, ".zst") == 0);
}

static void
list(struct asker *p, const struct session *s)
{
	struct file {
		char name[NAME];
		uint64_t size;
	} *files = NULL;
	unsigned n = 0;
	struct msg_writer w;
	DIR *d = opendir(s->dir);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		struct stat st;

		if (n == FILES || strlen(e->d_name) >= NAME ||
		    !is_record(e->d_name) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) !=
			    0 ||
		    !S_ISREG(st.st_mode))
			continue;
		files = mem_grow(files, n + 1, sizeof *files);
		memcpy(files[n].name, e->d_name, strlen(e->d_name) + 1);
		files[n++].size = (uint64_t)st.st_size;
	}
	if (d != NULL)
		closedir(d);
	msg_begin(&w, local_out(p->conn), MSG_OK, 1);
	msg_map(&w, n);
	for (unsigned i = 0; i < n; i++) {
		msg_str(&w, files[i].name);
		msg_uint(&w, files[i].size);
	}
	msg_end(&w);
	free(files);
}

static void
block(struct asker *p, const struct session *s, const char *name,
      uint64_t offset)
{
	char *path = path_join(s->dir, name);
	uint8_t *data = mem_alloc(BLOCK);
	struct msg_writer w;
	int fd = io_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	ssize_t n = fd;

	if (fd >= 0 && offset > INT64_MAX / 2)
		n = 0;
	else if (fd >= 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0)
		n = -EINVAL;
	else if (fd >= 0)
		n = io_read(fd, data, BLOCK);
	if (fd >= 0)
		io_close(fd);
	if (n < 0) {
		answer_error(p, MSG_E_FAILED, "cannot read %s: %s", path,
			     io_error((int)n));
	} else {
		msg_begin(&w, local_out(p->conn), MSG_DATA, 1);
		msg_bin(&w, data, (size_t)n);
		msg_end(&w);
	}
	free(data);
	free(path);
}

void
answer_fetch(struct asker *p, const struct msg *m)
{
	char *word = msg_dup_str(msg_field(m, 0), NAME), *why = NULL;
	char *name = msg_dup_str(msg_field(m, 1), NAME - 1);
	struct session *s = NULL;
	int r = registry_find(&p->srv->reg, word != NULL ? word : "", &s, &why);

	if (r != 0)
		answer_error(p, r, "%s", why);
	else if (name == NULL)
		list(p, s);
	else if (!is_record(name))
		answer_error(p, MSG_E_USAGE, "no record is called so");
	else
		block(p, s, name, msg_to_uint(msg_field(m, 2), 0));
	free(why);
	free(name);
	free(word);
}
