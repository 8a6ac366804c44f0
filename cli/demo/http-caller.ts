/**
 * Calls a running server over HTTP as an application would, one keep-alive connection. Not the client package: that one takes
 * blocks ahead of demand, which would hide the very stalls the demo counts.
 */
import { Agent, request as httpRequest } from 'node:http';
import { ERROR_CODES, type ErrorCode, SequenceError } from '../../core/errors.ts';
import type { NextRequest, ValueBlock } from '../../workers/runtime/service/service.ts';
import type { Answer, Caller } from './asker.ts';

export interface HttpCaller extends Caller {
  close(): void;
}

/** Longer than a caller may wait for an allocation, so that the server's answer comes first. */
const TIMEOUT_MS = 40_000;

/**
 * `stallsTotal` reads the stream's own counter at the server: an HTTP answer does not say whether it waited. With one call of
 * the stream in flight, the counter moves exactly when that call stalled.
 */
export function httpCaller(baseUrl: string, stallsTotal: () => number): HttpCaller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async next(request: NextRequest): Promise<Answer> {
      const before = stallsTotal();
      const url = new URL(`/v1/sequences/${encodeURIComponent(request.sequence)}/next`, baseUrl);
      const { sequence: _, ...asked } = request;
      const reply = await post(agent, url, { ...asked, as: 'blocks' });
      const body = parsed(reply.text);
      if (reply.status !== 200) throw refusal(reply.status, body);
      return { blocks: blocksOf(body), stalled: stallsTotal() > before };
    },
    close: () => agent.destroy(),
  };
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

function post(agent: Agent, url: URL, body: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => reject(new SequenceError('SEQ_UNREACHABLE', `no answer from ${url.origin}`, {}, { cause }));
    const call = httpRequest(
      url,
      { agent, method: 'POST', headers: { 'content-type': 'application/json' }, timeout: TIMEOUT_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', failed);
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    call.on('error', failed);
    call.end(JSON.stringify(body));
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

/** A problem+json answer carries the code of the catalogue; anything else did not come from seqcast. */
function refusal(status: number, body: Readonly<Record<string, unknown>>): SequenceError {
  const code = ERROR_CODES.find((each): each is ErrorCode => each === body.code);
  const detail = typeof body.detail === 'string' ? body.detail : `HTTP status ${status}`;
  return new SequenceError(code ?? 'SEQ_UNREACHABLE', detail, { status });
}

function blocksOf(body: Readonly<Record<string, unknown>>): ValueBlock[] {
  if (!Array.isArray(body.blocks)) throw new SequenceError('SEQ_INVALID_REQUEST', 'the answer holds no blocks: is this a seqcast server?');
  return body.blocks.map((block: { start: string; count: number; increment: string }) => ({
    start: BigInt(block.start),
    count: block.count,
    increment: BigInt(block.increment),
  }));
}
