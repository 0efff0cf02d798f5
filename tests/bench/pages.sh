# Lists in pages: what bench.sh has its nginx serve, and the lines that measure
# it. 200 pages of 50 items; /list tells of each page the next, /known the last
# too. Below /api/v3 as well, where gh looks for them. /long is /known with 4,000
# pages: beside it, what starting a program takes does not count.

pages_serve() { # DIRECTORY BASE-URL: what belongs into http {}, and server {}
  mkdir -p "$1/list"
  awk -v dir="$1/list" 'BEGIN {
    for (page = 1; page <= 4000; page++) {
      file = dir "/" page ".json"
      printf "[" >file
      for (i = 1; i <= 50; i++) {
        id = (page - 1) * 50 + i
        printf "%s{\"id\":%d,\"node_id\":\"MDU6SXNzdWU%08d\",\"number\":%d,\"title\":\"It fails in case %d\",\"state\":\"open\",\"user\":{\"login\":\"octocat\",\"id\":%d,\"site_admin\":false},\"labels\":[{\"name\":\"bug\",\"color\":\"d73a4a\"}],\"comments\":%d,\"score\":1.10,\"created_at\":\"2026-01-01T00:00:00Z\",\"body\":\"What was seen, what was expected, and how to see it again.\"}", (i == 1 ? "" : ","), id, id, id, id, id % 97, i % 7 >file
      }
      print "]" >file
      close(file)
    }
  }' </dev/null
  {
    echo 'map_hash_max_size 20000; map_hash_bucket_size 256;'
    echo 'map $arg_page $bench_page { default $arg_page; "" 1; }'
    for kind in list known long; do
      pages=200 last=''
      [ "$kind" != long ] || pages=4000
      [ "$kind" = list ] || last=", <$2/$kind?page=$pages>; rel=last"
      echo "map \$bench_page \$bench_$kind {"
      awk -v base="$2/$kind" -v last="$last" -v pages=$pages 'BEGIN {
        for (page = 1; page < pages; page++)
          printf "%d \"<%s?page=%d>; rel=\\\"next\\\"%s\";\n", page, base, page + 1, last
      }'
      echo '}'
    done
  } >"$1/pages.http"
  for kind in list known long; do
    echo "location ~ ^(/api/v3)?/$kind\$ { default_type application/json;"
    echo "  add_header Link \$bench_$kind; try_files /list/\$bench_page.json =404; }"
  done >"$1/pages.server"
}

# The same from a server that takes 5 ms for each, as APIs do and more.
pages_measure_slow() { # PORT
  "$build/tests/bench-paging" "$1" 5 "$scratch" &
  pids="$pids $!"
  sleep 0.5
  pages_measure "http://127.0.0.1:$1" 'http, 5 ms each'
}

pages_measure() { # URL NAME
  for kind in list known; do
    FOB_API=$1 "$pair" "$runs" "200 pages over $2, /$kind : curl, one after another" \
      "$fob" request --paginate "$kind" -- curl -sS "$1/$kind?page=[1-200]"
  done
}

pages_measure_long() { # URL NAME
  FOB_API=$1 "$pair" "$(((runs + 1) / 2))" "4,000 pages over $2, /long : curl, one after another" \
    "$fob" request --paginate long -- curl -sS "$1/long?page=[1-4000]"
}

pages_measure_gh() { # URL: https, as gh speaks nothing else
  command -v gh >/dev/null 2>&1 || return 0
  mkdir -p "$scratch/gh-pages"
  host=${1#https://}
  printf '%s:\n    oauth_token: gho_testvaluenotreal\n    user: bench\n' "$host" \
    >"$scratch/gh-pages/hosts.yml"
  for kind in list known; do
    FOB_API=$1 GH_CONFIG_DIR=$scratch/gh-pages GH_HOST=$host GH_NO_UPDATE_NOTIFIER=1 \
      "$pair" "$runs" "200 pages over https, /$kind : gh api --paginate" \
      "$fob" request --paginate "$kind" -- gh api --paginate "$kind"
  done
}
