/* Counts calls of a program and of its libraries, and lets one of them fail as its manual says it may (fail.h).
 * For LD_PRELOAD.
 *
 * Not here: what cannot fail with arguments that are right (the clock, signal masks, locking a mutex). */
#include "fail.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <json-c/printbuf.h>
#include <link.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#undef fstat
#undef stat

typedef char *fail_reader(char *to, int size, void *stream);
typedef int fail_handler(void *user, const char *section, const char *key, const char *value);

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* result, name, parameters, arguments, errno, what is returned */
#define ALLOCATIONS(X) \
	X(void *, malloc, (size_t size), (size), ENOMEM, NULL) \
	X(void *, calloc, (size_t count, size_t size), (count, size), ENOMEM, NULL) \
	X(void *, realloc, (void *old, size_t size), (old, size), ENOMEM, NULL)

#define FILES(X) \
	X(char *, strdup, (const char *text), (text), ENOMEM, NULL) \
	X(int, __open_2, (const char *path, int flags), (path, flags), EMFILE, -1) \
	X(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), EIO, -1) \
	X(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), EIO, -1) \
	X(int, fstat, (int fd, struct stat *to), (fd, to), EIO, -1) \
	X(int, stat, (const char *path, struct stat *to), (path, to), EIO, -1) \
	X(int, __lxstat, (int version, const char *path, struct stat *to), (version, path, to), EIO, -1) \
	X(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), EIO, -1) \
	X(char *, __realpath_chk, (const char *path, char *to, size_t size), (path, to, size), EIO, NULL) \
	X(int, rename, (const char *from, const char *to), (from, to), ENOSPC, -1) \
	X(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, NULL) \
	X(DIR *, opendir, (const char *path), (path), EMFILE, NULL) \
	X(int, puts, (const char *text), (text), ENOSPC, EOF) \
	X(int, eventfd, (unsigned value, int flags), (value, flags), EMFILE, -1) \
	X(int, dup, (int fd), (fd), EMFILE, -1) \
	X(int, access, (const char *path, int mode), (path, mode), EIO, -1) \
	X(int, fsync, (int fd), (fd), EIO, -1) \
	X(int, unlink, (const char *path), (path), EIO, -1) \
	X(int, prctl, (int what, unsigned long a, unsigned long b, unsigned long c, unsigned long d), (what, a, b, c, d), \
	  EPERM, -1) \
	X(FILE *, fdopen, (int fd, const char *mode), (fd, mode), ENOMEM, NULL) \
	X(int, setrlimit, (__rlimit_resource_t what, const struct rlimit *to), (what, to), EPERM, -1) \
	X(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), EMFILE, -1) \
	X(int, timerfd_settime, (int fd, int flags, const struct itimerspec *to, struct itimerspec *was), \
	  (fd, flags, to, was), EIO, -1) \
	X(int, flock, (int fd, int operation), (fd, operation), ENOLCK, -1)

#define VARIADIC(X) \
	X(int, open, (const char *path, int second, ...), (path, second, third), EMFILE, -1) \
	X(int, fcntl, (int fd, int second, ...), (fd, second, third), EIO, -1) \
	X(int, ioctl, (int fd, unsigned long second, ...), (fd, second, third), EIO, -1)

#define WAITS(X) \
	X(int, poll, (struct pollfd *fds, nfds_t count, int ms), (fds, count, ms), ENOMEM, -1) \
	X(int, ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask), \
	  (fds, count, time, mask), ENOMEM, -1) \
	X(int, select, (int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time), \
	  (count, in, out, odd, time), ENOMEM, -1) \
	X(int, pselect, (int count, fd_set *in, fd_set *out, fd_set *odd, const struct timespec *time, \
	  const sigset_t *mask), (count, in, out, odd, time, mask), ENOMEM, -1) \
	X(int, tcgetattr, (int fd, struct termios *to), (fd, to), EIO, -1) \
	X(int, tcsetattr, (int fd, int when, const struct termios *from), (fd, when, from), EIO, -1) \
	X(int, tcflush, (int fd, int queue), (fd, queue), EIO, -1) \
	X(int, tcdrain, (int fd), (fd), EIO, -1) \
	X(int, pthread_create, (pthread_t *thread, const pthread_attr_t *as, void *(*run)(void *), void *user), \
	  (thread, as, run, user), EAGAIN, EAGAIN) \
	X(int, pthread_mutex_init, (pthread_mutex_t *mutex, const pthread_mutexattr_t *as), (mutex, as), ENOMEM, ENOMEM) \
	X(int, socket, (int domain, int type, int protocol), (domain, type, protocol), EMFILE, -1) \
	X(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds), EMFILE, -1) \
	X(int, bind, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size), EADDRINUSE, -1) \
	X(int, connect, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size), ENETUNREACH, -1) \
	X(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size), \
	  (fd, level, name, value, size), ENOBUFS, -1) \
	X(int, getaddrinfo, (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **to), \
	  (host, service, hints, to), 0, EAI_MEMORY)

