/* ITEMs put where an operation wants them. */
#include "api/openapi_place.h"

#include "api/body.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

static const char description[] =
    "{'openapi':'3.0.3','paths':{"
    "'/u/{id}':{'get':{'operationId':'get','parameters':["
    "{'name':'id','in':'path','schema':{'type':'integer'}},"
    "{'name':'page','in':'query','schema':{'type':'integer'}},"
    "{'name':'filter','in':'query','style':'deepObject'},"
    "{'name':'ids','in':'query','explode':false,'schema':{'type':'array'}},"
    "{'name':'each','in':'query','schema':{'type':'array'}},"
    "{'name':'X-Trace','in':'header'}]}},"
    "'/c/{a}...{b}/{list}.json':{'get':{'operationId':'two','parameters':["
    "{'name':'list','in':'path','schema':{'type':'array'}}]}},"
    "'/search':{'get':{'operationId':'search','parameters':["
    "{'name':'q','in':'query','required':true},"
    "{'name':'Version','in':'header','required':true}]}},"
    "'/i':{'post':{'operationId':'post','parameters':["
    "{'name':'name','in':'query'}],'requestBody':{'required':true,'content':"
    "{'application/json':{'schema':{'required':['title'],'properties':{"
    "'title':{'type':'string'},'name':{'type':'string'},"
    "'n':{'type':'integer'},'x':{'type':'number'},'on':{'type':'boolean'},"
    "'maybe':{'type':'integer','nullable':true},'open':{},"
    "'labels':{'type':'array','items':{'type':'string'}},"
    "'nums':{'type':'array','items':{'type':'integer'}},"
    "'user':{'type':'object','properties':{'id':{'type':'integer'}}},"
    "'rows':{'type':'array','items':{'type':'object','properties':"
    "{'n':{'type':'integer'}}}}}}}}}}},"
    "'/f':{'post':{'operationId':'form','requestBody':{'content':{"
    "'application/x-www-form-urlencoded':{'schema':{'properties':{"
    "'n':{'type':'integer'}}}}}}}}}}";

static struct openapi *openapi;

static void setup(void)
{
  AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
  AUTO_STR char *document = mem_str(description);
  const struct openapi_origin origin = {0};
  struct err err = ERR_INIT;

  for (char *at = document; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  cr_assert_eq(openapi_digest(&out, &origin, document, strlen(document),
                              E_PROFILE, "it", &err),
               E_OK, "%s", err.message);
  cr_assert_eq(openapi_new(&openapi, buf_text(&out), out.len, &err), E_OK);
}

static void teardown(void)
{
  openapi_free(openapi);
}

TestSuite(openapi_place, .init = setup, .fini = teardown);

enum { WORDS = 6 };

struct placing {
  struct item_list items;
  char *path;
  enum code code;
  struct err err;
};

static void placing_clear(struct placing *p)
{
  item_list_clear(&p->items);
  mem_free(p->path);
}
#define AUTO_PLACING __attribute__((cleanup(placing_clear)))

static void place(struct placing *p, const char *id,
                  const char *const words[WORDS],
                  const struct openapi_given *given)
{
  const struct openapi_operation *operation = openapi_find(openapi, id);
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};

  memset(p, 0, sizeof *p);
  cr_assert_not_null(operation);
  cr_assert_eq(openapi_details(operation, &details, &p->err), E_OK);
  for (size_t i = 0; i < WORDS && words[i] != NULL; i++)
    cr_assert_eq(item_parse(&p->items, words[i], &p->err), E_OK, "%s: %s",
                 words[i], p->err.message);
  p->code = openapi_type_items(operation, &details, &p->items, &p->err);
  if (p->code == E_OK)
    p->code =
        openapi_place(operation, &details, given, &p->items, &p->path, &p->err);
}

