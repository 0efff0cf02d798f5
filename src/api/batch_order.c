#include "api/batch_order.h"

#include "base/mem.h"

struct place {
  bool done;
  struct buf text;
};

/* A ring: tickets from first on are in places[ticket % count]. */
struct batch_order {
  uint64_t first; /* the next that goes out */
  uint64_t next;  /* the next that begins */
  size_t count;
  size_t held;
  struct place places[];
};

enum code batch_order_new(struct batch_order **ret_order, size_t places,
                          struct err *err)
{
  struct batch_order *order =
      mem_zalloc(sizeof *order + places * sizeof order->places[0]);

  if (order == NULL)
    return err_nomem(err);
  order->count = places;
  *ret_order = order;
  return E_OK;
}

void batch_order_free(struct batch_order *order)
{
  if (order == NULL)
    return;
  for (size_t i = 0; i < order->count; i++)
    buf_clear(&order->places[i].text);
  mem_free(order);
}

bool batch_order_full(const struct batch_order *order)
{
  return order->next - order->first >= order->count;
}

uint64_t batch_order_begin(struct batch_order *order)
{
  return order->next++;
}

void batch_order_end(struct batch_order *order, uint64_t ticket,
                     struct buf *text)
{
  struct place *place = &order->places[ticket % order->count];

  place->done = true;
  place->text = *text;
  order->held += text->len;
  buf_init(text, text->max);
}

bool batch_order_next(struct batch_order *order, struct buf *text)
{
  struct place *place = &order->places[order->first % order->count];

  if (order->first == order->next || !place->done)
    return false;
  buf_clear(text);
  *text = place->text;
  order->held -= text->len;
  *place = (struct place){0};
  order->first++;
  return true;
}

size_t batch_order_held(const struct batch_order *order)
{
  return order->held;
}
