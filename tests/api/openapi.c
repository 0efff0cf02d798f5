/* An API's description, digested and read again. */
#include "api/openapi.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* ' for ". */
static char *json(const char *text)
{
  char *made = mem_str(text);

  for (char *at = made; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  return made;
}

static enum code digest(const char *text, struct buf *out, struct err *err)
{
  AUTO_STR char *document = json(text);
  const struct openapi_origin origin = {.source = "https://a.example/api.json",
                                        .etag = "\"5\"",
                                        .fetched = 1750000000};

  return openapi_digest(out, &origin, document, strlen(document), E_PROFILE,
                        "the description", err);
}

static struct openapi *index_of(const char *text)
{
  AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
  struct openapi *made = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(digest(text, &out, &err), E_OK, "%s", err.message);
  cr_assert_eq(openapi_new(&made, buf_text(&out), out.len, &err), E_OK,
               "%s in:\n%s", err.message, buf_text(&out));
  return made;
}

static const struct openapi_operation *find(const struct openapi *openapi,
                                            const char *id)
{
  const struct openapi_operation *found = openapi_find(openapi, id);

  cr_assert_not_null(found, "no %s", id);
  return found;
}

/* "q page integer! j=, e=a|b", a line a field */
static char *fields_of(const struct openapi *openapi, const char *id)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_DOCUMENT);
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
  struct err err = ERR_INIT;
  char *text = NULL;

  cr_assert_eq(openapi_details(find(openapi, id), &details, &err), E_OK, "%s",
               err.message);
  for (size_t i = 0; i < details.count; i++) {
    const struct openapi_field *f = &details.fields[i];

    buf_printf(&out, "%c %s %s%s%s%s%s", "pqhb"[f->in], f -> name, f -> type,
               *f -> items ? ":" : "", f->items, f->required ? "!" : "",
               f->nullable ? "?" : "");
    if (f->join != 0)
      buf_printf(&out, " j=%c", f->join);
    for (size_t k = 0; k < json_array_size(f->values); k++)
      buf_printf(&out, "%s%s", k == 0 ? " e=" : "|",
                 json_string_value(json_array_get(f->values, k)));
    buf_putc(&out, '\n');
  }
  cr_assert_eq(buf_detach(&out, &text, NULL, &err), E_OK);
  return text;
}

static void expect_fields(const char *document, const char *id,
                          const char *wanted)
{
  AUTO(openapi) openapi = index_of(document);
  AUTO_STR char *got = fields_of(openapi, id);

  cr_expect_str_eq(got, wanted, "%s:\n%s\nnot\n%s", id, got, wanted);
}

#define OP3(path, operation)                                                   \
  "{'openapi':'3.0.3','paths':{'" path                                         \
  "':{'get':{'operationId':'x'," operation "}}}}"
#define BODY3(schema)                                                          \
  "{'openapi':'3.1.0','paths':{'/a':{'post':{'operationId':'x',"               \
  "'requestBody':{'content':{'application/json':{'schema':" schema "}}}}}},"   \
  "'components':{'schemas':{'Node':{'properties':{'name':{'type':'string'},"   \
  "'next':{'$ref':'#/components/schemas/Node'}}},"                             \
  "'Loop':{'$ref':'#/components/schemas/Loop'},"                               \
  "'Both':{'allOf':[{'$ref':'#/components/schemas/Both'},"                     \
  "{'$ref':'#/components/schemas/Both'},{'properties':{'b':{'type':"           \
  "'integer'}},'required':['b']}]}}}}"

Test(openapi, reads_parameters)
{
  expect_fields(
      OP3("/u/{id}",
          "'parameters':[{'name':'id','in':'path','required':true,'schema':"
          "{'type':'integer'}},{'name':'q','in':'query','required':true},"
          "{'name':'state','in':'query','schema':{'type':'string','enum':"
          "['open','closed',7,null,{}]}},{'name':'X-T','in':'header','schema':"
          "{'type':'boolean','nullable':true}},{'name':'sid','in':'cookie'},"
          "{'name':'Accept','in':'header'}]"),
      "x",
      "p id integer!\nq q !\nq state string e=open|closed|7\n"
      "h X-T boolean?\n");
  /* lists, and how their elements are put together */
  expect_fields(
      OP3("/u",
          "'parameters':[{'name':'a','in':'query','schema':{'type':'array',"
          "'items':{'type':'string','enum':['x']}}},{'name':'b','in':'query',"
          "'explode':false,'schema':{'type':'array'}},{'name':'c','in':'query',"
          "'explode':false,'style':'pipeDelimited','schema':{'type':'array'}}"
          "]"),
      "x", "q a array:string e=x\nq b array j=,\nq c array j=|\n");
}

