#include "base/log.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic enum log_level level_max = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&level_max, level, memory_order_relaxed);
}

void log_at(enum log_level level, const char *module, const char *format, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	if (level > atomic_load_explicit(&level_max, memory_order_relaxed))
		return;
	char line[1024];
	int n = snprintf(line, sizeof line, "%s %s ", names[level], module);
	va_list args;
	va_start(args, format);
	int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
	va_end(args);
	size_t length = strlen(line);
	(void)m;
	line[length++] = '\n';
	(void)fwrite(line, 1, length, stderr); /* one write a line: lines of two threads do not mix */
}

const char *log_quote(struct log_text *buffer, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	char *out = buffer->text;
	*out++ = '"';
	for (size_t i = 0; text[i] && i < 120 && out < buffer->text + sizeof buffer->text - 8; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = hex[c >> 4];
			*out++ = hex[c & 15];
		} else {
			*out++ = (char)c;
		}
	}
	*out++ = '"';
	*out = '\0';
	return buffer->text;
}
