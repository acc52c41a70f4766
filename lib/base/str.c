#include "base/str.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err str_copy(char *to, size_t size, const char *from)
{
	return str_copy_n(to, size, from, strlen(from));
}

enum err str_copy_n(char *to, size_t size, const char *from, size_t n)
{
	to[0] = '\0';
	if (n >= size)
		return ERR_RANGE;
	if (memchr(from, '\0', n))
		return ERR_FORMAT;
	memcpy(to, from, n);
	to[n] = '\0';
	return ERR_OK;
}

enum err str_print(char *to, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(to, size, format, args);
	va_end(args);
	return n >= 0 && (size_t)n < size ? ERR_OK : ERR_RANGE;
}

void str_write(struct writer *to, const char *format, ...)
{
	if (to->failed)
		return;
	size_t room = (size_t)(to->end - to->p);
	va_list args;
	va_start(args, format);
	int n = vsnprintf((char *)to->p, room, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < room)
		to->p += n;
	else
		to->failed = true;
}
