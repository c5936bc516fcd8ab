#include "shell/system/supervised.h"

#include "core/engine/engine.h"
#include "shell/system/log.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static time_t pause_s(int exit_status)
{
	switch (exit_status) {
	case ENGINE_EXIT_CONFIGURATION: return 60;
	case ENGINE_EXIT_BATTERY: return 10;
	default: return 0;
	}
}

void supervised_wait(int exit_status)
{
	struct timespec left = { .tv_sec = pause_s(exit_status) };
	sigset_t ending;

	if (left.tv_sec == 0)
		return;
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	log_info("waiting %d s before the end (status %d); SIGHUP or SIGTERM ends the wait",
	         (int)left.tv_sec, exit_status);
	/* Other signals (SIGCONT) interrupt it without an end: the wait begins anew then, which only a debugger sees. */
	while (sigtimedwait(&ending, NULL, &left) < 0 && errno == EINTR)
		;
}
