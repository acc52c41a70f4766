/* Log lines of daemon and signalling events: `level module key=value ...` on stderr. Thread-safe. Never per packet,
 * never from wire, media or engine; secrets never. Values that hold blanks or quotes are quoted by the logger. */
#pragma once

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
/* `format` gives the key=value pairs: log_info("worker", "port=%u", port). A text value goes through LOG_TEXT. */
void log_at(enum log_level level, const char *module, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define log_error(module, ...) log_at(LOG_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...) log_at(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...) log_at(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_at(LOG_DEBUG, module, __VA_ARGS__)

/* Quotes a text for one log line, control characters and quotes escaped, cut at 120 bytes. Usage:
 * log_info("room", "name=%s", LOG_TEXT(name)). The buffer lives in the caller's block. */
struct log_text {
	char text[260];
};
const char *log_quote(struct log_text *buffer, const char *text);
#define LOG_TEXT(text) log_quote(&(struct log_text){ { 0 } }, text)
