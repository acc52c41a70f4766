/* The daemon's settings: defaults, a YAML file, `--set key=value`, each later one winning, checked as a whole before
 * anything starts.
 *
 * Guarantee: a key nobody knows, a value of the wrong kind or out of range is an error with the file's line (where it
 * came from a file) and the key; nothing is quietly ignored. One table holds key, kind, range, default and help. */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "secure/sealer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT 256 /* bytes of a path or name, with NUL */
#define CONFIG_WHY 600	/* one sentence, with NUL */
#define CONFIG_ADDRESSES 32
#define CONFIG_WORKERS 64
#define CONFIG_CORES 64

struct config {
	struct netaddr http_listen;			    /* port 0: any */
	char http_cert[CONFIG_TEXT], http_key[CONFIG_TEXT]; /* both or neither; neither: our own, made once */
	uint32_t http_connections;
	uint32_t media_port;		    /* of the first worker; 0: any */
	uint32_t media_workers;		    /* 1 – CONFIG_WORKERS */
	unsigned media_cores[CONFIG_CORES]; /* of the workers, in turn; none: wherever the system wants */
	size_t n_media_cores;
	struct netaddr media_addresses[CONFIG_ADDRESSES]; /* candidates; none: the host's */
	size_t n_media_addresses;
	uint32_t media_receive_buffer, media_send_buffer; /* bytes */
	uint32_t media_packets;				  /* buffers of a worker's pool */
	uint32_t media_sites; /* of the whole daemon; each worker's pools would hold them all, wherever they are put */
	uint32_t media_slots_audio, media_slots_video; /* of a worker, granted at once; 0: all its sites may ask for */
	bool media_padding;
	uint32_t media_history;		  /* of media_packets, kept for those who ask again; 0: half */
	uint32_t media_history_ms;	  /* how long each is kept */
	enum srtp_backend secure_backend; /* one that this build and this processor have */
	char state_dir[CONFIG_TEXT];
	char control_socket[CONFIG_TEXT]; /* STATE/control.sock */
	char control_group[CONFIG_TEXT];
	bool rooms_open;
	uint32_t rooms_seat_s; /* 0: by kind of room */
	enum log_level log_level;
	/* Tests alone: refused unless DIEMCAU_TEST=1 is in the environment. */
	uint32_t test_drop_in, test_drop_out; /* media datagrams lost at the socket, of a million */
	uint32_t test_seed;
};

/* What was said, as text, before it is read: one for each setting, NULL where nothing was said. */
struct config_source;

struct config_source *config_source_new(void); /* NULL: no memory */
void config_source_free(struct config_source *s);
/* Reads a YAML file. ERR_SYS: cannot be read; ERR_FORMAT: not YAML, an unknown key, a group where a value belongs …;
 * `why` names file, line and key. Call once, before config_source_set. */
must_check enum err config_source_file(struct config_source *s, const char *path, char why[CONFIG_WHY]);
/* Takes "key=value". ERR_FORMAT: no '=', or an unknown key. ERR_NOMEM. */
must_check enum err config_source_set(struct config_source *s, const char *assignment, char why[CONFIG_WHY]);
/* Reads every value and fills what was not said. `state` is what $STATE_DIRECTORY says, or NULL; `test` whether
 * settings of tests are allowed. ERR_FORMAT, ERR_RANGE and `why`. */
must_check enum err config_read(const struct config_source *s, const char *state, bool test, struct config *config,
				char why[CONFIG_WHY]);
/* A line a setting: key, default, meaning. */
void config_help(FILE *out);
