/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a JSON report: what is read can be written in every format, and read again. */
#include "report/format.h"
#include "report/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_report_file file = { 0 }, again = { 0 };

	if (sk_report_read(&file, sk_span(data, size), NULL) < 0)
		return 0;
	for (size_t i = 0; sk_formats[i]; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

		if (sk_formats[i]->write(&file.report, &out, NULL) < 0)
			abort();
		if (strcmp(sk_formats[i]->name, "json") == 0 &&
		    sk_report_read(&again, sk_buf_view(&out), NULL) < 0)
			abort();
	}
	sk_report_file_release(&again);
	sk_report_file_release(&file);
	return 0;
}
