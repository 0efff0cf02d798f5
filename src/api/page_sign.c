/* Where APIs put what leads to the next page. A row stands for many servers;
 * the order is that of choice. */
#include "api/page_part.h"

#include <string.h>

#define URL_AT(pointer)                                                        \
  {                                                                            \
    pointer, SIGN_URL, NULL                                                    \
  }
#define CURSOR(pointer, param)                                                 \
  {                                                                            \
    pointer, SIGN_CURSOR, param                                                \
  }
#define MORE(pointer)                                                          \
  {                                                                            \
    pointer, SIGN_MORE, NULL                                                   \
  }
#define DONE(pointer)                                                          \
  {                                                                            \
    pointer, SIGN_DONE, NULL                                                   \
  }
#define PAGES(pointer)                                                         \
  {                                                                            \
    pointer, SIGN_PAGES, NULL                                                  \
  }
#define NUMBER(pointer)                                                        \
  {                                                                            \
    pointer, SIGN_PAGE, NULL                                                   \
  }
#define OFFSET(pointer, param)                                                 \
  {                                                                            \
    pointer, SIGN_OFFSET, param                                                \
  }
#define TOTAL(pointer)                                                         \
  {                                                                            \
    pointer, SIGN_TOTAL, NULL                                                  \
  }
#define LIMIT(pointer)                                                         \
  {                                                                            \
    pointer, SIGN_LIMIT, NULL                                                  \
  }

