/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A subcommand: one file cmd-<name>.c, one word in meson.build, one constant `sk_command_<name>`. */
struct sk_command {
	const char *name;
	int (*run)(int argc, char **argv);
};
extern const struct sk_command *const sk_commands[];
