/* Shifts the clocks of a program by what the file $CLOCK_JUMP holds (mapped, so that a test can change it while the
 * program runs). For LD_PRELOAD. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct shift {
	int64_t wall_s;
	int64_t monotonic_ms;
};

static const struct shift *shift(void)
{
	static const struct shift *held;

	if (!held) {
		const char *path = getenv("CLOCK_JUMP");
		int fd = path ? open(path, O_RDONLY) : -1;
		void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *held, PROT_READ, MAP_SHARED, fd, 0);

		if (at == MAP_FAILED)
			abort();
		close(fd);
		held = at;
	}
	return held;
}

static void add_ms(struct timespec *to, int64_t ms)
{
	int64_t ns = to->tv_nsec + ms % 1000 * 1000000;

	to->tv_sec += ms / 1000 + ns / 1000000000;
	to->tv_nsec = ns % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int (*real)(clockid_t, struct timespec *), result;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime"); /* as dlsym(3) has it: ISO C knows no such conversion */
	result = real(clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += shift()->wall_s;
	else if (result == 0)
		add_ms(now, shift()->monotonic_ms);
	return result;
}

time_t time(time_t *at)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (at)
		*at = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	now->tv_sec = t.tv_sec;
	now->tv_usec = t.tv_nsec / 1000;
	return 0;
}
