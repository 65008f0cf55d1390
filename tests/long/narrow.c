/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as 32-bit programs make them, of a program whose addresses fit them. */
#include <fcntl.h>
#include <sys/socket.h>

/* Numbers of i386 (arch/x86/entry/syscalls/syscall_32.tbl). */
enum { OPEN = 5, UNLINK = 10, RENAME = 38, OPENAT = 295, SOCKET = 359, CONNECT = 362 };

static long narrow(long number, long a, long b, long c, long d)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static const char made[] = "/tmp/w/narrow", renamed[] = "/tmp/w/renamed", shadow[] = "/etc/shadow";
static const unsigned char address[16] = { AF_INET, 0, 0x11, 0x5c, 127, 0, 0, 1 };

int main(void)
{
	long fd = narrow(OPENAT, AT_FDCWD, (long)made, O_CREAT | O_WRONLY, 0600), s;

	narrow(RENAME, (long)made, (long)renamed, 0, 0);
	narrow(UNLINK, (long)renamed, 0, 0, 0);
	narrow(OPEN, (long)shadow, O_RDONLY, 0, 0);
	s = narrow(SOCKET, AF_INET, SOCK_STREAM, 0, 0);
	narrow(CONNECT, s, (long)address, sizeof(address), 0);
	return fd < 0;
}
