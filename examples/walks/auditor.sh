#!/usr/bin/env bash
# The walk of the auditor: docs/guides/walks.md says what each command is for, and a test holds the two together.
set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT

seqcast up --data-dir books > server.log 2>&1 &
server=$!
until curl -sf http://127.0.0.1:7070/readyz > ready.json; do sleep 0.1; done
seqcast create tickets
seqcast create invoices --guarantee gapless --format 'INV-{value:06}'
seqcast next tickets -n 5 --client-type web --service checkout > /dev/null
seqcast next tickets -n 5 --client-type till --service store > /dev/null
reserve() { seqcast reserve invoices --key "order-$1" --owner checkout | awk '$1 == "id" { print $2 }'; }
first=$(reserve 1)
second=$(reserve 2)
third=$(reserve 3)
seqcast confirm "$first" --by checkout
seqcast confirm "$third" --by checkout
seqcast cancel "$second" --by checkout --because 'payment refused'

seqcast who tickets 3
seqcast who invoices INV-000001

seqcast voids invoices
seqcast audit-log

sleep 1.5
kill -9 "$server"
seqcast audit --data-dir books
seqcast who tickets 3 --data-dir books

seqcast replay --verify --data-dir books
