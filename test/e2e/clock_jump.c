/* Shifts the wall clock of a program by the seconds that the file $CLOCK_JUMP holds (eight bytes, mapped, so that a
 * test can change them while the program runs). The monotonic clock stays true. For LD_PRELOAD. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t shift_s(void)
{
	static const int64_t *shift;

	if (!shift) {
		const char *path = getenv("CLOCK_JUMP");
		int fd = path ? open(path, O_RDONLY) : -1;
		void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);

		if (at == MAP_FAILED)
			abort();
		close(fd);
		shift = at;
	}
	return *shift;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int (*real)(clockid_t, struct timespec *), result;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime"); /* as dlsym(3) has it: ISO C knows no such conversion */
	result = real(clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += shift_s();
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
