/** The other half of `http-guarded`: fastify that answers the same requests by a fixed body, and looks at nothing that they say. */
import fastify from 'fastify';

const FIXED = '{"sequence":"orders","blocks":[{"start":"1001","count":1,"increment":"1"}],"values":["1001"]}';

const app = fastify({ logger: false });
app.post('/v1/sequences/:name/next', (_request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8').send(FIXED);
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ url }));

process.once('SIGTERM', () => {
  void app.close().then(() => process.exit(0));
});
