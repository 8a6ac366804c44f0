/** Answers of one turn are written when it is over. */
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isLeaving, sendTogether } from '../../../workers/gateway/answers-together.ts';

test('answers of one turn leave together when it is over, also where a caller has gone', async () => {
  const asked: ServerResponse[] = [];
  const gateway = { draining: false };
  const server = createServer((_request, response) => asked.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const heard: string[] = [];
  const callers = ['first', 'second', 'third'].map((name) => {
    const caller = connect(port, '127.0.0.1', () => caller.write(`GET /${name} HTTP/1.1\r\nhost: here\r\n\r\n`));
    caller.on('data', (bytes) => heard.push(String(bytes).split('\r\n\r\n')[1] ?? ''));
    onTestFinished(() => {
      caller.destroy();
    });
    return caller;
  });
  await expect.poll(() => asked.length).toBe(3);
  for (const response of asked) {
    sendTogether({ response, headers: ['content-type', 'text/plain', 'content-length'], text: 'x', gateway });
    expect(isLeaving(response)).toBe(true);
    expect(response.headersSent).toBe(false);
  }
  callers[1]?.destroy();
  asked[1]?.socket?.destroy();
  await expect.poll(() => heard).toEqual(['x', 'x']);
});
