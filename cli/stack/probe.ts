/** One question over a raw socket and as much of the answer as is needed: the stack asks engines in their own words, without clients. */
import { connect } from 'node:net';
import { LOOPBACK } from './engine-process.ts';

/** An engine that serves answers within milliseconds; one that starts may accept and say nothing. */
const ANSWER_TIMEOUT_MS = 2_000;

/** What `read` makes of the bytes so far; undefined is "not complete yet". Undefined too where nobody answers in time. */
export function ask<T>(port: number, question: Buffer, read: (answer: Buffer) => T | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    let answer = Buffer.alloc(0);
    const end = (result: T | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
    socket.once('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      const result = read(answer);
      if (result !== undefined) end(result);
    });
  });
}
