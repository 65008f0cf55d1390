/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan.h"

int sk_scan(const struct sk_call *call, const struct sk_scan_options *options, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "%s: no kind of target is built in yet",
			  call->args[0]);
}