Test(openapi, reads_parameters_of_the_path_and_by_reference)
{
  expect_fields(
      "{'openapi':'3.0.0','paths':{'/r/{o}':{'parameters':["
      "{'$ref':'#/components/parameters/o'},{'name':'n','in':'query','schema':"
      "{'type':'string'}}],'get':{'operationId':'x','parameters':[{'name':'n',"
      "'in':'query','schema':{'$ref':'#/components/schemas/N'}}]}}},"
      "'components':{'parameters':{'o':{'name':'o','in':'path'}},'schemas':"
      "{'N':{'type':'integer'}}}}",
      "x", "q n integer\np o !\n");
}

Test(openapi, reads_swagger_2)
{
  static const char document[] =
      "{'swagger':'2.0','basePath':'/api/v4/','paths':{'/f/{id}':{'parameters':"
      "[{'name':'id','in':'path','type':'integer','required':true}],'post':{"
      "'operationId':'x','parameters':[{'name':'tags','in':'query','type':"
      "'array','items':{'type':'string'}},{'name':'m','in':'query','type':"
      "'array','collectionFormat':'multi'},{'in':'body','name':'b','schema':"
      "{'$ref':'#/definitions/B'}}]},'put':{'operationId':'y','parameters':"
      "[{'name':'n','in':'formData','type':'string','required':true}]},"
      "'patch':{'operationId':'z','parameters':[{'name':'n','in':'formData',"
      "'type':'file'}]}}},'definitions':{'B':{'type':'object','required':['t'],"
      "'properties':{'t':{'type':'string'}}}}}";
  AUTO(openapi) openapi = index_of(document);

  cr_expect_str_eq(openapi_prefix(openapi), "/api/v4");
  expect_fields(document, "x",
                "q tags array:string j=,\nq m array\np id integer!\n"
                "b t string!\n");
  expect_fields(document, "y", "p id integer!\nb n string!\n");
  expect_fields(document, "z", "p id integer!\nb n file\n");
}

Test(openapi, reads_the_members_of_a_body)
{
  expect_fields(
      BODY3("{'type':'object','required':['title','id'],'properties':{'title':"
            "{'type':'string'},'id':{'type':'integer','readOnly':true},'n':"
            "{'type':['null','integer']},'any':{'oneOf':[{'type':'string'},"
            "{'type':'integer'}]},'labels':{'type':'array','items':{'type':"
            "'object','properties':{'color':{'type':'string'}}}},'user':"
            "{'properties':{'id':{'type':'integer'}},'required':['id']},"
            "'a[b]':{},'x=y':{}}}"),
      "x",
      "b title string!\nb n integer?\nb any \nb labels array:object\n"
      "b labels[][color] string\nb user object\nb user[id] integer\n");
}

Test(openapi, is_not_caught_by_references_to_themselves)
{
  expect_fields(BODY3("{'$ref':'#/components/schemas/Node'}"), "x",
                "b name string\nb next object\nb next[name] string\n"
                "b next[next] object\nb next[next][name] string\n"
                "b next[next][next] object\n");
  expect_fields(BODY3("{'$ref':'#/components/schemas/Loop'}"), "x", "");
  expect_fields(BODY3("{'$ref':'#/components/schemas/Both'}"), "x",
                "b b integer!\n");
  expect_fields(BODY3("{'$ref':'https://evil.example/x.json#/a'}"), "x", "");
}

