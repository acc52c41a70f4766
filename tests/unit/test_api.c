/* REST, sign-in, server-sent events, metrics. Scripts ask as the operator on the local socket; what depends on headers
 * is asked by ask(). */
#include "base/str.h"
#include "rig.h"
#include "signal/login.h"
#include "test.h"
#include <stdio.h>
// NOLINTBEGIN(bugprone-suspicious-missing-comma): long lines of a script are joined on purpose

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

/* Of the response kept in the rig. */
static json_t *ask(struct rig *rig, struct signal_request request, const char *body)
{
	request.query = request.query ? request.query : "";
	request.remote = "192.0.2.9";
	request.host = request.host ? request.host : "dc.example:8443";
	request.body = bytes_of(body, strlen(body));
	signal_response_fini(&rig->response);
	signal_on_request(rig->signal, &request, &rig->response, rig->now);
	return rig->response.body ? json_loadb(rig->response.body, rig->response.n, 0, NULL) : NULL;
}

static int status_of(struct rig *rig, struct signal_request request, const char *body)
{
	json_decref(ask(rig, request, body));
	return rig->response.status;
}

#define SITE_B                                                                                                         \
	"B open", "B< {'type':'join','id':1,'room':'r','name':'Bình Minh'}",                                           \
	    "B> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'...':0}"

static void rooms(void **state)
{
	RIG_PLAY(
	    *state, "R GET /api/v1/rooms", "R> 200 {'items':[]}", "R POST /api/v1/rooms {'name':'Họp giao ban'}",
	    "R> 201 {'id':'hop-giao-ban','name':'Họp giao ban','locked':false,'stage':null,'chair':null,'count':0,"
	    "'since':'*','bps_in':0,'bps_out':0,'pin':false,'tokens':false,'seat_s':120}",
	    "R POST /api/v1/rooms {'name':'Họp giao ban','pin':'99','seat_s':60}",
	    "R> 201 {'id':'hop-giao-ban-2','pin':true,'seat_s':60,'...':0}",
	    "R POST /api/v1/rooms {'id':'hop-giao-ban'}",
	    "R> 409 {'type':'about:blank','title':'*','status':409,'detail':'*','code':'bad-request'}",
	    "R POST /api/v1/rooms {'id':'no slug'}", "R> 400 {'code':'bad-request','...':0}", "R POST /api/v1/rooms {}",
	    "R> 400", "R POST /api/v1/rooms {'name':'***'}", "R> 400", "R POST /api/v1/rooms [1]", "R> 400",
	    "R POST /api/v1/rooms {'id':'x','seat_s':0}", "R> 400", "R POST /api/v1/rooms {'id':'x','pin':7}", "R> 400",
	    "R PATCH /api/v1/rooms/hop-giao-ban {'name':'Khác','locked':true,'tokens':true}",
	    "R> 200 {'name':'Khác','locked':true,'tokens':true,'seat_s':3600,'...':0}",
	    "R PATCH /api/v1/rooms/hop-giao-ban-2 {'pin':null}", "R> 200 {'pin':false,'...':0}",
	    "R DELETE /api/v1/rooms/hop-giao-ban-2", "R> 204", "R GET /api/v1/rooms/hop-giao-ban-2",
	    "R> 404 {'code':'not-found','...':0}", "R GET /api/v1/rooms/hop-giao-ban",
	    "R> 200 {'id':'hop-giao-ban','...':0}", "R PUT /api/v1/rooms", "R> 405", "R GET /api/v1/nothing", "R> 404",
	    "R GET /api/v1/rooms/", "R> 404", "R OTHER /api/v1/rooms", "R> 405", "R GET /other", "R> 404");
}

