#!/usr/bin/env bash
# The walk of the application developer: docs/guides/walks.md says what each command is for, and a test holds the two together.
set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT

seqcast up --data-dir shop-data > server.log 2>&1 &
server=$!
until curl -sf http://127.0.0.1:7070/readyz > ready.json; do sleep 0.1; done
seqcast create orders --start 1000
seqcast create invoices --guarantee gapless --format 'INV-{value:06}'

cat > shop.mjs <<'END'
import { connect } from 'seqcast-client';

const seqcast = await connect('http://127.0.0.1:7070', { clientType: 'web', service: 'checkout' });
const id = await seqcast.sequence('orders').next();
const number = await seqcast.sequence('invoices').reserve({ key: `order-${id}`, owner: 'checkout' });
await number.confirm();
console.log(`order ${id} has invoice ${number.formatted[0]}`);
await seqcast.close();
END
node shop.mjs

kill -9 "$server"
seqcast up --data-dir shop-data >> server.log 2>&1 &
until curl -sf http://127.0.0.1:7070/readyz > ready.json; do sleep 0.1; done
node shop.mjs

for attempt in first second; do
  curl -sf -X POST http://127.0.0.1:7070/v1/sequences/orders/next \
    -H 'content-type: application/json' -H 'idempotency-key: payment-17' -d '{"count": 1}' > "$attempt.json"
done
cmp first.json second.json

cat > alone.mjs <<'END'
import { open } from 'seqcast';

const seqcast = await open({ dataDir: 'alone-data' });
await seqcast.create('tickets', { start: 1n, max: 999n });
const tickets = seqcast.sequence('tickets');
console.log(`tickets ${(await tickets.take(3)).join(', ')}`);
await tickets.close();
await seqcast.close();
END
node alone.mjs
