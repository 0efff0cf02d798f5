#include "cmd/qr.h"

#include "base/mem.h"
#include "lazy/qrencode.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <string.h>

#define NEEDS_QRENCODE                                                         \
  do {                                                                         \
    if (lazy_qrencode(NULL) != E_OK)                                           \
      SKIP("libqrencode is not installed");                                    \
  } while (0)

/* Three by three, drawn with one light module around it. */
static struct qr small(void)
{
  struct qr qr = {.width = 3, .quiet = 1, .dark = mem_zalloc(9)};

  cr_assert_not_null(qr.dark);
  qr.dark[0] = qr.dark[4] = qr.dark[6] = qr.dark[7] = qr.dark[8] = 1;
  return qr;
}

Test(qr, is_drawn_by_half_blocks)
{
  AUTO_QR struct qr qr = small();
  AUTO_BUF struct buf black = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf plain = BUF_INIT(BUF_LINE);

  cr_assert_eq(qr_columns(&qr), 5);
  cr_assert_eq(qr_rows(&qr), 3);
  qr_draw(&black, &qr, true);
  cr_expect_str_eq(buf_text(&black), "\x1b[0;30;47m ▄   \x1b[0m\n"
                                     "\x1b[0;30;47m ▄█▄ \x1b[0m\n"
                                     "\x1b[0;30;47m     \x1b[0m\n");
  qr_draw(&plain, &qr, false);
  cr_expect_str_eq(buf_text(&plain), "█▀███\n█▀ ▀█\n█████\n");
}

Test(qr, takes_the_quiet_zone_that_fits)
{
  static const struct {
    int columns, rows, quiet; /* 0: does not fit */
  } rows[] = {{33, 17, 4}, {80, 24, 4}, {32, 17, 2}, {33, 16, 2},
              {29, 15, 2}, {28, 15, 0}, {29, 14, 0}, {80, -3, 0}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct qr qr = {.width = 25};

    cr_expect_eq(qr_fit(&qr, rows[i].columns, rows[i].rows), rows[i].quiet != 0,
                 "%zu", i);
    if (rows[i].quiet != 0)
      cr_expect_eq(qr.quiet, rows[i].quiet, "%zu", i);
  }
}

/* The three finders, which a camera looks for first. */
static bool has_finder(const struct qr *qr, int left, int top)
{
  static const char finder[] = "1111111100000110111011011101101110110000011"
                               "111111";

  for (int i = 0; i < 49; i++)
    if (qr->dark[(top + i / 7) * qr->width + left + i % 7] != finder[i] - '0')
      return false;
  return true;
}

Test(qr, is_made_of_an_address)
{
  AUTO_QR struct qr qr = {0};
  struct err err = ERR_INIT;

  NEEDS_QRENCODE;
  cr_assert_eq(qr_make(&qr, "https://github.com/login/device", &err), E_OK,
               "%s", err.message);
  cr_assert_eq(qr.width, 25);
  cr_expect(has_finder(&qr, 0, 0));
  cr_expect(has_finder(&qr, 18, 0));
  cr_expect(has_finder(&qr, 0, 18));
  cr_expect_not(has_finder(&qr, 18, 18));
}

Test(qr, takes_no_more_than_it_can)
{
  AUTO_QR struct qr qr = {0};
  AUTO_QR struct qr none = {0};
  char text[4001];
  struct err err = ERR_INIT;

  NEEDS_QRENCODE;
  memset(text, 'a', sizeof(text) - 1);
  text[2048] = '\0';
  cr_assert_eq(qr_make(&qr, text, &err), E_OK, "%s", err.message);
  text[2048] = 'a';
  text[4000] = '\0';
  cr_assert_eq(qr_make(&none, text, &err), E_LOCAL);
  cr_expect_null(none.dark);
}
