/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor of a build that has none. */
#include "guard/sensor.h"

bool sk_sensor_built(void)
{
	return false;
}

int sk_sensor_open(const struct sk_sensor_want *want, struct sk_sensor **ret_sensor, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "the sensor is not built in: it needs clang, bpftool and libbpf "
						"when sekisho is built (meson setup -Dguard=enabled)");
}

int sk_sensor_rewant(struct sk_sensor *sensor, const struct sk_sensor_want *want, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "the sensor is not built in");
}

void sk_sensor_close(struct sk_sensor *sensor)
{
}

int sk_sensor_poll(struct sk_sensor *sensor, int timeout, sk_sensor_fn *fn, void *context, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "the sensor is not built in");
}

struct sk_container_table *sk_sensor_containers(struct sk_sensor *sensor)
{
	return NULL;
}

void sk_sensor_losses(struct sk_sensor *sensor, struct sk_sensor_loss ret[SK_SENSOR_LOSSES])
{
}

int sk_sensor_fd(const struct sk_sensor *sensor)
{
	return -1;
}

size_t sk_sensor_cpus(const struct sk_sensor *sensor)
{
	return 0;
}

void sk_sensor_losses_by_cpu(struct sk_sensor *sensor, size_t reason, uint64_t *ret_counts)
{
}

struct sk_process_table *sk_sensor_processes(struct sk_sensor *sensor)
{
	return NULL;
}

const char *sk_sensor_hooks(const struct sk_sensor *sensor)
{
	return "none";
}

uint64_t sk_sensor_heals(const struct sk_sensor *sensor)
{
	return 0;
}
