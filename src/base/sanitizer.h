/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether this is a test build with AddressSanitizer, which needs more than the
 * program itself: room for shadow memory, and ptrace to look for leaks.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SK_WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SK_WITH_ASAN 1
#endif
#endif
#ifndef SK_WITH_ASAN
#define SK_WITH_ASAN 0
#endif
