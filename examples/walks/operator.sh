#!/usr/bin/env bash
# The walk of the operator: docs/guides/walks.md says what each command is for, and a test holds the two together.
set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT

seqcast stack up --only kafka,redis --shell > engines.sh
. ./engines.sh
export SEQCAST_ROUTES_REDIS=$SEQCAST_JOBS_REDIS
redis-server --port 6390 --save '' --appendonly no --maxmemory-policy noeviction > redis-6390.log 2>&1 &
redis=$!

seqcast up --roles gateway > gateway.log 2>&1 &
seqcast up --roles allocator,forecaster --member master-a --port 0 > master-a.log 2>&1 &
master=$!
seqcast up --roles allocator,forecaster --member master-b --port 0 > master-b.log 2>&1 &
seqcast up --roles filler --member filler-a --pool pool-0 --port 0 > filler-a.log 2>&1 &
filler=$!
seqcast up --roles filler --member filler-b --pool pool-0 --port 0 > filler-b.log 2>&1 &
SEQCAST_REDIS=redis://127.0.0.1:6390 seqcast up --roles filler --member filler-c --pool pool-1 --port 0 > filler-c.log 2>&1 &
until [ "$(curl -s http://127.0.0.1:7070/v1/pools | grep -o '"state":"living"' | wc -l)" -ge 2 ]; do sleep 0.2; done

curl -sN http://127.0.0.1:7070/v1/events > feed.txt &

seqcast create orders --start 1000
for service in checkout returns support; do seqcast next orders -n 5 --client-type web --service "$service" > /dev/null; done
kill -9 "$master" "$filler"
seqcast next orders -n 5000 --client-type web --service checkout | tail -n 1
seqcast allocators

until grep -q '^event: allocation' feed.txt; do sleep 0.1; done
grep '^event:' feed.txt | sort | uniq -c

seqcast pools drain pool-0 --wait
seqcast next orders -n 5 --client-type web --service checkout
seqcast pools

seqcast audit
workers=$(jobs -pr | grep -vx "$redis")
kill $workers && wait $workers || true
seqcast stack down
