#include "shell/system/privileges.h"

#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64

/* As capset(2) has them; its header is the kernel's, which a build for musl does not have. */
#define CAPABILITY_VERSION 0x20080522
struct capability_head {
	uint32_t version;
	int pid; /* 0: this one */
};
struct capability_set {
	uint32_t effective, permitted, inheritable;
};

bool privileges_no_core(void)
{
	struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0;
}

bool privileges_drop(void)
{
	struct capability_head head = { .version = CAPABILITY_VERSION, .pid = 0 };
	struct capability_set none[2] = { { .effective = 0, .permitted = 0, .inheritable = 0 } };
	bool fine = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;

	/* only root may, and only root needs to; what the kernel does not know it refuses */
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	return syscall(SYS_capset, &head, none) == 0 && fine;
}