Test(openapi, gives_an_id_to_what_has_none)
{
  AUTO(openapi)
  openapi = index_of(
      "{'openapi':'3.0.0','paths':{'/u/{id}/repos':{'get':{},'post':"
      "{'operationId':'twice','summary':'First'},'put':{'operationId':'twice'},"
      "'delete':{'operationId':'a\\nb'},'patch':{'operationId':''},"
      "'trace':{'operationId':'e\\u001b[31m'}}}}");
  static const char *const ids[] = {"get-u-id-repos",    "twice",
                                    "put-u-id-repos",    "patch-u-id-repos",
                                    "delete-u-id-repos", "trace-u-id-repos"};

  cr_expect_eq(openapi_count(openapi), ARRAY_LEN(ids));
  for (size_t i = 0; i < ARRAY_LEN(ids); i++)
    cr_expect_not_null(openapi_find(openapi, ids[i]), "%s", ids[i]);
  cr_expect_str_eq(find(openapi, "twice")->method, "POST");
}

/* What goes into a line of the index, and from there to a terminal. */
Test(openapi, leaves_out_or_shows_what_acts_on_a_terminal)
{
  AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
  struct err err = ERR_INIT;
  AUTO(openapi) openapi = NULL;

  cr_assert_eq(
      digest("{'openapi':'3.0.0','paths':{'/a\\tb':{'get':{'operationId':"
             "'tab'}},'/a\\u001b':{'get':{'operationId':'esc'}},'/a b':{'get':"
             "{'operationId':'blank'}},'b':{'get':{'operationId':'rel'}},"
             "'/q?x=1':{'get':{'operationId':'query'}},'/ok':{'get':{"
             "'operationId':'ok','summary':'red \\u001b[31m\\ttab \\u202e\\n2',"
             "'parameters':[{'name':'a\\u0007','in':'query'},{'name':'n','in':"
             "'query','description':'\\u009b31m','schema':{'enum':"
             "['\\u001b','x']}}]}}}}",
             &out, &err),
      E_OK, "%s", err.message);
  cr_assert_eq(openapi_new(&openapi, buf_text(&out), out.len, &err), E_OK);
  cr_expect_eq(openapi_count(openapi), 1, "%s", buf_text(&out));
  cr_expect_str_eq(find(openapi, "ok")->summary,
                   "red \\x1b[31m\\x09tab \\u{202e}");
  AUTO_STR char *fields = fields_of(openapi, "ok");
  cr_expect_str_eq(fields, "q n  e=x\n");
  for (size_t i = 0; i < out.len; i++)
    cr_expect(out.data[i] == '\n' || out.data[i] == '\t' ||
              (unsigned char)out.data[i] >= 0x20);
}

Test(openapi, cuts_long_texts)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  buf_puts(&text, "{'openapi':'3.0.0','paths':{'/a':{'get':{'operationId':'x',"
                  "'summary':'");
  for (int i = 0; i < 500; i++)
    buf_puts(&text, "ä");
  buf_puts(&text, "'}}}}");
  AUTO(openapi) openapi = index_of(buf_text(&text));
  const char *summary = find(openapi, "x")->summary;
  cr_expect_eq(strlen(summary), OPENAPI_SUMMARY_MAX + strlen("…"));
  cr_expect_str_eq(summary + OPENAPI_SUMMARY_MAX, "…");
}

static const struct {
  const char *text, *says;
} refused[] = {
    {"", "not valid JSON"},
    {"[]", "neither OpenAPI"},
    {"{}", "neither OpenAPI"},
    {"{'openapi':'4.0.0','paths':{'/a':{'get':{}}}}", "neither OpenAPI"},
    {"{'swagger':'1.2','paths':{'/a':{'get':{}}}}", "neither OpenAPI"},
    {"{'swagger':2.0,'paths':{'/a':{'get':{}}}}", NULL},
    {"{'openapi':'3.0.0'}", "no operation"},
    {"{'openapi':'3.0.0','paths':[]}", "no operation"},
    {"{'openapi':'3.0.0','paths':{'/a':[]}}", "no operation"},
    {"{'openapi':'3.0.0','paths':{'/a':{'x':{}}}}", "no operation"},
    {"{'openapi':'3.0.0','paths':{'/a':{'$ref':'#/paths/~1a'}}}",
     "no operation"},
    {"openapi: 3.0.0\npaths: {}\n", "not valid JSON"},
};

