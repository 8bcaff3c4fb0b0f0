// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes pseudorandom operations, which are the same for the same seed, and
 * compares vmxcore's state and the hardware with the model after each of them.
 */
#include <linux/err.h>

#include "../chance.h"
#include "model.h"

#define NR_STEPS	4000
#define NR_LAST		16

enum operation {
	OP_GET,
	OP_PUT,
	OP_GET_CPU,
	OP_PUT_CPU,
	OP_REGISTER,
	OP_REGISTER_ALONE,
	OP_UNREGISTER,
	OP_FAIL,
	OP_MEND,
	OP_PIN,
	OP_UP_OR_DOWN,
	OP_SUSPEND,
	NR_OPERATIONS,
};

static const struct {
	const char *name;
	unsigned int weight;
} operations[NR_OPERATIONS] = {
	[OP_GET] = { "get", 120 },
	[OP_PUT] = { "put", 130 },
	[OP_GET_CPU] = { "get_cpu", 200 },
	[OP_PUT_CPU] = { "put_cpu", 220 },
	[OP_REGISTER] = { "register", 60 },
	[OP_REGISTER_ALONE] = { "register alone", 15 },
	[OP_UNREGISTER] = { "unregister", 30 },
	[OP_FAIL] = { "VMXON fails", 25 },
	[OP_MEND] = { "VMXON succeeds", 50 },
	[OP_PIN] = { "pin fails or not", 20 },
	[OP_UP_OR_DOWN] = { "up or down", 60 },
	[OP_SUSPEND] = { "suspend", 6 },
};

/* One step, which is printed if it or one of the next steps fails */
struct step {
	enum operation operation;
	unsigned int client;
	unsigned int cpu;
	enum world_context context;
	int expected;
	int result;
};

struct run {
	struct model model;
	struct vmxcore_client *handles[WORLD_CLIENTS];
	struct step steps[NR_LAST];
	unsigned int done[NR_OPERATIONS];
	unsigned int refused[NR_OPERATIONS];
	unsigned int on;
	unsigned int lost;
	u64 random;
};

/*
 * From time to time all clients unregister, as otherwise no exclusive client
 * could ever register.
 */
static enum operation choose(struct run *run, unsigned int nr)
{
	bool calm = nr / 40 % 10 == 9;
	unsigned int i, sum = 0;
	u64 at;

	for (i = 0; i < NR_OPERATIONS; i++)
		sum += operations[i].weight;
	at = chance_below(&run->random, sum);
	for (i = 0; at >= operations[i].weight; i++)
		at -= operations[i].weight;
	return calm && (i == OP_GET || i == OP_GET_CPU) ? OP_UNREGISTER : i;
}

static int random_error(struct run *run)
{
	static const int errors[] = { -EIO, -EFAULT, -EBUSY, -EXDEV, -EOPNOTSUPP };

	return errors[chance_below(&run->random, ARRAY_SIZE(errors))];
}

static void step_register(struct run *run, struct step *s, bool alone)
{
	/* The last two clients pin the module that lends VMX. */
	bool pins = s->client >= WORLD_CLIENTS - 2;
	struct vmxcore_client *handle;

	s->expected = model_register(&run->model, s->client, pins, alone);
	handle = world_register(s->client, pins, alone ? VMXCORE_EXCLUSIVE : 0);
	s->result = PTR_ERR_OR_ZERO(handle);
	if (!s->result)
		run->handles[s->client] = handle;
}

static void step_up_or_down(struct run *run, struct step *s)
{
	unsigned int cpu = 1 + s->cpu % (WORLD_CPUS - 1);

	s->cpu = cpu;
	if (run->model.online[cpu]) {
		s->expected = model_down(&run->model, cpu);
		s->result = world_down(cpu);
	} else {
		s->expected = model_up(&run->model, cpu);
		s->result = world_up(cpu);
	}
}

static void step_fail(struct run *run, struct step *s, int error)
{
	run->model.fails[s->cpu] = error;
	hw_fail(s->cpu, error);
}

/*
 * For a function that returns nothing the result of the model counts, for the
 * statistics.
 */
static void step_one_cpu(struct run *run, struct step *s)
{
	struct vmxcore_client *handle = run->handles[s->client];

	/* A CPU that is offline cannot make a call. */
	if (!run->model.online[s->cpu])
		return;
	if (s->operation == OP_GET_CPU) {
		s->expected = model_get_cpu(&run->model, s->client, s->cpu);
		s->result = world_get_cpu(handle, s->cpu, s->context);
	} else {
		s->expected = model_put_cpu(&run->model, s->client, s->cpu);
		world_put_cpu(handle, s->cpu, s->context);
		s->result = s->expected;
	}
}