static void sites(void **state)
{
	RIG_PLAY(
	    *state, SITE_B, "R GET /api/v1/rooms/r/sites",
	    "R> 200 {'items':[{'id':'$b','csrc':'$bc','name':'Bình Minh','role':'chair','state':'live','audio':false,"
	    "'video':false,'screen':false,'hand':null,'room':'r','address':null,'since':'*','up_bps':0,'down_bps':0,"
	    "'layers':[],'width':0,'height':0,'fps':0,'rtt_ms':0,'loss_up':0.0,'loss_down':0.0}]}",
	    "R GET /api/v1/rooms/r/sites/B%C3%ACnh%20Minh", "R> 200 {'id':'$b','...':0}", /* by its exact name */
	    "R GET /api/v1/rooms/r/sites/B%C3%ACnh", "R> 404 {'code':'not-found','...':0}",
	    "R GET /api/v1/rooms/r/sites/%zz", "R> 404",
	    "R POST /api/v1/rooms/r/sites/B%C3%ACnh%20Minh/mute {'kind':'video'}",
	    "B> {'type':'site-changed','site':'$b','video':false,'muted':['video']}",
	    "B> {'type':'muted','kind':'video','by':'operator','on':true}", "R> 200 {'muted':['video'],'...':0}",
	    "R POST /api/v1/rooms/r/mute {'kind':'video','on':false}",
	    "B> {'type':'site-changed','site':'$b','video':false,'muted':[]}",
	    "B> {'type':'muted','kind':'video','by':'operator','on':false}", "R> 200 {'items':[{'id':'$b','...':0}]}",
	    "R PUT /api/v1/rooms/r/stage {'site':'Bình Minh'}", "B> {'type':'room-changed','stage':'$b'}",
	    "R> 200 {'stage':'$b','...':0}", "R PUT /api/v1/rooms/r/stage {'site':null}",
	    "B> {'type':'room-changed','stage':null}", "R> 200 {'stage':null,'...':0}",
	    "R PUT /api/v1/rooms/r/stage {'site':'x'}", "R> 404", "R PUT /api/v1/rooms/r/stage {}", "R> 400",
	    "R DELETE /api/v1/rooms/r/sites/nobody", "R> 404", "R DELETE /api/v1/rooms/r/sites/x?ban=much", "R> 404",
	    "R DELETE /api/v1/rooms/r/sites/B%C3%ACnh%20Minh?ban=much", "R> 400 {'code':'bad-request','...':0}",
	    "R DELETE /api/v1/rooms/r/sites/B%C3%ACnh%20Minh?reason=qu%C3%A1+%E1%BB%93n&ban=10",
	    "B> {'type':'kicked','reason':'quá ồn'}", "B x 4001", "R> 204", "R GET /api/v1/rooms",
	    "R> 200 {'items':[]}", "B open", "B< {'type':'join','id':1,'room':'r','name':'Bình Minh'}",
	    "B> {'type':'error','id':1,'code':'banned','reason':'quá ồn','...':0}");
}

static void two_of_a_name_are_told_apart_by_id(void **state)
{
	RIG_PLAY(*state, SITE_B, "C open", "C< {'type':'join','id':1,'room':'r','name':'Bình Minh'}",
		 "C> {'type':'ok','id':1,'session':{'id':'$c','...':0},'...':0}", "B> {'type':'site-joined','...':0}",
		 "R DELETE /api/v1/rooms/r/sites/B%C3%ACnh%20Minh",
		 "R> 404 {'detail':'several sites have that name; use the id','...':0}", "R POST /api/v1/rooms/r/end",
		 "B> {'type':'ended'}", "C> {'type':'ended'}", "B x 4003", "C x 4003", "R> 204");
}

static void traffic(void **state)
{
	RIG_PLAY(
	    *state, SITE_B, "E< {'event':'site','csrc':'$bc','generation':1,'up':1000,'down':2000}", /* no transport */
	    "R GET /api/v1/stats?room=r&site=B%C3%ACnh+Minh",
	    "R> 200 {'items':[{'id':'$b','up_bps':0,'transport':null,'nacks_in':0,'...':0}]}",
	    "R GET /api/v1/stats?room=x", "R> 404", "R GET /api/v1/stats?room=r&site=x", "R> 404",
	    "R GET /api/v1/stats",
	    "R> 200 "
	    "{'version':'0.1.0','rooms':1,'live':1,'lost':0,'connections':1,'joins':1,'workers':[{'worker':0,'...':0},"
	    "{'worker':1,'drops':{},'...':0}],'...':0}");
}

