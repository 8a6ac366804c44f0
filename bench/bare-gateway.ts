/** The other half of `http-guarded`: fastify that answers a fixed body, without keys, metrics or spans. */
import fastify from 'fastify';

const FIXED = '{"sequence":"orders","blocks":[{"start":"1001","count":1,"increment":"1"}],"values":["1001"]}';

const app = fastify({ logger: false });
app.post('/next', (_request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8').send(FIXED);
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ url }));

process.once('SIGTERM', () => {
  void app.close().then(() => process.exit(0));
});
