/* Memory of the media path comes from pools: in a running meeting, through losses, changes of stage, layers and views,
 * our code allocates and frees nothing. Linked with --wrap: calls of malloc, calloc, realloc and free from our own
 * objects are counted; with AddressSanitizer those of the libraries below too. */
#include "sim/world.h"
#include "test.h"

static struct world world;
static unsigned allocations, frees;
static unsigned anywhere; /* allocations of the whole process; with AddressSanitizer alone */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	allocations++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	allocations++;
	return __real_realloc(p, size);
}

void __wrap_free(void *p)
{
	frees++;
	__real_free(p);
}

static void a_running_meeting(void **unused)
{
	struct world *w = &world;
	world_init(w, 1);
	for (unsigned i = 0; i < 4; i++)
		w->sites[world_join(w, 3, 4)].asks_nack = true;
	world_run(w, 2 * USEC_S);
	assert_true(allocations > 8); /* the counter works */
	allocations = frees = 0;
	for (unsigned i = 0; i < 10; i++) {
		world_stage(w, i % 4 + 1);
		world_view(w, i % 4, i % 3, i % 2 ? VIEW_AUTO : VIEW_SITE, (i + 1) % 4, 180U << i % 3, 30);
		w->sites[i % 4].loss_up = w->sites[(i + 1) % 4].loss_down = 0.05;
		world_run(w, 500 * USEC_MS);
	}
	assert_int_equal(allocations, 0);
	assert_int_equal(frees, 0);
	assert_true(world_video(w, 0, 0)->rtx > 0);
	world_fini(w);
}

#ifdef __SANITIZE_ADDRESS__
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *p, size_t size),
					      void (*on_free)(const volatile void *p));

static void on_malloc(const volatile void *p, size_t size)
{
	anywhere++;
}

static void on_free(const volatile void *p)
{
}

static void count_anywhere(void)
{
	assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
	free(malloc(1));
	assert_int_equal(anywhere, 1); /* the counter works */
}
#else
static void count_anywhere(void)
{
}
#endif

/* Nothing changes but what the network does: packets, repairs both ways, reports, feedback, checks, changes of layer.
 */
static void a_steady_meeting(void **unused)
{
	struct world *w = &world;
	world_init(w, 2);
	for (unsigned i = 0; i < 4; i++)
		w->sites[world_join(w, 3, 4)].asks_nack = true;
	world_stage(w, 1);
	w->sites[0].loss_up = w->sites[1].loss_down = 0.05;
	world_run(w, 4 * USEC_S);
	world_reset(w);
	count_anywhere();
	allocations = frees = anywhere = 0;
	uint64_t sent = w->sent;
	for (unsigned i = 0; i < 10; i++) {
		world_view(w, 1, 0, VIEW_STAGE, 0, i % 2 ? 720 : 180, 30);
		world_run(w, USEC_S);
	}
	assert_int_equal(anywhere, 0);
	assert_int_equal(allocations, 0);
	assert_int_equal(frees, 0);
	const struct world_slot *v = world_video(w, 1, 0);
	assert_true(w->sent - sent > 10000);
	assert_true(v->rtx > 20 && v->switches >= 9 && v->reports > 5);
	assert_true(w->sites[0].nacks > 20 && w->sites[0].feedbacks > 50);
	world_fini(w);
	assert_true(frees > 8); /* that counter works too */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_meeting),
		cmocka_unit_test(a_steady_meeting),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
