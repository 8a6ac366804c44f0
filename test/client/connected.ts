/** Each test's own server and client, ended with the test. */
import { onTestFinished } from 'vitest';
import { type ConnectOptions, connect, type SeqcastClient, type Sequence } from '../../client/src/index.ts';
import { ContractServer, type ServerOptions } from './contract-server.ts';

export interface Connected {
  readonly server: ContractServer;
  readonly client: SeqcastClient;
  readonly orders: Sequence;
}

export async function connected(serverOptions: ServerOptions = {}, options: ConnectOptions = {}): Promise<Connected> {
  const server = await ContractServer.start(serverOptions);
  // A pause of a millisecond keeps tests of retries fast.
  const client = await connect(server.url, { firstPauseMs: 1, ...options });
  onTestFinished(async () => {
    // The server first, so that what hangs there does not hold the client up.
    await server.stop();
    await client.close();
  });
  return { server, client, orders: client.sequence('orders') };
}

/** Lets what is under way arrive. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 2_000) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
