#include "io/listen.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

static socklen_t to_sockaddr(const struct netaddr *a, struct sockaddr_storage *storage)
{
	*storage = (struct sockaddr_storage){ 0 };
	if (a->family == 6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		memcpy(&in6->sin6_addr, a->ip, 16);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)storage;
	in->sin_family = AF_INET;
	in->sin_port = htons(a->port);
	memcpy(&in->sin_addr, a->ip, 4);
	return sizeof *in;
}

static const char *advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program has this port; stop it, or choose another by --set http.listen=ADDRESS:PORT";
	case EACCES: return "ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE); choose a higher one";
	case EADDRNOTAVAIL: return "this host has no such address; see `ip address`";
	default: return strerror(error);
	}
}

enum err listen_tcp(const struct netaddr *at, int *fd, struct netaddr *bound, char why[LISTEN_WHY])
{
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(at, &address);
	int on = 1;
	why[0] = '\0';
	*bound = *at;
	*fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && !setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
	    !bind(*fd, (struct sockaddr *)&address, length) && !listen(*fd, BACKLOG) &&
	    !getsockname(*fd, (struct sockaddr *)&address, &length)) {
		bound->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
								  : ((struct sockaddr_in *)&address)->sin_port);
		return ERR_OK;
	}
	int error = errno;
	char text[NETADDR_TEXT];
	netaddr_text(at, text);
	(void)str_print(why, LISTEN_WHY, "cannot listen on %s: %s", text, advice(error));
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = error;
	return ERR_SYS;
}

/* Somebody answers at this socket file; a file left by a process that died refuses. */
static bool alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool yes = !connect(fd, (const struct sockaddr *)address, sizeof *address);
	(void)close(fd);
	return yes;
}

static enum err bind_unix(const struct sockaddr_un *address, const char *group, int fd)
{
	mode_t mask = umask(0177);
	int failed = bind(fd, (const struct sockaddr *)address, sizeof *address);
	(void)umask(mask);
	if (failed)
		return ERR_SYS;
	const struct group *entry = group ? getgrnam(group) : NULL;
	/* Without the right to give it away it stays our own, which is the safe side. */
	if (entry && !chown(address->sun_path, (uid_t)-1, entry->gr_gid))
		(void)chmod(address->sun_path, 0660);
	return listen(fd, BACKLOG) ? ERR_SYS : ERR_OK;
}

enum err listen_unix(const char *path, const char *group, int *fd, char why[LISTEN_WHY])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	why[0] = '\0';
	*fd = -1;
	if (str_copy(address.sun_path, sizeof address.sun_path, path)) {
		(void)str_print(
		    why, LISTEN_WHY,
		    "control.socket %s is too long: at most %zu bytes; choose another by --set control.socket=PATH",
		    path, sizeof address.sun_path - 1);
		return ERR_RANGE;
	}
	struct stat st;
	if (!lstat(path, &st)) {
		if (!S_ISSOCK(st.st_mode)) {
			(void)str_print(why, LISTEN_WHY, "control.socket %s is in the way and no socket: move it away",
					path);
			return ERR_SYS;
		}
		if (alive(&address)) {
			(void)str_print(
			    why, LISTEN_WHY,
			    "another diemcaud is running on %s: stop it, or give this one its own state.dir", path);
			return ERR_SYS;
		}
		(void)unlink(path);
	}
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && !bind_unix(&address, group, *fd))
		return ERR_OK;
	(void)str_print(why, LISTEN_WHY, "cannot make the control socket %s: %s", path, strerror(errno));
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	return ERR_SYS;
}
