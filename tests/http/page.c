#include "http/page.h"

#include "base/codec.h"
#include "crypto/crypto.h"

#include <criterion/criterion.h>
#include <string.h>

static struct err err;

TestSuite(page);

Test(page, allows_the_pages_style_by_its_hash)
{
  AUTO_BUF struct buf page = BUF_INIT(BUF_URL);
  AUTO_BUF struct buf hash = BUF_INIT(BUF_LINE);
  uint8_t digest[CRYPTO_HASH_MAX];
  size_t len;
  const char *style, *end;

  page_render(&page, true, "t", "x");
  style = strstr(buf_text(&page), "<style>") + strlen("<style>");
  end = strstr(style, "</style>");
  cr_assert_eq(crypto_hash(CRYPTO_SHA256, style, (size_t)(end - style), digest,
                           &len, &err),
               E_OK);
  buf_puts(&hash, "sha256-");
  codec_base64(&hash, digest, len);
  cr_expect_str_eq(PAGE_STYLE_HASH, buf_text(&hash));
}

Test(page, shows_text_as_text)
{
  AUTO_BUF struct buf page = BUF_INIT(BUF_URL);
  const char *text;

  page_render(&page, false, "<b>\"x\" & 'y'\n\x1b[2J",
              "a\nb</p><script>\xe2\x80\xae");
  text = buf_text(&page);
  cr_expect_not_null(strstr(text, "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;"));
  cr_expect_not_null(strstr(text, "<p>a\nb&lt;/p&gt;&lt;script&gt;"));
  cr_expect_null(strstr(text, "<script"));
  cr_expect_null(strchr(text, '\x1b'));
  cr_expect_null(strstr(text, "\xe2\x80\xae"));
}
