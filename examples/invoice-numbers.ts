/**
 * Invoice numbers in one process, without a server: numbers rise, survive a restart, and what was asked for under one key is given
 * out once. Run it twice: it goes on where it stopped. `tsx examples/invoice-numbers.ts [data directory]`
 */
import { open } from 'seqcast';

const seqcast = await open({ dataDir: process.argv[2] ?? '.seqcast-invoices' });
await seqcast.create('invoices', { start: 20_260_001n, order: 'sequence' });
for (const order of ['A-17', 'A-18', 'A-17']) {
  const { blocks } = await seqcast.next({ sequence: 'invoices', count: 1, idempotencyKey: order });
  console.log(`order ${order} gets invoice ${blocks[0]?.start}`);
}
await seqcast.close();
