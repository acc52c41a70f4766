#include "exact.h"
#include "test.h"
#include "wire/demux.h"

/* The whole first byte by RFC 7983 7, the ranges written down again. */
static void first_byte_tells(void **unused)
{
	(void)unused;
	uint8_t datagram[20] = { 0 };
	for (int first = 0; first < 256; first++) {
		datagram[0] = (uint8_t)first;
		enum demux want = DEMUX_NONE;
		if (first < 4)
			want = DEMUX_STUN;
		else if (first >= 20 && first < 64)
			want = DEMUX_DTLS;
		else if (first >= 128 && first < 192)
			want = DEMUX_RTP;
		if (demux_kind(bytes_of(datagram, sizeof datagram)) != want)
			fail_msg("first byte %d", first);
	}
}

/* RFC 5761 4: 192–223 in the second byte is RTCP, marker or not. */
static void second_byte_tells_rtcp(void **unused)
{
	(void)unused;
	uint8_t datagram[12] = { 0x80 };
	for (int second = 0; second < 256; second++) {
		datagram[1] = (uint8_t)second;
		enum demux want = second >= 192 && second <= 223 ? DEMUX_RTCP : DEMUX_RTP;
		if (demux_kind(bytes_of(datagram, sizeof datagram)) != want)
			fail_msg("second byte %d", second);
	}
}

static void too_short_is_nothing(void **unused)
{
	(void)unused;
	static const struct {
		size_t least;
		enum demux kind;
		uint8_t first, second;
	} rows[] = { { 20, DEMUX_STUN, 0, 1 },
		     { 13, DEMUX_DTLS, 22, 254 },
		     { 12, DEMUX_RTP, 128, 96 },
		     { 8, DEMUX_RTCP, 128, 200 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t n = 0; n <= 32; n++) {
			uint8_t datagram[32] = { rows[i].first, rows[i].second };
			struct bytes b = exact_copy(bytes_of(datagram, n));
			enum demux want = n < rows[i].least ? DEMUX_NONE : rows[i].kind;
			if (demux_kind(b) != want)
				fail_msg("row %zu, %zu bytes", i, n);
			exact_free(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_byte_tells),
		cmocka_unit_test(second_byte_tells_rtcp),
		cmocka_unit_test(too_short_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
