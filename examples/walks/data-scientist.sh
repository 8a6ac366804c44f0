#!/usr/bin/env bash
# The walk of the data scientist: docs/guides/walks.md says what each command is for, and a test holds the two together.
set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT

seq 1 7200 | awk '{ print int(20 + 15 * sin($1 / 600)) }' > demand.txt
seqcast backtest --from demand.txt --start 2026-01-01T00:00:00Z --lead-time 500ms --ride-through 5m --against leaf,tinyid --html report.html

if [ -d lab ]; then
  seqcast up --data-dir lab > server.log 2>&1 &
else
  seqcast up --demo --days 2.2 --no-train --data-dir lab > server.log 2>&1 &
  until grep -q 'the demo has ended' server.log; do sleep 0.2; done
fi
server=$!
until curl -sf http://127.0.0.1:7070/readyz > ready.json; do sleep 0.1; done
seqcast status

seqcast train --steps 10 --wait
model=$(seqcast models list --json | grep -o '"model":"[^"]*"' | head -n 1 | cut -d '"' -f 4)
seqcast models show "$model"
seqcast models promote "$model"
seqcast models rollback

kill "$server" && wait "$server"
seqcast backtest --from topic:seqcast.consumption --data-dir lab --limit 1 --lead-time 500ms --ride-through 0 --against leaf