#define MQTT(X) \
	X(int, mosquitto_lib_init, (void), (), ENOMEM, MOSQ_ERR_NOMEM) \
	X(struct mosquitto *, mosquitto_new, (const char *id, bool clean, void *user), (id, clean, user), ENOMEM, NULL) \
	X(int, mosquitto_username_pw_set, (struct mosquitto *m, const char *name, const char *password), \
	  (m, name, password), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_will_set, (struct mosquitto *m, const char *topic, int size, const void *payload, int qos, \
	  bool retain), (m, topic, size, payload, qos, retain), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_tls_set, (struct mosquitto *m, const char *ca, const char *folder, const char *certificate, \
	  const char *key, int (*password)(char *to, int size, int writing, void *user)), \
	  (m, ca, folder, certificate, key, password), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_tls_insecure_set, (struct mosquitto *m, bool insecure), (m, insecure), 0, MOSQ_ERR_INVAL) \
	X(int, mosquitto_threaded_set, (struct mosquitto *m, bool threaded), (m, threaded), 0, MOSQ_ERR_INVAL) \
	X(int, mosquitto_int_option, (struct mosquitto *m, enum mosq_opt_t option, int value), (m, option, value), 0, \
	  MOSQ_ERR_INVAL) \
	X(int, mosquitto_connect, (struct mosquitto *m, const char *host, int port, int keepalive), \
	  (m, host, port, keepalive), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_loop, (struct mosquitto *m, int ms, int packets), (m, ms, packets), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_publish, (struct mosquitto *m, int *mid, const char *topic, int size, const void *payload, int qos, \
	  bool retain), (m, mid, topic, size, payload, qos, retain), ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_subscribe, (struct mosquitto *m, int *mid, const char *topic, int qos), (m, mid, topic, qos), \
	  ENOMEM, MOSQ_ERR_NOMEM) \
	X(int, mosquitto_unsubscribe, (struct mosquitto *m, int *mid, const char *topic), (m, mid, topic), ENOMEM, \
	  MOSQ_ERR_NOMEM) \
	X(int, mosquitto_disconnect, (struct mosquitto *m), (m), 0, MOSQ_ERR_NO_CONN)

#define DOCUMENTS(X) \
	X(int, ini_parse_stream, (fail_reader *reader, void *stream, fail_handler *handler, void *user), \
	  (reader, stream, handler, user), ENOMEM, -2) \
	X(struct json_object *, json_object_new_object, (void), (), ENOMEM, NULL) \
	X(struct json_object *, json_object_new_array, (void), (), ENOMEM, NULL) \
	X(struct json_object *, json_object_new_int, (int32_t value), (value), ENOMEM, NULL) \
	X(struct json_object *, json_object_new_int64, (int64_t value), (value), ENOMEM, NULL) \
	X(struct json_object *, json_object_new_string, (const char *text), (text), ENOMEM, NULL) \
	X(struct json_object *, json_object_new_double_s, (double value, const char *text), (value, text), ENOMEM, NULL) \
	X(int, json_object_object_add, (struct json_object *to, const char *key, struct json_object *value), \
	  (to, key, value), ENOMEM, -1) \
	X(struct json_object *, json_object_new_boolean, (json_bool value), (value), ENOMEM, NULL) \
	X(const char *, json_object_to_json_string_ext, (struct json_object *from, int flags), (from, flags), ENOMEM, NULL) \
	X(int, printbuf_memset, (struct printbuf *to, int offset, int value, int size), (to, offset, value, size), ENOMEM, \
	  -1) \
	X(int, json_object_array_add, (struct json_object *to, struct json_object *value), (to, value), ENOMEM, -1) \
	X(const char *, json_object_to_json_string_length, (struct json_object *from, int flags, size_t *length), \
	  (from, flags, length), ENOMEM, NULL)

#define OWN(X) \
	X(int, close, (int fd), (fd), EIO, -1) \
	X(long, syscall, (long number, ...), (number), EPERM, -1)

#define ALL(X) ALLOCATIONS(X) FILES(X) VARIADIC(X) WAITS(X) MQTT(X) DOCUMENTS(X) OWN(X)

enum call {
#define NUMBER(result, name, parameters, arguments, error, returned) CALL_##name,
	ALL(NUMBER)
	CALLS
};

