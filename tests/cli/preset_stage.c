#include "cli/preset_stage.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void stage_clear(struct stage *stage)
{
  server_stop(&stage->server);
  home_clear(&stage->home);
}

static char *replaced(const char *text, const char *from, const char *to)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_PROFILE);
  struct err err = ERR_INIT;
  char *result = NULL;

  for (const char *at; (at = strstr(text, from)) != NULL;
       text = at + strlen(from)) {
    buf_put(&out, text, (size_t)(at - text));
    buf_puts(&out, to);
  }
  buf_puts(&out, text);
  cr_assert_eq(buf_detach(&out, &result, NULL, &err), E_OK);
  return result;
}

/* The preset's file with its addresses moved; mem_free. */
static char *moved(const struct part *part, const char *base)
{
  AUTO_STR char *path = mem_printf("src/profile/presets/%s.json", part->preset);
  json_t *json = json_load_file(path, 0, NULL);
  char *dumped = json_dumps(json, JSON_INDENT(2));
  char *text = mem_str(dumped);

  for (size_t i = 0; i < MOVES_MAX && part->moves[i].from != NULL; i++) {
    AUTO_STR char *to = replaced(part->moves[i].to, "$B", base);
    char *next = replaced(text, part->moves[i].from, to);
    cr_assert_str_neq(next, text, "%s: nothing is at '%s'", part->preset,
                      part->moves[i].from);
    mem_free(text);
    text = next;
  }
  free(dumped);
  json_decref(json);
  return text;
}

void stage_play_at(struct stage *ret_stage, const struct part *part,
                   const char *issuer_path)
{
  AUTO_STR char *target = mem_printf("data/fob/presets/%s.json", part->preset);
  struct server *server = &ret_stage->server;

  memset(ret_stage, 0, sizeof *ret_stage);
  server_start(server, issuer_path != NULL ? "--issuer-path" : NULL,
               issuer_path, NULL);
  home_make(&ret_stage->home);
  AUTO_STR char *text = moved(part, server->base);
  home_write(&ret_stage->home, target, 0644, "%s", text);
  server_order(server, "{'set': {'clients': {"
                       "  'fob-demo': {'redirect_uris': ["
                       "    'http://127.0.0.1/callback', 'http://127.0.0.1',"
                       "    'http://localhost', 'https://localhost/callback']},"
                       "  'fob-web': {'redirect_uris': ["
                       "    'http://127.0.0.1/callback', 'http://127.0.0.1',"
                       "    'http://localhost', 'https://localhost/callback']}"
                       "}}}");
  server_order(server, "{'set': %s}", part->settings);
  home_write(&ret_stage->home, "secret", 0600, "test-secret-not-real\n");
}

void stage_play(struct stage *ret_stage, const struct part *part)
{
  stage_play_at(ret_stage, part, NULL);
}

void stage_run(const struct stage *stage, int status, const char *line,
               const char *says)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(&stage->home, &stage->server, &o, NULL, line);
  cr_assert_eq(o.status, status, "%s: exit %d, not %d: %s", line, o.status,
               status, o.err);
  AUTO_STR char *all = mem_printf("%s%s", o.out, o.err);
  cli_has(all, says);
}

bool stage_unstored(const struct stage *stage)
{
  return !home_has(&stage->home, "data/fob/credentials");
}

json_t *stage_request(const struct stage *stage, const char *path, size_t index)
{
  json_t *requests = server_journal(&stage->server, path);
  json_t *entry = json_incref(json_array_get(requests, index));

  json_decref(requests);
  cr_assert_not_null(entry, "no request %zu for %s", index, path);
  return entry;
}

char *stage_scope(const struct stage *stage)
{
  AUTO_JSON json_t *asked = stage_request(stage, "/authorize", 0);
  const char *scope = json_text(json_object_get(asked, "query"), "scope");

  return scope != NULL ? mem_str(scope) : NULL;
}
