#include "cmd/table.h"

#include "base/codec.h"
#include "base/mem.h"

#include <string.h>

/* Characters of UTF-8, which is what a column is wide here. */
static size_t width_of(const char *text)
{
  size_t width = 0;

  for (; *text != '\0'; text++)
    width += (*text & 0xc0) != 0x80;
  return width;
}

static enum code make_visible(const struct text_list *cells,
                              struct text_list *ret_shown, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < cells->count; i++) {
    AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
    codec_visible(&text, cells->items[i], strlen(cells->items[i]), false);
    code = buf_check(&text, err);
    if (code == E_OK)
      code = text_list_add(ret_shown, buf_text(&text), err);
  }
  return code;
}

static enum code put_row(char *const *cells, size_t columns,
                         const size_t *widths, enum ui_style style,
                         struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_DOCUMENT);
  bool styled = style != UI_PLAIN;

  if (styled)
    buf_puts(&line, ui_style(style, true));
  for (size_t c = 0; c < columns; c++) {
    buf_puts(&line, cells[c]);
    if (c + 1 < columns)
      buf_printf(&line, "%*s", (int)(widths[c] - width_of(cells[c]) + 2), "");
  }
  if (styled)
    buf_puts(&line, ui_style(UI_PLAIN, true));
  buf_putc(&line, '\n');
  enum code code = buf_check(&line, err);
  return code == E_OK ? ui_out(buf_text(&line), line.len, err) : code;
}

enum code table_print(const struct text_list *cells, size_t columns,
                      const enum ui_style *styles, struct err *err)
{
  AUTO_LIST struct text_list shown = {0};
  size_t *widths = mem_array(columns, sizeof(*widths));
  enum code code =
      widths != NULL ? make_visible(cells, &shown, err) : err_nomem(err);

  for (size_t i = 0; code == E_OK && i < shown.count; i++) {
    size_t width = width_of(shown.items[i]);
    if (width > widths[i % columns])
      widths[i % columns] = width;
  }
  for (size_t row = 0; code == E_OK && row < shown.count / columns; row++) {
    enum ui_style style = row == 0         ? UI_BOLD
                          : styles != NULL ? styles[row - 1]
                                           : UI_PLAIN;
    code = put_row(&shown.items[row * columns], columns, widths, style, err);
  }
  mem_free(widths);
  return code;
}