Test(openapi, refuses_what_is_no_description)
{
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
    struct err err = ERR_INIT;
    enum code code = digest(refused[i].text, &out, &err);

    cr_expect_eq(code, refused[i].says != NULL ? E_PROFILE : E_OK, "%s: %s",
                 refused[i].text, err.message);
    if (refused[i].says != NULL)
      cr_expect_not_null(strstr(err.message, refused[i].says), "%s: %s",
                         refused[i].text, err.message);
    cr_expect_eq(strstr(refused[i].text, "openapi: ") != NULL,
                 strstr(err.hint, "YAML") != NULL);
  }
}

/* 10,000 references through 10,000 definitions, doubled. */
Test(openapi, gives_up_on_a_document_that_takes_for_ever, .timeout = 60)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
  struct err err = ERR_INIT;

  buf_puts(&text, "{'openapi':'3.0.0','paths':{");
  for (int i = 0; i < 2000; i++)
    buf_printf(&text,
               "%s'/%d':{'get':{'parameters':[{'$ref':'#/c/z'},"
               "{'$ref':'#/c/z'},{'$ref':'#/c/z'}]}}",
               i > 0 ? "," : "", i);
  buf_puts(&text, "},'c':{");
  for (int i = 0; i < 50000; i++)
    buf_printf(&text, "'%d':1,", i);
  buf_puts(&text, "'z':{}}}");
  cr_expect_eq(digest(buf_text(&text), &out, &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "too often"), "%s", err.message);
}

/* --- the index --------------------------------------------------------------
 */

#define HEAD "{\"openapi\":1,\"prefix\":\"\"}\n"

static const char *const broken[] = {
    "",
    "\n",
    "{}\n",
    "{\"openapi\":2}\nx\tGET\t/a\t\t{}\n",
    "{\"openapi\":1}\n",
    HEAD "x\tGET\t/a\t\t{}",
    HEAD "x\tGET\t/a\t{}\n",
    HEAD "x\tget\t/a\t\t{}\n",
    HEAD "x\tBREW\t/a\t\t{}\n",
    HEAD "x\tGET\ta\t\t{}\n",
    HEAD "x\tGET\t/a b\t\t{}\n",
    HEAD "x\tGET\t/a?b\t\t{}\n",
    HEAD "\tGET\t/a\t\t{}\n",
    HEAD "x\tGET\t/a\t\t[]\n",
    HEAD "x\tGET\t/a\t\t{}\n\n",
    HEAD "x\x1b\tGET\t/a\t\t{}\n",
    HEAD "x\tGET\t/a\t\xe2\x80\xae\t{}\n",
    HEAD "x\tGET\t/a\t\xff\t{}\n",
    "{\"openapi\":1,\"prefix\":\"https://evil.example\"}\nx\tGET\t/a\t\t{}\n",
};

Test(openapi, believes_no_index_that_it_did_not_write)
{
  for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
    struct openapi *made = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(openapi_new(&made, broken[i], strlen(broken[i]), &err),
                 E_ANSWER, "%s", broken[i]);
    cr_expect_null(made);
  }
}

Test(openapi, names_ids_that_are_near)
{
  AUTO(openapi)
  openapi = index_of(
      "{'openapi':'3.0.0','paths':{'/a':{'get':{'operationId':'getUser'},"
      "'put':{'operationId':'putUser'},'post':{'operationId':'createUser'},"
      "'patch':{'operationId':'getUser$(rm)'},'delete':{'operationId':"
      "'unlike'}}}}");
  const char *ids[3];

  cr_expect_eq(openapi_nearest(openapi, "getuser", ids), 2);
  cr_expect_str_eq(ids[0], "getUser");
  cr_expect_eq(openapi_nearest(openapi, "User", ids), 3);
  cr_expect_eq(openapi_nearest(openapi, "zzz", ids), 0);
  cr_expect_eq(openapi_nearest(openapi, "", ids), 0);
}