const struct sign page_signs[] = {
    URL_AT("/next"),
    URL_AT("/links/next"),
    URL_AT("/links/next/href"),
    URL_AT("/links/next/url"),
    URL_AT("/_links/next"),
    URL_AT("/_links/next/href"),
    URL_AT("/paging/next"),
    URL_AT("/paging/next/link"),
    URL_AT("/@odata.nextLink"),
    URL_AT("/odata.nextLink"),
    URL_AT("/d/__next"),
    URL_AT("/nextLink"),
    URL_AT("/next_link"),
    URL_AT("/nextUrl"),
    URL_AT("/next_url"),
    URL_AT("/next_href"),
    URL_AT("/nextPageUrl"),
    URL_AT("/next_page_url"),
    URL_AT("/nextRecordsUrl"),
    URL_AT("/nextPageLink"),
    URL_AT("/pagination/next"),
    URL_AT("/pagination/next_url"),
    URL_AT("/pagination/next_link"),
    URL_AT("/pagination/nextUrl"),
    URL_AT("/pagination/links/next"),
    URL_AT("/meta/next"),
    URL_AT("/meta/next_page_url"),
    URL_AT("/meta/links/next"),
    URL_AT("/meta/pagination/links/next"),
    URL_AT("/resultset/next"),

    /* A text or number; with a URL in it, it is one of those above. */
    CURSOR("/nextPageToken", "pageToken"),
    CURSOR("/next_page_token", "page_token"),
    CURSOR("/nextToken", "nextToken"),
    CURSOR("/NextToken", "NextToken"),
    CURSOR("/next_token", "next_token"),
    CURSOR("/meta/next_token", "pagination_token"),
    CURSOR("/next_cursor", "cursor"),
    CURSOR("/nextCursor", "cursor"),
    CURSOR("/response_metadata/next_cursor", "cursor"),
    CURSOR("/meta/next_cursor", "cursor"),
    CURSOR("/meta/nextCursor", "cursor"),
    CURSOR("/metadata/next_cursor", "cursor"),
    CURSOR("/metadata/nextCursor", "cursor"),
    CURSOR("/metadata/continue", "continue"),
    CURSOR("/pagination/next_cursor", "cursor"),
    CURSOR("/pagination/nextCursor", "cursor"),
    CURSOR("/pagination/cursor", "after"),
    CURSOR("/paging/next_cursor", "cursor"),
    CURSOR("/paging/nextCursor", "cursor"),
    CURSOR("/paging/next/after", "after"),
    CURSOR("/paging/cursors/after", "after"),
    CURSOR("/cursors/after", "after"),
    CURSOR("/meta/cursors/after", "after"),
    CURSOR("/continuationToken", "continuationToken"),
    CURSOR("/continuation_token", "continuation_token"),
    CURSOR("/nextMarker", "marker"),
    CURSOR("/next_marker", "marker"),
    CURSOR("/NextMarker", "Marker"),
    CURSOR("/nextOffset", "offset"),
    CURSOR("/next_offset", "offset"),
    CURSOR("/next_page", "page"),
    CURSOR("/nextPage", "page"),
    CURSOR("/meta/next_page", "page"),
    CURSOR("/meta/pagination/next_page", "page"),
    CURSOR("/pagination/next_page", "page"),
    CURSOR("/pagination/nextPage", "page"),

    MORE("/has_more"),
    MORE("/hasMore"),
    MORE("/has_next"),
    MORE("/hasNext"),
    MORE("/has_next_page"),
    MORE("/hasNextPage"),
    MORE("/meta/has_more"),
    MORE("/meta/hasMore"),
    MORE("/pagination/has_more"),
    MORE("/pagination/hasMore"),
    MORE("/pagination/has_next"),
    MORE("/paging/has_more"),
    DONE("/done"),
    DONE("/last"),
    DONE("/isLast"),

    PAGES("/total_pages"),
    PAGES("/totalPages"),
    PAGES("/page_count"),
    PAGES("/pageCount"),
    PAGES("/num_pages"),
    PAGES("/last_page"),
    PAGES("/lastPage"),
    PAGES("/pages"),
    PAGES("/meta/total_pages"),
    PAGES("/meta/totalPages"),
    PAGES("/meta/last_page"),
    PAGES("/meta/page_count"),
    PAGES("/meta/pagination/total_pages"),
    PAGES("/meta/pagination/pageCount"),
    PAGES("/pagination/total_pages"),
    PAGES("/pagination/totalPages"),
    PAGES("/pagination/page_count"),
    PAGES("/pagination/pages"),
    PAGES("/paging/total_pages"),
    PAGES("/paging/pages"),
    PAGES("/page/totalPages"),
    PAGES("/page/total_pages"),
    PAGES("/result_info/total_pages"),

    NUMBER("/page"),
    NUMBER("/number"),
    NUMBER("/current_page"),
    NUMBER("/currentPage"),
    NUMBER("/page_number"),
    NUMBER("/pageNumber"),
    NUMBER("/meta/page"),
    NUMBER("/meta/current_page"),
    NUMBER("/meta/currentPage"),
    NUMBER("/meta/pagination/current_page"),
    NUMBER("/meta/pagination/page"),
    NUMBER("/pagination/page"),
    NUMBER("/pagination/current_page"),
    NUMBER("/pagination/currentPage"),
    NUMBER("/paging/page"),
    NUMBER("/page/number"),
    NUMBER("/result_info/page"),

    OFFSET("/offset", "offset"),
    OFFSET("/skip", "skip"),
    OFFSET("/startAt", "startAt"),
    OFFSET("/start", "start"),
    OFFSET("/startIndex", "startIndex"),
    OFFSET("/start_index", "start_index"),
    OFFSET("/meta/offset", "offset"),
    OFFSET("/pagination/offset", "offset"),
    OFFSET("/paging/offset", "offset"),

    TOTAL("/total"),
    TOTAL("/totalCount"),
    TOTAL("/total_count"),
    TOTAL("/totalResults"),
    TOTAL("/total_results"),
    TOTAL("/totalItems"),
    TOTAL("/total_items"),
    TOTAL("/meta/total"),
    TOTAL("/meta/total_count"),
    TOTAL("/meta/totalCount"),
    TOTAL("/pagination/total"),
    TOTAL("/pagination/total_count"),
    TOTAL("/pagination/totalCount"),
    TOTAL("/paging/total"),

    LIMIT("/limit"),
    LIMIT("/maxResults"),
    LIMIT("/max_results"),
    LIMIT("/itemsPerPage"),
    LIMIT("/per_page"),
    LIMIT("/page_size"),
    LIMIT("/pageSize"),
    LIMIT("/meta/limit"),
    LIMIT("/pagination/limit"),
    LIMIT("/paging/limit"),
};

const size_t page_signs_count = ARRAY_LEN(page_signs);

_Static_assert(ARRAY_LEN(page_signs) < WATCH_MAX, "a watch takes them all");

const char *page_sign_param(const char *pointer)
{
  for (size_t i = 0; i < page_signs_count; i++) {
    if (page_signs[i].param != NULL &&
        strcmp(page_signs[i].pointer, pointer) == 0)
      return page_signs[i].param;
  }
  return NULL;
}

bool page_is_reference(const char *text)
{
  return *text == '/' || *text == '?' || strncmp(text, "https://", 8) == 0 ||
         strncmp(text, "http://", 7) == 0;
}