/* "title=x n:=3 q==1 N:v", as it would have to be written */
static char *written(const struct item_list *items)
{
  static const char *const separators[] = {
      [ITEM_TEXT] = "=",        [ITEM_JSON] = ":=",
      [ITEM_QUERY] = "==",      [ITEM_HEADER] = ":",
      [ITEM_UPLOAD] = "@",      [ITEM_TEXT_FILE] = "=@",
      [ITEM_JSON_FILE] = ":=@", [ITEM_FIELD_FILE] = "=@"};
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  char *text = NULL;

  for (size_t i = 0; i < items->count; i++)
    buf_printf(&out, "%s%s%s%s", i > 0 ? " " : "", items->items[i].key,
               separators[items->items[i].kind], items->items[i].value);
  cr_assert_eq(buf_detach(&out, &text, NULL, &err), E_OK);
  return text;
}

static const struct {
  const char *id;
  const char *words[WORDS];
  const char *path, *items;
} places[] = {
    /* the path: one segment, whatever is in it */
    {"get", {"id=3"}, "/u/3", ""},
    {"get", {"id:=3"}, "/u/3", ""},
    {"get", {"id=a b/c?d#e%2f&ü"}, "/u/a%20b%2Fc%3Fd%23e%252f%26%C3%BC", ""},
    {"get", {"id=1", "id=2"}, "/u/1", "id=2"},
    {"get", {"id=1", "id==2"}, "/u/1", "id==2"},
    {"two", {"b=y", "a=x", "list=1"}, "/c/x...y/1.json", ""},
    {"two",
     {"a=x", "b=y", "list=1,2", "list=3"},
     "/c/x...y/1%2C2%2C3.json",
     ""},
    /* the query and headers */
    {"get", {"id=3", "page=2"}, "/u/3", "page==2"},
    {"get", {"id=3", "page:=2"}, "/u/3", "page==2"},
    {"get", {"id=3", "page==2"}, "/u/3", "page==2"},
    {"get", {"id=3", "filter[a]=2"}, "/u/3", "filter[a]==2"},
    {"get", {"id=3", "ids=1", "ids==2", "ids=3"}, "/u/3", "ids==1,2,3"},
    {"get", {"id=3", "each=1", "each=2"}, "/u/3", "each==1 each==2"},
    {"get", {"id=3", "x-trace=abc"}, "/u/3", "x-trace:abc"},
    {"get", {"id=3", "X-Other:abc"}, "/u/3", "X-Other:abc"},
    {"get", {"id=3", "unknown=1"}, "/u/3", "unknown=1"},
    /* the body, which has a member of that name too */
    {"post", {"title=t", "name=x"}, "/i", "title=t name=x"},
    {"post", {"title=t", "name==x"}, "/i", "title=t name==x"},
    /* types */
    {"post",
     {"title=3", "n=3", "x=1.50", "on=true"},
     "/i",
     "title=3 n:=3 x:=1.50 on:=true"},
    {"post",
     {"title=t", "n=-12345678901234567890"},
     "/i",
     "title=t n:=-12345678901234567890"},
    {"post",
     {"title=t", "x=1e400", "maybe=null", "open=7"},
     "/i",
     "title=t x:=1e400 maybe:=null open=7"},
    {"post",
     {"title=t", "labels=a", "labels=b", "labels[]=c"},
     "/i",
     "title=t labels[]=a labels[]=b labels[]=c"},
    {"post",
     {"title=t", "nums=1", "nums[]=2", "nums[0]=3"},
     "/i",
     "title=t nums[]:=1 nums[]:=2 nums[0]:=3"},
    {"post",
     {"title=t", "user[id]=7", "rows[0][n]=1", "rows[][n]=2"},
     "/i",
     "title=t user[id]:=7 rows[0][n]:=1 rows[][n]:=2"},
    {"post", {"title=t", "n:=\"text\""}, "/i", "title=t n:=\"text\""},
    {"form", {"n=3"}, "/f", "n=3"},
};

Test(openapi_place, puts_items_where_they_belong)
{
  const struct openapi_given given = {0};

  for (size_t i = 0; i < ARRAY_LEN(places); i++) {
    AUTO_PLACING struct placing p;

    place(&p, places[i].id, places[i].words, &given);
    cr_assert_eq(p.code, E_OK, "%zu: %s", i, p.err.message);
    AUTO_STR char *items = written(&p.items);
    cr_expect_str_eq(p.path, places[i].path, "%zu: %s", i, p.path);
    cr_expect_str_eq(items, places[i].items, "%zu: %s", i, items);
  }
}

