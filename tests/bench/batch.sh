# Part of bench.sh, whose variables it uses: many small requests over HTTP/2
# from one nginx worker, a batch of fob's against what people use for that.
requests=1000
lines=${BATCH_LINES:-1000000}
export FOB_API=$https
awk -v n=$requests 'BEGIN { for (i = 1; i <= n; i++) print "user.json?n=" i }' >"$scratch/paths"

"$pair" "$runs" "$requests requests, --batch -Z : curl -Z" \
  "$fob" request -Z --batch "$scratch/paths" -- \
  curl -Z -sS --no-progress-meter "$https/user.json?n=[1-$requests]"
# h2load does nothing with the answers, and verifies no certificate.
"$pair" "$runs" "$requests requests, --batch -Z : h2load" \
  "$fob" request -Z --batch "$scratch/paths" -- \
  h2load -n $requests -c 1 -m 50 "$https/user.json"
PAIR_WARMUP=0 "$pair" 1 "$requests requests, --batch -Z : xargs -P8 curl" \
  "$fob" request -Z --batch "$scratch/paths" -- \
  sh -c "xargs -P8 -I{} curl -sS '$https/{}' <'$scratch/paths'"

# No comparison: its time and its memory.
awk -v n="$lines" 'BEGIN { for (i = 1; i <= n; i++) print "user.json?n=" i }' >"$scratch/lines"
PAIR_WARMUP=0 "$pair" 1 "$lines requests, --batch -Z : true" \
  "$fob" request -Z --batch "$scratch/lines" -- /bin/true
rm -f "$scratch/lines"
unset FOB_API