static const struct {
  const char *prefix, *paths[2], *base, *below;
} places[] = {
    /* server, two paths, the base's path, what the first becomes */
    {"", {"/user", "/x"}, "/", "/user"},
    {"", {"/user", "/x"}, "/api/v3", "/user"},
    {"https://h.example/api/v4", {"/user", "/x"}, "/api/v4", "/user"},
    {"https://h.example/api/v4/", {"/user", "/x"}, "/api/v4", "/user"},
    {"/api/v4", {"/user", "/x"}, "/", "/api/v4/user"},
    {"/api/v4", {"/user", "/x"}, "/api", "/v4/user"},
    {"/v1", {"/user", "/x"}, "/v2", "/user"},
    {"", {"/api/v4/user", "/api/v4/x"}, "/api/v4", "/user"},
    {"", {"/api/v4/user", "/other"}, "/api/v4", "/api/v4/user"},
    {"", {"/api/v4x/user", "/api/v4/x"}, "/api/v4", "/api/v4x/user"},
    {"/api", {"/v4/user", "/v4/x"}, "/api/v4", "/user"},
    {"", {"/api", "/api/x"}, "/api", "/"},
    {"https://{region}.example/v1", {"/user", "/x"}, "/", "/v1/user"},
    {"https://h.example/{version}", {"/user", "/x"}, "/", "/user"},
    {"https://h.example", {"/user", "/x"}, "/v1", "/user"},
};

Test(openapi, puts_paths_below_the_base)
{
  for (size_t i = 0; i < ARRAY_LEN(places); i++) {
    AUTO_STR char *document =
        mem_printf("{'openapi':'3.0.0','servers':[{'url':'%s'}],'paths':{"
                   "'%s':{'get':{}},'%s':{'get':{}}}}",
                   places[i].prefix, places[i].paths[0], places[i].paths[1]);
    AUTO(openapi) openapi = index_of(document);
    AUTO_STR char *path = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(
        openapi_below(openapi, places[i].base, places[i].paths[0], &path, &err),
        E_OK);
    cr_expect_str_eq(path, places[i].below, "%zu: %s", i, path);
  }
}

Test(openapi, shows_how_an_operation_is_asked_for)
{
  AUTO(openapi)
  openapi = index_of(
      "{'openapi':'3.0.0','paths':{'/u/{id}':{'patch':{'operationId':'edit',"
      "'parameters':[{'name':'id','in':'path'},{'name':'dry','in':'query'},"
      "{'name':'X-T','in':'header','required':true}],'requestBody':{'content':"
      "{'application/json':{'schema':{'required':['name'],'properties':{'name':"
      "{'type':'string'},'tags':{'type':'array'}}}}}}}}}}");
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
  AUTO_BUF struct buf usage = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;

  cr_assert_eq(openapi_details(find(openapi, "edit"), &details, &err), E_OK);
  openapi_usage(&usage, find(openapi, "edit"), &details);
  cr_expect_str_eq(buf_text(&usage),
                   "fob request --op edit id=... X-T:... name=... [dry==...] "
                   "[tags[]=...]");
}

static const struct {
  const char *text;
  bool plain;
} words[] = {
    {"getUser", true},   {"repos/get", true}, {"/u/{id}/x.json", true},
    {"a.b_c-d:e", true}, {"", false},         {"-x", false},
    {"=ls", false},      {"%1", false},       {"a b", false},
    {"$(rm)", false},    {"`id`", false},     {"a;b", false},
    {"a'b", false},      {"a\"b", false},     {"a\\b", false},
    {"~root", false},    {"a*", false},       {"a?", false},
    {"[a]", false},      {"{a,b}", false},    {"{1..3}", false},
    {"a,b", true},       {"a&b", false},      {"a|b", false},
    {"#a", false},       {"!x", false},       {"a\nb", false},
    {"\xc3\xa4", false}, {"a<b", false},      {"(a)", false},
};

Test(openapi, knows_a_word_that_a_shell_leaves_alone)
{
  for (size_t i = 0; i < ARRAY_LEN(words); i++)
    cr_expect_eq(openapi_is_plain_word(words[i].text), words[i].plain, "%s",
                 words[i].text);
}
