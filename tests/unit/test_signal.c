/* Conversations: what goes in and what comes out, side by side. See rig.h for how a script reads. */
#include "rig.h"
#include "test.h"

static int with_rig(void **state)
{
	*state = rig_new();
	return 0;
}

static int without_rig(void **state)
{
	rig_free(*state);
	return 0;
}

static void first_to_join_is_chair(void **state)
{
	RIG_PLAY(
	    *state, "A open", "A< {\"type\":\"join\",\"id\":1,\"room\":\"giao-ban\",\"name\":\"  UBND   tỉnh \"}",
	    "A> "
	    "{\"type\":\"ok\",\"id\":1,\"session\":{\"id\":\"$a\",\"csrc\":\"$ac\",\"secret\":\"$as\"},\"role\":"
	    "\"chair\","
	    "\"room\":{\"id\":\"giao-ban\",\"name\":\"giao-ban\",\"locked\":false,\"stage\":null,\"chair\":\"$a\","
	    "\"count\":1},"
	    "\"sites\":[{\"id\":\"$a\",\"csrc\":\"$ac\",\"name\":\"UBND tỉnh\",\"role\":\"chair\",\"state\":\"live\","
	    "\"audio\":false,\"video\":false,\"screen\":false,\"hand\":null}],\"total\":1,"
	    "\"slots\":{\"audio\":3,\"video\":9},\"iceServers\":[]}",
	    "W> {\"cmd\":\"room\",\"room\":\"$r\",\"stage\":0,\"chair\":0}",
	    "W> "
	    "{\"cmd\":\"site\",\"room\":\"$r\",\"csrc\":\"$ac\",\"live\":true,\"audio\":false,\"video\":false,"
	    "\"screen\":false,"
	    "\"muted_audio\":false,\"muted_video\":false,\"slots\":[3,9]}",
	    "W> {\"cmd\":\"room\",\"room\":\"$r\",\"stage\":0,\"chair\":\"$ac\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_to_join_is_chair, with_rig, without_rig),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
