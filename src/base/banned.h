/* Functions that fob does not call: unbounded, not wiping, or not checking.
 * Force-included for everything under src/ (Makefile), after the headers that
 * declare them. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BANNED(name) fob_does_not_call_##name

#ifndef FOB_ALLOCATOR /* base/mem.c alone */
#undef malloc
#undef calloc
#undef realloc
#undef free
#define malloc(...) BANNED(malloc)
#define calloc(...) BANNED(calloc)
#define realloc(...) BANNED(realloc)
#endif

#undef strdup
#undef strndup
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gets
#undef atoi
#undef atol
#undef strtol
#undef strtoul
#undef strtoll
#undef strtoull
#undef gmtime
#undef localtime
#undef ctime
#undef asctime
#undef system
#undef popen
#undef tmpnam
#undef mktemp
#define strdup(...) BANNED(strdup)
#define strndup(...) BANNED(strndup)
#define asprintf(...) BANNED(asprintf)
#define vasprintf(...) BANNED(vasprintf)
#define getline(...) BANNED(getline)
#define strcpy(...) BANNED(strcpy)
#define strcat(...) BANNED(strcat)
#define strncpy(...) BANNED(strncpy)
#define strncat(...) BANNED(strncat)
#define sprintf(...) BANNED(sprintf)
#define vsprintf(...) BANNED(vsprintf)
#define strtok(...) BANNED(strtok)
#define gets(...) BANNED(gets)
#define atoi(...) BANNED(atoi)
#define atol(...) BANNED(atol)
#define strtol(...) BANNED(strtol)
#define strtoul(...) BANNED(strtoul)
#define strtoll(...) BANNED(strtoll)
#define strtoull(...) BANNED(strtoull)
#define gmtime(...) BANNED(gmtime)
#define localtime(...) BANNED(localtime)
#define ctime(...) BANNED(ctime)
#define asctime(...) BANNED(asctime)
#define system(...) BANNED(system)
#define popen(...) BANNED(popen)
#define tmpnam(...) BANNED(tmpnam)
#define mktemp(...) BANNED(mktemp)
#define exit(...) BANNED(exit)
#define abort(...) BANNED(abort)