static void streams(void **state)
{
	struct rig *rig = *state;
	char *sdp = rig_offer(1, 1, 'A', "abcd"), *line = NULL;
	json_t *text = json_string(sdp);
	char *dumped = json_dumps(text, JSON_ENCODE_ANY);
	assert_true(asprintf(&line, "B< {'type':'offer','id':2,'sdp':%s}", dumped) > 0);
	RIG_PLAY(rig, SITE_B, "S open", "S> room {'id':'r','count':1,'...':0}",
		 "S> site {'id':'$b','room':'r','...':0}", line, "B> {'type':'site-changed','...':0}",
		 "B> {'type':'ok','id':2,'sdp':'*'}", "+500ms", "S> site {'id':'$b','audio':true,'...':0}",
		 /* told together, and only once */
		 "B< {'type':'publish','id':3,'audio':false}", "B> {'type':'site-changed','...':0}",
		 "B> {'type':'ok','id':3}", "B< {'type':'publish','id':4,'screen':true}",
		 "B> {'type':'site-changed','...':0}", "B> {'type':'ok','id':4}", "+500ms",
		 "S> site {'id':'$b','audio':false,'screen':true,'...':0}", "+5s",
		 "E< {'event':'site','csrc':'$bc','generation':1,'up':1000,'down':2000,'layers':13}", "+1s",
		 "E< {'event':'site','csrc':'$bc','generation':1,'up':1500,'down':2500,'layers':13}", "+1s",
		 "S> site "
		 "{'id':'$b','up_bps':1500,'down_bps':2500,'layers':['l','h','screen-l'],'address':'203.0.113.7:5004','"
		 "...':0}",
		 "S> room {'id':'r','bps_in':1500,'bps_out':2500,'...':0}", "R GET /api/v1/rooms/r",
		 "R> 200 {'bps_in':1500,'bps_out':2500,'...':0}", "B< {'type':'leave','id':5}",
		 "S> gone {'room':'r','site':'$b'}", "S> gone {'room':'r'}", "B> {'type':'ok','id':5}", "B x 1000",
		 "+1s");
	signal_on_stream_closed(rig->signal, rig->stream);
	free(line);
	free(dumped);
	free(sdp);
	json_decref(text);
}

static void tokens(void **state)
{
	struct rig *rig = *state;
	RIG_PLAY(rig, "R POST /api/v1/tokens {'room':'r','role':'chair','name':'Chủ trì','site':'tinh','expires_s':60}",
		 "R> 201 {'token':'r.c.Chủ trì.tinh.','url':'https://localhost:8443/r/r#token=r.c.Chủ "
		 "trì.tinh.','expires':'*'}",
		 "R POST /api/v1/tokens {'room':'r','role':'king'}", "R> 400", "R POST /api/v1/tokens {'role':'guest'}",
		 "R> 400", "R POST /api/v1/tokens {'room':'r','site':'not a slug'}", "R> 400",
		 "R POST /api/v1/tokens {'room':'r','expires_s':0}", "R> 400");
	rig->config.rooms_open = false;
	rig_restart(rig);
	RIG_PLAY(rig, "R POST /api/v1/tokens {'room':'r'}", "R> 404");
	/* an operator's token as bearer; the link is made of the Host that was asked */
	json_t *answer = ask(
	    rig,
	    (struct signal_request){ .method = HTTP_POST, .path = "/api/v1/rooms", .authorization = "bearer .o..." },
	    "{\"id\":\"r\"}");
	assert_int_equal(rig->response.status, 201);
	json_decref(answer);
	answer = ask(
	    rig,
	    (struct signal_request){ .method = HTTP_POST, .path = "/api/v1/tokens", .authorization = "Bearer .o..." },
	    "{\"room\":\"r\"}");
	assert_string_equal(json_string_value(json_object_get(answer, "url")),
			    "https://dc.example:8443/r/r#token=r.g...");
	json_decref(answer);
}

