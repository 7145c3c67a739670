/* cmd/check_places.c - cdo doctor: directories and the disks they are on. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/checks.h"
#include "proto/reach.h"

enum {
	LITTLE = 64, /* MiB of room: a warning */
	TOO_LITTLE = 4,
};

/* Where locks and sockets may do other things than on a disk; or NULL. */
static const char *
network(const char *dir)
{
#ifdef __linux__
	static const struct {
		uint32_t magic;
		const char *name;
	} far[] = {
		{ 0x6969, "NFS" },	{ 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB2" }, { 0x517b, "SMB" },
		{ 0x5346414f, "AFS" },	{ 0x01021997, "9P" },
		{ 0x00c36400, "Ceph" }, { 0x0bd00bd0, "Lustre" },
		{ 0x65735546, "FUSE" },
	};
	struct statfs fs;

	if (statfs(dir, &fs) == 0)
		for (size_t i = 0; i < sizeof far / sizeof *far; i++)
			if ((uint32_t)fs.f_type == far[i].magic)
				return far[i].name;
#endif
	(void)dir;
	return NULL;
}

/* MiB that are left, -1 unknown. */
static long
room(const char *dir)
{
	struct statvfs v;

	if (statvfs(dir, &v) != 0)
		return -1;
	return (long)((uint64_t)v.f_bavail * v.f_frsize >> 20);
}

static void
check_room(struct checks *c, const char *id, const char *dir)
{
	struct statvfs v;
	long left = room(dir);

	if (left >= 0 && left < LITTLE)
		checks_add(c, id,
			   left < TOO_LITTLE ? CHECK_ERROR : CHECK_WARNING,
			   str_printf("%ld MiB are left for %s", left, dir),
			   "make room; until then nothing is recorded");
	if (statvfs(dir, &v) == 0 && v.f_files > 0 && v.f_favail == 0)
		checks_add(c, id, CHECK_ERROR,
			   str_printf("no inode is left for %s", dir),
			   "remove files there");
	if (statvfs(dir, &v) == 0 && v.f_flag & ST_RDONLY)
		checks_add(c, id, CHECK_ERROR,
			   str_printf("%s is on a read-only file system", dir),
			   "set CDO_STATE_DIR to another");
}

static void
check_dir(struct checks *c, const char *id, const char *dir)
{
	struct stat st;
	char *why = NULL;

	if (io_check(lstat(dir, &st)) == -ENOENT) {
		checks_add(c, id, CHECK_INFO,
			   str_printf("%s is not there yet", dir), NULL);
		return;
	}
	if (path_private_dir(dir, &why) < 0) {
		checks_add(c, id, CHECK_ERROR, why, NULL);
		return;
	}
	const char *far = network(dir);
	if (far != NULL)
		checks_add(c, id, CHECK_WARNING,
			   str_printf("%s is on %s", dir, far),
			   "set CDO_RUNTIME_DIR and CDO_STATE_DIR to "
			   "directories of this machine");
	else
		checks_add(c, id, CHECK_OK,
			   str_printf("%s is yours alone, %ld MiB left", dir,
				      room(dir)),
			   NULL);
	check_room(c, id, dir);
}

void
check_places(struct checks *c)
{
	char *runtime = reach_runtime(), *state = path_state();
	char *sock = str_printf("%s/server.sock", runtime);

	check_dir(c, "runtime", runtime);
	if (path_socket_fits(sock) < 0)
		checks_add(c, "runtime", CHECK_ERROR,
			   str_printf("the path of %s is too long for a socket",
				      sock),
			   "set CDO_RUNTIME_DIR to a shorter directory");
	check_dir(c, "state", state);
	free(sock);
	free(runtime);
	free(state);
}