static const struct {
  const char *id;
  const char *words[WORDS];
  const char *says;
} refused[] = {
    {"get", {NULL}, "get needs id"},
    {"get", {"id==3"}, "get needs id"},
    {"get", {"id="}, "empty"},
    {"two", {"a=1"}, "two needs b, list"},
    {"search", {NULL}, "search needs q, Version"},
    {"search", {"q="}, "search needs Version"},
    {"post", {NULL}, "post needs title"},
    {"post", {"n=3"}, "post needs title"},
    {"post", {"title=t", "n=three"}, "item 'n': it is an integer"},
    {"post", {"title=t", "n=1.5"}, "an integer"},
    {"post", {"title=t", "n=1e3"}, "an integer"},
    {"post", {"title=t", "n="}, "an integer"},
    {"post", {"title=t", "n=-"}, "an integer"},
    {"post", {"title=t", "n= 3"}, "an integer"},
    {"post", {"title=t", "n=null"}, "an integer"},
    {"post", {"title=t", "n=03"}, "an integer"},
    {"post", {"title=t", "x=NaN"}, "a number"},
    {"post", {"title=t", "on=1"}, "a boolean"},
    {"post", {"title=t", "nums=a"}, "item 'nums[]': it is an integer"},
};

Test(openapi_place, names_what_is_missing_or_of_another_type)
{
  const struct openapi_given given = {0};

  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_PLACING struct placing p;

    place(&p, refused[i].id, refused[i].words, &given);
    cr_expect_eq(p.code, E_USAGE, "%zu", i);
    cr_expect_not_null(strstr(p.err.message, refused[i].says), "%zu: %s", i,
                       p.err.message);
    cr_expect_eq(p.err.hint[0] == '\0', i == 2, "%zu", i);
  }
}

/* A value that was refused may have been put into the wrong field. */
Test(openapi_place, shows_no_value)
{
  const struct openapi_given given = {0};
  const char *const words[WORDS] = {"title=t", "n=hunter2hunter2"};
  AUTO_PLACING struct placing p;

  place(&p, "post", words, &given);
  cr_expect_eq(p.code, E_USAGE);
  cr_expect_null(strstr(p.err.message, "hunter2"));
  cr_expect_null(strstr(p.err.hint, "hunter2"));
}

Test(openapi_place, counts_what_the_request_has_otherwise)
{
  const char *const header[] = {"version"};
  const char *const q[WORDS] = {"q=1"};
  const char *const none[WORDS] = {NULL};
  AUTO_PLACING struct placing a, b, c, d;

  place(&a, "search", q,
        &(struct openapi_given){.headers = header, .header_count = 1});
  cr_expect_eq(a.code, E_OK, "%s", a.err.message);
  place(&b, "search", q, &(struct openapi_given){.any_header = true});
  cr_expect_eq(b.code, E_OK, "%s", b.err.message);
  place(&c, "search", none,
        &(struct openapi_given){.any_header = true, .query = "q"});
  cr_expect_eq(c.code, E_OK, "%s", c.err.message);
  place(&d, "post", none, &(struct openapi_given){.body = true});
  cr_expect_eq(d.code, E_OK, "%s", d.err.message);
}

Test(openapi_place, reads_a_file_that_goes_into_the_path)
{
  const struct openapi_given given = {0};
  AUTO_PLACING struct placing p, nul;
  AUTO_STR char *word = NULL;

  scratch_write(scratch_path("id"), "7/8", 0600);
  word = mem_printf("id=@%s", scratch_path("id"));
  place(&p, "get", (const char *const[WORDS]){word}, &given);
  cr_assert_eq(p.code, E_OK, "%s", p.err.message);
  cr_expect_str_eq(p.path, "/u/7%2F8");
  place(&nul, "get", (const char *const[WORDS]){"id=@/dev/null"}, &given);
  cr_expect_eq(nul.code, E_USAGE);
}