static void a_token_for_one_room_opens_that_room(void **state)
{
	static const struct {
		const char *path, *query, *body;
		enum http_method method;
		int status;
	} asks[] = {
		{ "/api/v1/rooms/r", "", "", HTTP_GET, 200 },
		{ "/api/v1/rooms/other", "", "", HTTP_GET, 403 },
		{ "/api/v1/rooms/unknown", "", "", HTTP_GET, 403 },
		{ "/api/v1/rooms", "", "", HTTP_GET, 200 },
		{ "/api/v1/rooms", "", "{\"id\":\"x\"}", HTTP_POST, 403 },
		{ "/api/v1/tokens", "", "{\"room\":\"r\"}", HTTP_POST, 201 },
		{ "/api/v1/tokens", "", "{\"room\":\"other\"}", HTTP_POST, 403 },
		{ "/api/v1/stats", "", "", HTTP_GET, 403 },
		{ "/api/v1/stats", "room=other", "", HTTP_GET, 403 },
		{ "/api/v1/stats", "room=r", "", HTTP_GET, 200 },
		{ "/api/v1/drain", "", "", HTTP_POST, 403 },
	};
	struct rig *rig = *state;
	RIG_PLAY(rig, "R POST /api/v1/rooms {'id':'r'}", "R> 201", "R POST /api/v1/rooms {'id':'other'}", "R> 201");
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct signal_request request = { .method = asks[i].method,
						  .path = asks[i].path,
						  .query = asks[i].query };
		request.authorization = "Bearer r.o...";
		if (status_of(rig, request, asks[i].body) != asks[i].status)
			fail_msg("%s?%s: %d", asks[i].path, asks[i].query, rig->response.status);
	}
	json_t *answer =
	    ask(rig, (struct signal_request){ .path = "/api/v1/rooms", .authorization = "Bearer r.o..." }, "");
	assert_int_equal(json_array_size(json_object_get(answer, "items")), 1);
	json_decref(answer);
}

static void strangers_get_nothing(void **state)
{
	static const char *const paths[] = { "/api/v1/rooms", "/api/v1/rooms/r", "/api/v1/rooms/unknown",
					     "/api/v1/stats", "/api/v1/rooms/r/sites" };
	struct rig *rig = *state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_int_equal(status_of(rig, (struct signal_request){ .path = paths[i] }, ""), 401);
		assert_string_equal(rig->response.type, "application/problem+json");
	}
	struct signal_request request = { .path = "/api/v1/rooms", .authorization = "Bearer r.g..." };
	assert_int_equal(status_of(rig, request, ""), 403); /* a guest's */
	request.authorization = "Bearer r.c...";
	assert_int_equal(status_of(rig, request, ""), 403);
	request.authorization = "Basic YTpi";
	assert_int_equal(status_of(rig, request, ""), 401);
	request.authorization = "Bearer abc";
	for (int i = 0; i < 20; i++)
		assert_int_equal(status_of(rig, request, ""), 401);
	assert_int_equal(status_of(rig, request, ""), 429);
	assert_true(rig->response.retry_after_s > 0);
	request.authorization = "Bearer .o...";
	assert_int_equal(status_of(rig, request, ""), 429);
	static char socket = 'S';
	struct signal_response response;
	request = (struct signal_request){ .path = "/api/v1/events", .query = "", .remote = "x" };
	assert_null(signal_on_stream(rig->signal, &socket, &request, &response, rig->now));
	assert_int_equal(response.status, 401);
	signal_response_fini(&response);
}

