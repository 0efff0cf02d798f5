/* Results in the order of their items, whatever the order in which they come
 * (--ordered): what is early waits, a bounded number of them and of bytes. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch_order;

/* At most `places` items are under way or held. */
NODISCARD enum code batch_order_new(struct batch_order **ret_order,
                                    size_t places, struct err *err);

/* No place is left: nothing more is to begin until the next ones are out. */
bool batch_order_full(const struct batch_order *order);

/* An item begins; its ticket. Not when full. */
uint64_t batch_order_begin(struct batch_order *order);

/* Its result, which is taken over (text is left empty). */
void batch_order_end(struct batch_order *order, uint64_t ticket,
                     struct buf *text);

/* The next result in the row, when it is there: moved into text, which is
 * empty. */
bool batch_order_next(struct batch_order *order, struct buf *text);

/* The bytes that are held. */
size_t batch_order_held(const struct batch_order *order);

void batch_order_free(struct batch_order *order); /* NULL is fine */
DEFINE_AUTO(batch_order)
