/**
 * What the server answers fits what the dashboard reads of it, with the types of its fields: where one does not, this file does not compile.
 * That the names are there at run time is tested with a server, in test/e2e/dashboard.test.ts.
 */
import { describe, expectTypeOf, test } from 'vitest';
import type * as read from '../../web/src/api/answers.ts';
import type { WhatIf } from '../../workers/runtime/insight/what-if.ts';
import type { NumberedEvent } from '../../workers/runtime/live/live-feed.ts';
import type { StreamPastView } from '../../workers/runtime/live/stream-past.ts';
import type { MemberView, MoveView, PoolView } from '../../workers/runtime/members/pool-views.ts';
import type { AuditReport, ExplainedDecision, Explanation, SequenceDescription, Status } from '../../workers/runtime/service/service.ts';
import type { StreamStatus } from '../../workers/runtime/service/stream-status.ts';
import type { ModelView } from '../../workers/runtime/training/model-views.ts';

/** What is undefined is left out of JSON. */
type Left<T, Name extends keyof T> = undefined extends T[Name] ? Name : never;
type Said<T> = { readonly [Name in keyof T as Exclude<Name, Left<T, Name>>]: T[Name] } & {
  readonly [Name in keyof T as Left<T, Name>]?: Exclude<T[Name], undefined>;
};

describe('an answer that the dashboard reads', () => {
  test('has the types of the server', () => {
    expectTypeOf<StreamStatus>().toExtend<read.StreamStatus>();
    expectTypeOf<Status>().toExtend<read.Status>();
    expectTypeOf<NumberedEvent['event']>().toExtend<read.LiveEvent>();
    expectTypeOf<StreamPastView>().toExtend<read.StreamPast>();
    expectTypeOf<ExplainedDecision>().toExtend<read.Decision>();
    expectTypeOf<Explanation>().toExtend<read.Explanation>();
    expectTypeOf<WhatIf>().toExtend<read.WhatIf>();
    expectTypeOf<PoolView>().toExtend<read.Pool>();
    expectTypeOf<MoveView>().toExtend<read.Move>();
    expectTypeOf<MemberView>().toExtend<read.Member>();
    expectTypeOf<Said<ModelView>>().toExtend<read.Model>();
    expectTypeOf<AuditReport>().toExtend<read.Audit>();
    // Values and attributes of a sequence go out as text, in other words than inside.
    expectTypeOf<SequenceDescription>().toExtend<Pick<read.Sequence, 'name' | 'generation' | 'claimed' | 'capacity' | 'streams'>>();
  });

  test('would be noticed where it has another one', () => {
    expectTypeOf<PoolView>().not.toExtend<Omit<read.Pool, 'load'> & { readonly load: string }>();
  });
});
