/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * As much of the API of Docker Engine (docs.docker.com/reference/api/engine), which
 * Podman has as well, as pausing and stopping a container needs. One request is
 * one connection to the engine's socket; libcurl is not worth its memory for it.
 */
#include "base/err.h"
#include "base/span.h"

enum sk_engine_call { SK_ENGINE_PAUSE, SK_ENGINE_UNPAUSE, SK_ENGINE_STOP };

/*
 * SK_ENOTFOUND: there is no such socket, or the engine knows no such container.
 * SK_ETIMEOUT: no answer within so many seconds. That it is paused or stopped
 * already is no error.
 */
int sk_engine_call(const char *socket, enum sk_engine_call call, struct sk_span id, int seconds, struct sk_err *err);
