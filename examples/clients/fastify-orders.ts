/**
 * The same for fastify, as a plugin: `app.ids` is a sequence, and closing the application gives back what it has in hand.
 * `tsx examples/clients/fastify-orders.ts [address] [port]`
 */
import fastify, { type FastifyInstance } from 'fastify';
import { connect, type Sequence } from 'seqcast-client';

declare module 'fastify' {
  interface FastifyInstance {
    ids: Sequence;
  }
}

export async function ordersServer(address: string): Promise<FastifyInstance> {
  const app = fastify();
  const seqcast = await connect(address, { clientType: 'web', service: 'fastify' });
  app.decorate('ids', seqcast.sequence('orders'));
  app.addHook('onClose', () => seqcast.close());

  app.post('/orders', async (_, reply) => {
    const id = await app.ids.next();
    // A bigint is no JSON; clients read it as text.
    return reply.code(201).send({ id: String(id) });
  });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const [, , address = 'http://127.0.0.1:7070', port = '3000'] = process.argv;
  const app = await ordersServer(address);
  console.log(`orders at ${await app.listen({ host: '127.0.0.1', port: Number(port) })}`);
  process.once('SIGTERM', () => void app.close());
}
