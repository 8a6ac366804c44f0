/**
 * The body of `POST …/next`, checked by hand: this is the one route that is called thousands of times a second, and a general
 * validator would cost as much as the rest of the request. Names and ids are judged by the service, which must do so anyway.
 */
import { SequenceError } from '../../core/errors.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import type { NextRequest } from '../runtime/service/service.ts';
import { invalidRequest, type JsonSchema, objectOf, shown, unknownField } from './body-field.ts';
import type { ListedAs } from './next-answer.ts';

export interface NextBody {
  readonly request: NextRequest;
  /** What the caller wants listed beside the blocks. */
  readonly as: ListedAs;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
const LISTED_AS: readonly ListedAs[] = ['values', 'formatted', 'blocks'];

export const NEXT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    count: { type: 'integer', minimum: 1, maximum: COUNT_MAX, default: 1, description: 'How many values.' },
    clientType: { type: 'string', description: 'Kind of caller; with the service it names the stream. `default` where left out.' },
    service: { type: 'string', description: 'What the values are for. `default` where left out.' },
    clientId: { type: 'string', description: 'A registered client, instead of client type and service.' },
    as: {
      type: 'string',
      enum: LISTED_AS,
      default: 'values',
      description: '`blocks` lists nothing else; `formatted` lists what is printed, also above 1,000 values.',
    },
    numbered: { type: 'boolean', default: false, description: 'Blocks get an id, by which the unused rest can be given back.' },
  },
  additionalProperties: false,
};
const KNOWN = Object.keys(NEXT_SCHEMA.properties as object);

/** No body asks for one value. */
export function readNext(sequence: string, body: unknown, idempotencyKey: string | string[] | undefined): NextBody {
  const request: Writable<NextRequest> = { sequence, count: 1 };
  let as: ListedAs = 'values';
  if (body !== undefined && body !== null) {
    const given = objectOf(body);
    for (const name in given) {
      const value = given[name];
      switch (name) {
        case 'count':
          request.count = countOf(value);
          break;
        case 'clientType':
        case 'service':
        case 'clientId':
          if (typeof value !== 'string') throw invalidRequest(`${name} ${shown(value)} is not a string`);
          request[name] = value;
          break;
        case 'as':
          as = listedAs(value);
          break;
        case 'numbered':
          if (typeof value !== 'boolean') throw invalidRequest(`numbered ${shown(value)} is not a boolean`);
          request.numbered = value;
          break;
        default:
          throw unknownField(name, KNOWN);
      }
    }
    if (request.clientId !== undefined && (request.clientType !== undefined || request.service !== undefined)) {
      throw invalidRequest('clientId stands instead of clientType and service: name one or the other');
    }
  }
  if (idempotencyKey !== undefined) request.idempotencyKey = keyOf(idempotencyKey);
  return { request, as };
}

function listedAs(value: unknown): ListedAs {
  const known = LISTED_AS.find((each) => each === value);
  if (known === undefined) throw invalidRequest(`as ${shown(value)} is not one of ${LISTED_AS.join(', ')}`);
  return known;
}

function countOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= COUNT_MAX) return value;
  throw new SequenceError('SEQ_INVALID_COUNT', `count ${shown(value)} is not a whole number from 1 to ${COUNT_MAX}`);
}

function keyOf(header: string | string[]): string {
  if (typeof header === 'string' && header.length >= 1 && header.length <= IDEMPOTENCY_KEY_LENGTH_MAX) return header;
  throw invalidRequest(`the header idempotency-key must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters`);
}
