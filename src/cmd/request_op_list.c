/* --op=: what the API's description has, for people (a table) and programs
 * (lines with tabs). */
#include "cmd/request_op.h"

#include "base/mem.h"
#include "cmd/table.h"

#include <string.h>
#include <strings.h>

enum { COLUMNS = 4 };

static bool has_words(const struct openapi_operation *operation,
                      const struct operands *operands)
{
  for (size_t i = 0; i < operands->count; i++) {
    const char *word = operands->items[i];

    if (strcasestr(operation->id, word) == NULL &&
        strcasestr(operation->path, word) == NULL &&
        strcasestr(operation->summary, word) == NULL &&
        strcasecmp(operation->method, word) != 0)
      return false;
  }
  return true;
}

static enum code add_cells(struct text_list *cells, struct err *err,
                           const char *a, const char *b, const char *c,
                           const char *d)
{
  enum code code = text_list_add(cells, a, err);

  if (code == E_OK)
    code = text_list_add(cells, b, err);
  if (code == E_OK)
    code = text_list_add(cells, c, err);
  return code == E_OK ? text_list_add(cells, d, err) : code;
}

static enum code print(const struct text_list *cells, struct err *err)
{
  enum code code = E_OK;

  if (ui_stdout_is_terminal())
    return table_print(cells, COLUMNS, NULL, err);
  for (size_t i = COLUMNS; code == E_OK && i < cells->count; i += COLUMNS)
    code =
        ui_outf(err, "%s\t%s\t%s\t%s\n", cells->items[i], cells->items[i + 1],
                cells->items[i + 2], cells->items[i + 3]);
  return code;
}

/* --- one in full -----------------------------------------------------------
 */

/* "integer", "a|b|c", "string[]" */
static void put_type(struct buf *out, const struct openapi_field *field)
{
  if (field->values == NULL) {
    if (strcmp(field->type, "array") == 0)
      buf_printf(out, "%s[]", *field->items != '\0' ? field->items : "any");
    else
      buf_puts(out, field->type);
    return;
  }
  for (size_t i = 0; i < json_array_size(field->values); i++)
    buf_printf(out, "%s%s", i > 0 ? "|" : "",
               json_string_value(json_array_get(field->values, i)));
}

static enum code print_one(const struct openapi_operation *operation,
                           struct err *err)
{
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
  AUTO_LIST struct text_list cells = {0};
  AUTO_BUF struct buf usage = BUF_INIT(BUF_LINE);
  enum code code = openapi_details(operation, &details, err);

  openapi_usage(&usage, operation, &details);
  if (code == E_OK)
    code = buf_check(&usage, err);
  if (code == E_OK)
    code =
        ui_outf(err, "%s %s%s\n%s%s%s\n\n", operation->method, operation->path,
                details.deprecated ? "  (deprecated)" : "", operation->summary,
                *operation->summary != '\0' ? "\n\n" : "", buf_text(&usage));
  if (code == E_OK)
    code = add_cells(&cells, err, "ITEM", "TYPE", "", "WHAT");
  for (size_t i = 0; code == E_OK && i < details.count; i++) {
    const struct openapi_field *field = &details.fields[i];
    AUTO_BUF struct buf item = BUF_INIT(BUF_LINE);
    AUTO_BUF struct buf type = BUF_INIT(BUF_LINE);

    openapi_put_item(&item, field);
    put_type(&type, field);
    code = add_cells(&cells, err, buf_text(&item), buf_text(&type),
                     field->required ? "required" : "", field->about);
  }
  return code == E_OK && details.count > 0
             ? table_print(&cells, COLUMNS, NULL, err)
             : code;
}

/* --- the list --------------------------------------------------------------
 */

static enum code list(const struct openapi *openapi,
                      const struct operands *operands, struct err *err)
{
  AUTO_LIST struct text_list cells = {0};
  const struct openapi_operation *found = NULL;
  size_t count = 0;
  enum code code =
      add_cells(&cells, err, "OPERATION", "METHOD", "PATH", "WHAT");

  for (size_t i = 0; code == E_OK && i < openapi_count(openapi); i++) {
    const struct openapi_operation *o = openapi_at(openapi, i);

    if (!has_words(o, operands))
      continue;
    found = o;
    count++;
    code = add_cells(&cells, err, o->id, o->method, o->path, o->summary);
  }
  if (code != E_OK)
    return code;
  if (count == 0)
    return err_set(err, E_NOT_FOUND, "no operation has these words");
  return count == 1 && operands->count > 0 ? print_one(found, err)
                                           : print(&cells, err);
}

enum code request_op_list(struct ctx *ctx,
                          const struct request_options *options,
                          const struct operands *operands, struct err *err)
{
  AUTO_REQUEST struct request request = {.options = options};
  AUTO(openapi) openapi = NULL;
  enum code code = ctx_select(ctx, NULL, &request.selection, err);

  if (code == E_OK)
    code = op_index(ctx, &request, op_reach_of(options), &openapi, err);
  if (code != E_OK)
    return code;
  if (operands->count == 1 && openapi_find(openapi, operands->items[0]) != NULL)
    return print_one(openapi_find(openapi, operands->items[0]), err);
  return list(openapi, operands, err);
}