static void set_up_and_sign_in(void **state)
{
	struct rig *rig = *state;
	struct signal_request setup = { .method = HTTP_POST, .path = "/api/v1/setup" }, login = setup,
			      rooms_get = { .path = "/api/v1/rooms" };
	char body[200], cookie[300];
	login.path = "/api/v1/login";
	const char *code = signal_setup_code(rig->signal);
	assert_non_null(code);
	assert_int_equal(strlen(code), SETUP_CODE_CHARS);
	assert_int_equal(status_of(rig, login, "{\"password\":\"whatever\"}"), 403); /* not set up */
	assert_int_equal(status_of(rig, setup, "{\"code\":\"wrong\",\"password\":\"long enough\"}"), 403);
	(void)snprintf(body, sizeof body, "{\"code\":\"%s\",\"password\":\"short\"}", code);
	assert_int_equal(status_of(rig, setup, body), 400);
	(void)snprintf(body, sizeof body, "{\"code\":\"%s\",\"password\":\"mật khẩu dài\"}", code);
	assert_int_equal(status_of(rig, setup, body), 200);
	assert_null(signal_setup_code(rig->signal));
	assert_int_equal(status_of(rig, setup, body), 403); /* once */
	assert_int_equal(status_of(rig, login, "{\"password\":\"wrong\"}"), 401);
	assert_string_equal(rig->response.set_cookie, "");
	assert_int_equal(status_of(rig, login, "{\"password\":7}"), 400);
	json_t *answer = ask(rig, login, "{\"password\":\"mật khẩu dài\"}");
	assert_int_equal(rig->response.status, 200);
	const char *token = json_string_value(json_object_get(answer, "token"));
	(void)snprintf(cookie, sizeof cookie, "diemcau=%s; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict",
		       token);
	assert_string_equal(rig->response.set_cookie, cookie);
	/* by cookie among others, by bearer, over a restart */
	(void)snprintf(cookie, sizeof cookie, "a=b; diemcau=%s; c=d", token);
	rooms_get.cookie = cookie;
	assert_int_equal(status_of(rig, rooms_get, ""), 200);
	rig_restart(rig);
	assert_null(signal_setup_code(rig->signal));
	assert_int_equal(status_of(rig, rooms_get, ""), 200);
	(void)snprintf(body, sizeof body, "Bearer %s", token);
	rooms_get = (struct signal_request){ .path = "/api/v1/rooms", .authorization = body };
	assert_int_equal(status_of(rig, rooms_get, ""), 200);
	/* a page of another site cannot use the cookie to change anything */
	struct signal_request post = {
		.method = HTTP_POST, .path = "/api/v1/rooms", .cookie = cookie, .origin = "https://evil.example"
	};
	assert_int_equal(status_of(rig, post, "{\"id\":\"x\"}"), 403);
	post.origin = "https://DC.example:8443";
	assert_int_equal(status_of(rig, post, "{\"id\":\"x\"}"), 201);
	post.path = "/api/v1/logout";
	assert_int_equal(status_of(rig, post, ""), 204);
	assert_non_null(strstr(rig->response.set_cookie, "Max-Age=0"));
	rooms_get = (struct signal_request){ .path = "/api/v1/rooms", .cookie = cookie };
	assert_int_equal(status_of(rig, rooms_get, ""), 401);
	assert_int_equal(rig->n_logins, 1); /* the one of the set-up */
	json_decref(answer);
	/* sessions end */
	answer = ask(rig, login, "{\"password\":\"mật khẩu dài\"}");
	(void)snprintf(body, sizeof body, "Bearer %s", json_string_value(json_object_get(answer, "token")));
	json_decref(answer);
	rooms_get = (struct signal_request){ .path = "/api/v1/rooms", .authorization = body };
	rig->unix_offset_ms += (int64_t)(LOGIN_S - 1) * 1000;
	assert_int_equal(status_of(rig, rooms_get, ""), 200);
	rig->unix_offset_ms += 1000;
	assert_int_equal(status_of(rig, rooms_get, ""), 401);
}

