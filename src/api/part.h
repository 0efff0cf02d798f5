/* A download that goes on where an earlier one ended (-C). What has come is in
 * FILE.part and what it is of in FILE.part.json: the address, as a hash since
 * it may hold a secret, and the validator of its bytes. So nothing is ever
 * appended to bytes that are not known. FILE is replaced at the end.
 *
 * FILE.part is ours alone: never a link, never without FILE.part.json, and
 * locked while it grows. A file of that name that fob did not make is refused.
 * In a crash at any moment FILE.part.json tells the truth or that nothing is
 * known. */
#pragma once

#include "api/range.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct part;

/* Looks what is there. url: the whole address. E_USAGE: path is no regular
 * file, or FILE.part is not fob's; E_LOCAL: another process is at it; E_OUTPUT:
 * it cannot be written. Nothing is made yet. */
NODISCARD enum code part_open(struct part **ret_part, const char *path,
                              const char *url, struct err *err);

/* What is there of the body: .at bytes, nothing when .validator is NULL. For
 * range_ask() and range_judge(). */
struct range *part_range(struct part *part);

/* The size of FILE when nothing of another download is there; -1: none. */
int64_t part_finished(const struct part *part);

/* A body begins anew: `now` (range_begin()) is taken over, and left empty. */
NODISCARD enum code part_begin(struct part *part, struct range *now,
                               struct err *err);
/* It goes on. */
NODISCARD enum code part_go_on(struct part *part, struct err *err);

/* E_OUTPUT; E_ANSWER when more comes than was stated. */
NODISCARD enum code part_write(struct part *part, const void *bytes, size_t len,
                               struct err *err);

/* Puts it into FILE's place. E_INCOMPLETE when something is missing. */
NODISCARD enum code part_commit(struct part *part, struct err *err);

/* How many bytes another run can go on from; 0: none. */
int64_t part_kept(const struct part *part);
/* Where they are. */
const char *part_file(const struct part *part);

/* What another run can go on from stays. NULL is fine. */
void part_free(struct part *part);
DEFINE_AUTO(part)
