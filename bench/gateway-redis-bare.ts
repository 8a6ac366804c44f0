/** The other half of `gateway-redis`: fastify with one `INCR` a request, the least that an id service on Redis can do. */
import fastify from 'fastify';
import { Redis } from 'ioredis';

const redis = new Redis(process.argv[2] as string, { enableAutoPipelining: true });
const app = fastify({ logger: false });
app.post('/incr', async (_request, reply) => {
  const value = await redis.incr('seqcast-bench:incr');
  reply.header('content-type', 'application/json; charset=utf-8');
  return `{"values":["${value}"]}`;
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ url: `${url}/incr` }));

process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => redis.quit())
    .then(() => process.exit(0));
});