static void sessions_are_few(void **state)
{
	struct rig *rig = *state;
	char body[200], first[80];
	(void)snprintf(body, sizeof body, "{\"code\":\"%s\",\"password\":\"long enough\"}",
		       signal_setup_code(rig->signal));
	json_t *answer = ask(rig, (struct signal_request){ .method = HTTP_POST, .path = "/api/v1/setup" }, body);
	(void)snprintf(first, sizeof first, "Bearer %s", json_string_value(json_object_get(answer, "token")));
	json_decref(answer);
	struct signal_request rooms_get = { .path = "/api/v1/rooms", .authorization = first };
	struct signal_request login = { .method = HTTP_POST, .path = "/api/v1/login" };
	for (int i = 1; i < LOGINS_MAX; i++)
		assert_int_equal(status_of(rig, login, "{\"password\":\"long enough\"}"), 200);
	assert_int_equal(status_of(rig, rooms_get, ""), 200);
	assert_int_equal(status_of(rig, login, "{\"password\":\"long enough\"}"), 200);
	assert_int_equal(status_of(rig, rooms_get, ""), 401); /* the oldest went */
	assert_int_equal(rig->n_logins, LOGINS_MAX);
}

/* Every operation of the description is there. */
static void the_description_is_true(void **state)
{
	static const char *const methods[] = { "get", "post", "put", "patch", "delete" };
	struct rig *rig = *state;
	json_error_t error;
	json_t *description = json_load_file(TEST_DATA "/../../web/openapi.json", 0, &error), *operations, *one;
	const char *path, *method;
	int n = 0;
	if (!description)
		fail_msg("%s", error.text);
	json_object_foreach(json_object_get(description, "paths"), path, operations)
	    json_object_foreach(operations, method, one)
	{
		struct signal_request request = { .path = NULL, .local = true };
		char full[128] = "/api/v1";
		int m = 0;
		while (m < 5 && strcmp(method, methods[m]) != 0)
			m++;
		if (m == 5 || strcmp(path, "/events") == 0)
			continue;
		n++;
		(void)str_copy(full + 7, sizeof full - 7, path);
		request.path = full;
		request.method = (enum http_method)m;
		json_t *answer = ask(rig, request, "{}");
		const char *detail = json_string_value(json_object_get(answer, "detail"));
		if (rig->response.status == 405 || (detail && strstr(detail, "no such resource")))
			fail_msg("%s %s is not there", method, path);
		json_decref(answer);
	}
	assert_int_equal(n, 18);
	json_decref(description);
}

/* The schema behind "#/components/schemas/NAME", or itself. */
static const json_t *schema_of(const json_t *schemas, const json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	return ref ? json_object_get(schemas, strrchr(ref, '/') + 1) : schema;
}

static const json_t *property(const json_t *schemas, const json_t *schema, const char *name)
{
	const json_t *s = schema_of(schemas, schema), *found = json_object_get(json_object_get(s, "properties"), name);
	const json_t *parts = json_object_get(s, "allOf");
	for (size_t i = 0; !found && i < json_array_size(parts); i++)
		found = property(schemas, json_array_get(parts, i), name);
	return found ? found : json_object_get(s, "additionalProperties");
}

/* Every field of the answer is described. */
static void expect_described(const json_t *schemas, const json_t *schema, const json_t *answer, const char *where)
{
	const char *name;
	json_t *value;
	size_t i;
	json_array_foreach(answer, i, value)
	    expect_described(schemas, json_object_get(schema_of(schemas, schema), "items"), value, where);
	json_object_foreach((json_t *)answer, name, value)
	{
		const json_t *described = property(schemas, schema, name);
		if (!described)
			fail_msg("%s: \"%s\" is not described", where, name);
		expect_described(schemas, described, value, where);
	}
}

/* Every field that is described is in the answer; `but`: those that may be absent. */
static void expect_given(const json_t *schemas, const json_t *schema, const json_t *answer, const char *but)
{
	const char *name;
	json_t *value;
	const json_t *s = schema_of(schemas, schema), *parts = json_object_get(s, "allOf");
	for (size_t i = 0; i < json_array_size(parts); i++)
		expect_given(schemas, json_array_get(parts, i), answer, but);
	json_object_foreach(json_object_get(s, "properties"), name, value)
	{
		const json_t *given = json_object_get(answer, name);
		if (!given && !strstr(but, name))
			fail_msg("\"%s\" is described and not given", name);
		if (json_array_size(given))
			expect_given(schemas, json_object_get(value, "items"), json_array_get(given, 0), but);
	}
}