_Static_assert(CALLS <= FAIL_CALLS_MAX, "more calls than fail.h has room for");

static struct fail_control *control;

struct range {
	uintptr_t base, from, to;
};

static struct range code[FAIL_OTHERS];

static enum fail_origin origin_of(uintptr_t at)
{
	int i = 0;

	while (i < FAIL_OTHERS && (at < code[i].from || at >= code[i].to))
		i++;
	return (enum fail_origin)i;
}

/* Whether this call, made from `at`, is the one; errno is set then. */
static bool chosen(enum call call, int error, const void *at)
{
	enum fail_origin origin;

	if (!control)
		return false;
	origin = origin_of((uintptr_t)at);
	atomic_fetch_add(&control->count[call][origin], 1);
	if (control->call != call || control->origin != origin || atomic_fetch_sub(&control->left, 1) != 1)
		return false;
	control->caller = (uintptr_t)at - (origin < FAIL_OTHERS ? code[origin].base : 0);
	control->fired = 1;
	errno = control->error != 0 ? control->error : error;
	return true;
}

#define BY_LIBC(result, name, parameters, arguments, error, returned) \
	result name parameters { \
		if (chosen(CALL_##name, error, __builtin_return_address(0))) \
			return returned; \
		return __libc_##name arguments; \
	}

#define BY_NEXT(result, name, parameters, arguments, error, returned) \
	result name parameters; \
	result name parameters { \
		static result (*real) parameters; \
		if (!real) \
			real = (result (*) parameters)dlsym(RTLD_NEXT, #name); \
		if (chosen(CALL_##name, error, __builtin_return_address(0))) \
			return returned; \
		return real arguments; \
	}

/* Whatever the third argument is, it comes in a register of this size. */
#define BY_NEXT_VARIADIC(result, name, parameters, arguments, error, returned) \
	result name parameters { \
		static result (*real) parameters; \
		va_list list; \
		va_start(list, second); \
		void *third = va_arg(list, void *); \
		va_end(list); \
		if (!real) \
			real = (result (*) parameters)dlsym(RTLD_NEXT, #name); \
		if (chosen(CALL_##name, error, __builtin_return_address(0))) { \
			control->detail = (uint64_t)second; \
			return returned; \
		} \
		return real arguments; \
	}

ALLOCATIONS(BY_LIBC)
VARIADIC(BY_NEXT_VARIADIC)
FILES(BY_NEXT)
WAITS(BY_NEXT)
MQTT(BY_NEXT)
DOCUMENTS(BY_NEXT)

/* The descriptor is gone even when closing it fails. */
int close(int fd)
{
	static int (*real)(int fd);

	if (!real)
		real = (int (*)(int))dlsym(RTLD_NEXT, "close");
	int result = real(fd);

	return chosen(CALL_close, EIO, __builtin_return_address(0)) ? -1 : result;
}

/* Three arguments are as many as anybody gives it here. */
long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	va_list list;
	long given[3];

	va_start(list, number);
	for (int i = 0; i < 3; i++)
		given[i] = va_arg(list, long);
	va_end(list);
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return chosen(CALL_syscall, EPERM, __builtin_return_address(0)) ? -1 : real(number, given[0], given[1], given[2]);
}

static int find_code(struct dl_phdr_info *object, size_t size, void *first)
{
	static const char *const names[FAIL_OTHERS] = { "", "libmosquitto", "libjson-c", "libinih" };
	int i = 0;

	(void)size;
	if (!*(bool *)first)
		for (i = 1; i < FAIL_OTHERS && !strstr(object->dlpi_name, names[i]); i++)
			;
	*(bool *)first = false;
	for (int k = 0; i < FAIL_OTHERS && k < object->dlpi_phnum; k++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[k];

		if (part->p_type == PT_LOAD && part->p_flags & PF_X)
			code[i] = (struct range){ object->dlpi_addr, object->dlpi_addr + part->p_vaddr,
				                  object->dlpi_addr + part->p_vaddr + part->p_memsz };
	}
	return 0;
}

__attribute__((constructor))
static void start(void)
{
	static const char *const names[] = {
#define NAME(result, name, parameters, arguments, error, returned) #name,
		ALL(NAME)
	};
	const char *path = getenv("FAIL_CONTROL");
	int fd = path ? open(path, O_RDWR) : -1;
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bool first = true;

	if (at == MAP_FAILED)
		abort();
	close(fd);
	dl_iterate_phdr(find_code, &first);
	for (int i = 0; i < CALLS; i++)
		strcpy(((struct fail_control *)at)->names[i], names[i]);
	control = at;
}
