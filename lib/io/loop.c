#include "io/loop.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err loop_init(struct loop *l)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	*l = (struct loop){ .fds = { { .fd = fd, .events = POLLIN } }, .n = 1 };
	return fd < 0 ? ERR_SYS : ERR_OK;
}

void loop_fini(struct loop *l)
{
	if (l->n)
		(void)close(l->fds[0].fd);
	*l = (struct loop){ 0 };
}

enum err loop_add(struct loop *l, int fd, unsigned *bit)
{
	if (l->n > LOOP_FDS_MAX)
		return ERR_FULL;
	*bit = l->n - 1;
	l->fds[l->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return ERR_OK;
}

/* poll passes over what is below 0; -1, which is none, stays what it is */
void loop_watch(struct loop *l, unsigned bit, bool watch)
{
	struct pollfd *p = &l->fds[bit + 1];
	if (watch != (p->fd >= 0))
		p->fd = -2 - p->fd;
}

void loop_wake(struct loop *l)
{
	int saved = errno;
	(void)!write(l->fds[0].fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	errno = saved;
}

uint32_t loop_wait(struct loop *l, usec now, usec deadline)
{
	usec left = deadline > now ? deadline - now : 0;
	struct timespec timeout = { .tv_sec = left / USEC_S, .tv_nsec = left % USEC_S * 1000 };
	int n = ppoll(l->fds, l->n, deadline == USEC_NEVER ? NULL : &timeout, NULL);
	if (n <= 0)
		return 0;
	if (l->fds[0].revents)
		(void)!read(l->fds[0].fd, &(uint64_t){ 0 }, sizeof(uint64_t));
	uint32_t readable = 0;
	for (unsigned i = 1; i < l->n; i++)
		if (l->fds[i].revents)
			readable |= UINT32_C(1) << (i - 1);
	return readable;
}
