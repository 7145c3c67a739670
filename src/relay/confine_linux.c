/* relay/confine_linux.c - Linux: no new privileges, landlock, seccomp. */
#include "relay/confine.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "relay/sandbox.h"

/* --- landlock: an empty set of rules, so no file and no port ----------- */

/* As the kernel has it, also where the C library's header is older. */
struct ruleset {
	uint64_t fs, net, scoped;
};

enum { ABI_QUERY = 1, LAST_ABI = 6 };

#ifdef __NR_landlock_create_ruleset
static int
landlock_abi(void)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, ABI_QUERY);

	return abi > 0 ? (int)abi : 0;
}

static int
landlock(bool enter)
{
	/* How many rights over files each version knows. */
	static const unsigned fs[] = { 0, 13, 14, 15, 15, 16, 16 };
	int abi = landlock_abi();
	unsigned known = (unsigned)(abi < LAST_ABI ? abi : LAST_ABI);
	struct ruleset set = {
		.fs = (UINT64_C(1) << fs[known]) - 1,
		.net = known >= 4 ? 3 : 0, /* bind, connect */
		.scoped = known >= 6 ? 3 : 0, /* sockets, signals */
	};
	size_t size = known >= 6   ? sizeof set
		      : known >= 4 ? 2 * sizeof set.fs
				   : sizeof set.fs;

	if (!enter || abi == 0)
		return abi;
	int fd = io_check(
		(int)syscall(__NR_landlock_create_ruleset, &set, size, 0));
	if (fd < 0)
		return 0;
	long r = syscall(__NR_landlock_restrict_self, fd, 0);
	io_close(fd);
	return r == 0 ? abi : 0;
}
#else
static int
landlock(bool enter)
{
	(void)enter;
	return 0;
}
#endif

/* --- seccomp ------------------------------------------------------------ */

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH
static const uint32_t allowed[] = {
	__NR_read,
	__NR_write,
	__NR_readv,
	__NR_writev,
	__NR_recvmsg,
	__NR_sendmsg,
	__NR_recvfrom,
	__NR_sendto,
	__NR_ppoll,
	__NR_epoll_pwait,
	__NR_epoll_ctl,
	__NR_accept4,
	__NR_close,
	__NR_clock_gettime,
	__NR_gettimeofday,
	__NR_getrandom,
	__NR_brk,
	__NR_munmap,
	__NR_mremap,
	__NR_madvise,
	__NR_futex,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_restart_syscall,
	/* The end of a process built with sanitizers. */
	__NR_sigaltstack,
	__NR_gettid,
	__NR_getpid,
	__NR_exit,
	__NR_exit_group,
#ifdef __NR_poll
	__NR_poll,
	__NR_epoll_wait,
#endif
};

/* The rest of fcntl could have the kernel send signals for it, to anybody. */
static const uint32_t flags[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL,
				  F_DUPFD_CLOEXEC };

/* Nobody but an intruder would try these.  What is in no list is ENOSYS. */
static const uint32_t deadly[] = {
	__NR_execve,	   __NR_execveat,     __NR_clone,
	__NR_clone3,	   __NR_ptrace,	      __NR_openat,
	__NR_socket,	   __NR_connect,      __NR_bind,
	__NR_listen,	   __NR_kill,	      __NR_tkill,
	__NR_unlinkat,	   __NR_memfd_create, __NR_process_vm_writev,
	__NR_finit_module, __NR_bpf,	      __NR_mount,
	__NR_renameat2,	   __NR_linkat,
#ifdef __NR_open
	__NR_open,	   __NR_fork,	      __NR_vfork,
#endif
};

enum {
	ALLOWED = sizeof allowed / sizeof *allowed,
	DEADLY = sizeof deadly / sizeof *deadly,
	FLAGS = sizeof flags / sizeof *flags,
	X32 = 0x40000000, /* x86: the same calls under other numbers */
};

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
#define NOTHING BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ENOSYS & 0xffff))
#define IF(op, value) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, value, 0, 1)

/* Numbers are 64 bits in memory; those that count are in the lower half. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "the upper half of an argument would be looked at"
#endif

static bool
seccomp(bool enter)
{
	struct sock_filter f[32 + 2 * (ALLOWED + DEADLY + FLAGS)];
	unsigned short n = 0;

	if (!enter)
		return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;

	f[n++] = (struct sock_filter)LOAD(arch);
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH,
					      1, 0);
	f[n++] = (struct sock_filter)RETURN(KILL_PROCESS);
	f[n++] = (struct sock_filter)LOAD(nr);
	f[n++] = (struct sock_filter)IF(JGE, X32);
	f[n++] = (struct sock_filter)RETURN(KILL_PROCESS);
	for (size_t i = 0; i < ALLOWED; i++) {
		f[n++] = (struct sock_filter)IF(JEQ, allowed[i]);
		f[n++] = (struct sock_filter)RETURN(ALLOW);
	}
	for (size_t i = 0; i < DEADLY; i++) {
		f[n++] = (struct sock_filter)IF(JEQ, deadly[i]);
		f[n++] = (struct sock_filter)RETURN(KILL_PROCESS);
	}
	/* Whether a descriptor blocks, and nothing else of ioctl. */
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					      __NR_ioctl, 0, 4);
	f[n++] = (struct sock_filter)LOAD(args[1]);
	f[n++] = (struct sock_filter)IF(JEQ, FIONBIO);
	f[n++] = (struct sock_filter)RETURN(ALLOW);
	f[n++] = (struct sock_filter)NOTHING;
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					      __NR_fcntl, 0, 2 * FLAGS + 2);
	f[n++] = (struct sock_filter)LOAD(args[1]);
	for (size_t i = 0; i < FLAGS; i++) {
		f[n++] = (struct sock_filter)IF(JEQ, flags[i]);
		f[n++] = (struct sock_filter)RETURN(ALLOW);
	}
	f[n++] = (struct sock_filter)NOTHING;
	/* Memory, but no code: the third argument has no PROT_EXEC. */
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					      __NR_mmap, 2, 0);
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					      __NR_mprotect, 1, 0);
	f[n++] = (struct sock_filter)NOTHING;
	f[n++] = (struct sock_filter)LOAD(args[2]);
	f[n++] = (struct sock_filter)IF(JSET, PROT_EXEC);
	f[n++] = (struct sock_filter)RETURN(KILL_PROCESS);
	f[n++] = (struct sock_filter)RETURN(ALLOW);

	struct sock_fprog program = { .len = n, .filter = f };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static bool
seccomp(bool enter)
{
	(void)enter;
	return false;
}
#endif

void
confine(struct sandbox *s, bool enter)
{
	if (enter)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	s->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >=
			  (enter ? 1 : 0);
	s->landlock = landlock(enter);
	s->seccomp = seccomp(enter);
}

#endif