static void step(struct run *run, struct step *s)
{
	struct vmxcore_client *handle = run->handles[s->client];
	struct model *m = &run->model;

	switch (s->operation) {
	case OP_GET:
		s->expected = model_get(m, s->client);
		s->result = vmxcore_get(handle);
		break;
	case OP_PUT:
		s->expected = model_put(m, s->client);
		vmxcore_put(handle);
		s->result = s->expected;
		break;
	case OP_REGISTER:
	case OP_REGISTER_ALONE:
		step_register(run, s, s->operation == OP_REGISTER_ALONE);
		break;
	case OP_UNREGISTER:
		s->expected = model_unregister(m, s->client);
		vmxcore_unregister(handle);
		s->result = s->expected;
		break;
	case OP_FAIL:
	case OP_MEND:
		step_fail(run, s, s->operation == OP_FAIL ? random_error(run) : 0);
		break;
	case OP_PIN:
		m->pin_fails = chance_below(&run->random, 4) == 0;
		hw_no_lender = m->pin_fails;
		break;
	case OP_UP_OR_DOWN:
		step_up_or_down(run, s);
		break;
	case OP_SUSPEND:
		s->expected = model_suspend(m);
		s->result = world_suspend();
		break;
	default:
		step_one_cpu(run, s);
		break;
	}
}

static void describe(struct kunit *test, const struct run *run, unsigned int nr)
{
	unsigned int i = nr < NR_LAST ? 0 : nr - NR_LAST + 1;

	for (; i <= nr; i++) {
		const struct step *s = &run->steps[i % NR_LAST];

		kunit_info(test, "step %u: %s, client %u, CPU %u, %s: %d, expected %d", i,
			   operations[s->operation].name, s->client, s->cpu,
			   s->context == WORLD_IRQ ? "interrupt" : "task", s->result, s->expected);
	}
}

static void one_step(struct kunit *test, struct run *run, unsigned int nr)
{
	struct step *s = &run->steps[nr % NR_LAST];
	const char *differs;

	*s = (struct step){
		.operation = choose(run, nr),
		.client = chance_below(&run->random, WORLD_CLIENTS),
		.cpu = chance_below(&run->random, WORLD_CPUS),
		.context = chance_below(&run->random, WORLD_NR_CONTEXTS),
	};
	step(run, s);
	run->done[s->operation]++;
	run->refused[s->operation] += !!s->expected;
	run->on += model_on(&run->model, s->cpu);
	run->lost += !!run->model.lost[0];
	differs = model_differs(&run->model, run->handles);
	if (differs || s->result != s->expected)
		describe(test, run, nr);
	KUNIT_ASSERT_EQ_MSG(test, s->result, s->expected, "seed %lu, step %u", chance_seed, nr);
	KUNIT_ASSERT_STREQ_MSG(test, differs ?: "", "", "differs: seed %lu, step %u", chance_seed,
			       nr);
}

/*
 * Each operation must have succeeded, and each operation that can be refused
 * must have been refused.
 */
static void expect_variety(struct kunit *test, const struct run *run)
{
	unsigned int i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		kunit_info(test, "%s: %u, %u of them refused", operations[i].name, run->done[i],
			   run->refused[i]);
		KUNIT_EXPECT_GT(test, run->done[i], run->refused[i]);
		if (i <= OP_UNREGISTER || i == OP_UP_OR_DOWN)
			KUNIT_EXPECT_GT(test, run->refused[i], 0);
	}
	kunit_info(test, "after %u steps VMX was on, after %u the first CPU had lost it", run->on,
		   run->lost);
	KUNIT_EXPECT_GT(test, run->on, NR_STEPS / 10);
	KUNIT_EXPECT_LT(test, run->on, NR_STEPS * 9 / 10);
}

static void random_operations(struct kunit *test)
{
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, run);
	kunit_info(test, "seed %lu", chance_seed);
	run->random = chance_seed;
	model_init(&run->model);
	for (i = 0; i < NR_STEPS; i++)
		one_step(test, run, i);
	expect_variety(test, run);
}

static struct kunit_case refs_model_cases[] = {
	KUNIT_CASE_SLOW(random_operations),
	{}
};

static struct kunit_suite refs_model_suite = {
	.name = "refs_model",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = refs_model_cases,
};

kunit_test_suite(refs_model_suite);
