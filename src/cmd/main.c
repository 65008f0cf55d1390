/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

int main(int argc, char **argv)
{
	return sk_run(argc, argv);
}