/* Field by field. */
static void answers_are_as_described(void **state)
{
	static const struct {
		const char *path, *query, *schema;
	} answers[] = {
		{ "/api/v1/stats", "", "Stats" },
		{ "/api/v1/stats", "room=r", "SiteStats" },
		{ "/api/v1/rooms", "", "Room" },
		{ "/api/v1/rooms/r/sites", "", "Site" },
	};
	struct rig *rig = *state;
	struct event e = { .type = EVENT_ENGINE, .engine = { .in_packets = 1 } };
	json_t *description = json_load_file(TEST_DATA "/../../web/openapi.json", 0, NULL);
	const json_t *schemas = json_object_get(json_object_get(description, "components"), "schemas");
	assert_non_null(schemas);
	e.engine.drops[DROP_AUTH] = 7;
	RIG_PLAY(rig, SITE_B);
	signal_on_event(rig->signal, 0, &e, rig->now);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct signal_request request = { .path = answers[i].path, .query = answers[i].query, .local = true };
		const json_t *schema = json_object_get(schemas, answers[i].schema);
		json_t *answer = ask(rig, request, ""), *items = json_object_get(answer, "items");
		const json_t *one = items ? json_array_get(items, 0) : answer;
		assert_int_equal(rig->response.status, 200);
		assert_non_null(schema);
		assert_true(json_object_size(one) > 5);
		expect_described(schemas, schema, one, answers[i].schema);
		expect_given(schemas, schema, one, "unit muted");
		json_decref(answer);
	}
	json_decref(description);
}

static void metrics(void **state)
{
	struct rig *rig = *state;
	struct event e = { .type = EVENT_ENGINE,
			   .engine = { .worker = 1, .in_packets = 42, .sends = { .datagrams = 5, .partial = 3 } } };
	e.engine.drops[DROP_AUTH] = 7;
	RIG_PLAY(rig, SITE_B);
	signal_on_event(rig->signal, 1, &e, rig->now);
	e.engine.worker = 9999;
	signal_on_event(rig->signal, 1, &e, rig->now);
	assert_int_equal(status_of(rig, (struct signal_request){ .path = "/metrics" }, ""), 200);
	const char *text = rig->response.body;
	assert_non_null(strstr(text, "\ndiemcau_sites{state=\"live\"} 1\n"));
	assert_non_null(strstr(text, "\ndiemcau_received_packets_total{worker=\"1\"} 42\n"));
	assert_non_null(strstr(text, "\ndiemcau_dropped_packets_total{worker=\"1\",reason=\"auth\"} 7\n"));
	assert_non_null(strstr(text, "\ndiemcau_sent_packets_total{worker=\"1\"} 5\n"));
	assert_non_null(strstr(text, "\ndiemcau_send_partial_total{worker=\"1\"} 3\n"));
	assert_null(strstr(text, "Minh"));
	/* each line: a comment, or a name, labels and a number */
	for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
		size_t n = strcspn(p, "\n");
		assert_int_equal(p[n], '\n');
		assert_true(p[0] == '#' || strncmp(p, "diemcau_", 8) == 0);
	}
}

int main(void)
{
#define WITH_RIG(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)
	const struct CMUnitTest tests[] = {
		WITH_RIG(rooms),
		WITH_RIG(sites),
		WITH_RIG(two_of_a_name_are_told_apart_by_id),
		WITH_RIG(traffic),
		WITH_RIG(streams),
		WITH_RIG(tokens),
		WITH_RIG(a_token_for_one_room_opens_that_room),
		WITH_RIG(strangers_get_nothing),
		WITH_RIG(set_up_and_sign_in),
		WITH_RIG(sessions_are_few),
		WITH_RIG(the_description_is_true),
		WITH_RIG(answers_are_as_described),
		WITH_RIG(metrics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-suspicious-missing-comma)
