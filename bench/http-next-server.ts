/** The serving half of `http-next`: our gateway on one route, and on another the same server answering a fixed body. */

import { open } from '../workers/embedded.ts';
import { createGateway } from '../workers/gateway/gateway.ts';
import { listen } from '../workers/gateway/listening.ts';

const FIXED = '{"sequence":"orders","blocks":[{"start":"1001","count":1,"increment":"1"}],"values":["1001"]}';

const service = await open({ dataDir: process.argv[2] as string });
await service.create('orders', {});
const gateway = createGateway({ service, logger: console });
gateway.post('/fixed', (_request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8').send(FIXED);
});
const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ ours: `${url}/v1/sequences/orders/next`, fixed: `${url}/fixed` }));

process.once('SIGTERM', () => {
  void gateway
    .close()
    .then(() => service.close())
    .then(() => process.exit(0));
});
