/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

int main(void)
{
	return 0;
}
