#include "base/env.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(env, empty_means_unset)
{
  cr_assert_eq(unsetenv("FOB_TEST"), 0);
  cr_expect_null(env_text("FOB_TEST"));
  cr_assert_eq(setenv("FOB_TEST", "", 1), 0);
  cr_expect_null(env_text("FOB_TEST"));
  cr_assert_eq(setenv("FOB_TEST", " ", 1), 0);
  cr_expect_str_eq(env_text("FOB_TEST"), " ");
}
