/**
 * An Express application whose orders are numbered by seqcast: one client for the process, and a clean end that gives back what it has in
 * hand. `tsx examples/clients/express-orders.ts [address] [port]`
 */
import express, { type Express } from 'express';
import { connect, SeqcastClientError, type Sequence } from 'seqcast-client';

const UNAVAILABLE = 503;

export function ordersApp(ids: Sequence): Express {
  const app = express();
  app.use(express.json());
  app.post('/orders', async (request, response) => {
    // A customer who hung up needs no number.
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const id = await ids.next({ signal: gone.signal });
      // A bigint is no JSON; clients read it as text.
      response.status(201).json({ id: String(id), item: request.body?.item });
    } catch (error) {
      if (gone.signal.aborted) return;
      const isPassing = error instanceof SeqcastClientError && error.retriable;
      response.status(isPassing ? UNAVAILABLE : 500).json({ error: isPassing ? 'try again in a moment' : 'no order number' });
    }
  });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const [, , address = 'http://127.0.0.1:7070', port = '3000'] = process.argv;
  const seqcast = await connect(address, { clientType: 'web', service: 'express', onEvent: (event) => console.error(event) });
  const server = ordersApp(seqcast.sequence('orders')).listen(Number(port), '127.0.0.1', () => {
    const at = server.address();
    console.log(`orders at http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : port}`);
  });
  // First no more callers, then what they left over goes back.
  process.once('SIGTERM', () => server.close(() => void seqcast.close()));
}
