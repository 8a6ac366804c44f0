/** Where every value of a sequence is: given out, in stock, free, burnt or never claimed; and when the sequence runs out. */
import { useState } from 'preact/hooks';
import type { Audit, AuditAccount, Sequence } from '../api/answers.ts';
import { ask, useAsked } from '../api/asking.ts';
import { useLive } from '../live.ts';
import { brief, day, many, percent, whole } from '../words.ts';

const ASKED_EVERY_MS = 5_000;

const PARTS = [
  ['issued', 'Given out', 'given'],
  ['stock', 'In stock', 'stocked'],
  ['free', 'Returned, free', 'free'],
  ['uncut', 'Claimed, not cut yet', 'uncut'],
  ['unopened', 'Claimed, not opened yet', 'uncut'],
  ['revokedInFlight', 'On the way back', 'free'],
  ['burnt', 'Burnt', 'burnt'],
  ['inDoubt', 'In doubt', 'doubt'],
  ['void', 'Void', 'void'],
] as const satisfies readonly (readonly [keyof AuditAccount, string, string])[];

export function ValuesView() {
  const { answer, failure } = useAsked<{ sequences: Sequence[] }>('sequences', ASKED_EVERY_MS);
  const [audit, setAudit] = useState<Audit>();
  const [state, setState] = useState<'idle' | 'asking' | string>('idle');
  const account = async (): Promise<void> => {
    setState('asking');
    try {
      setAudit(await ask<Audit>('audit', { method: 'POST' }));
      setState('idle');
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <h1>Value space</h1>
      <div class="tools">
        <button type="button" class="act" disabled={state === 'asking'} onClick={() => void account()}>
          {state === 'asking' ? 'Reading the ledger…' : 'Account for every value'}
        </button>
        <p role="status">{state === 'idle' || state === 'asking' ? verdict(audit) : state}</p>
      </div>
      {failure !== undefined && <p class="empty">{failure}</p>}
      {answer?.sequences.length === 0 && <p class="empty">There is no sequence yet.</p>}
      {answer?.sequences.map((sequence) => (
        <SequenceSpace
          key={sequence.name}
          sequence={sequence}
          account={audit?.accounts.find((each) => each.sequence === sequence.name && each.generation === sequence.generation)}
        />
      ))}
    </>
  );
}

function verdict(audit: Audit | undefined): string {
  if (audit === undefined) return 'Reads the whole ledger again: takes a while where it is long.';
  const read = many(audit.recordsFolded, 'record');
  if (audit.ok) return `${read} read: every value is accounted for, none was given out twice.`;
  return `${read} read: ${many(audit.duplicates, 'duplicate')}. ${audit.problems.join(' ')}`;
}

function SequenceSpace({ sequence, account }: { readonly sequence: Sequence; readonly account: AuditAccount | undefined }) {
  const { name, claimed, capacity, exhaustion, guarantee, order, start, increment, max, cycle } = sequence;
  const { streams } = useLive(1_000);
  let stock = 0;
  for (const each of streams.values()) if (each.stream.startsWith(`${name}/`)) stock += each.stock;
  const parts =
    account === undefined
      ? []
      : PARTS.filter(([key]) => account[key] > 0).map(([key, label, tone]) => ({ label, tone, count: account[key] }));
  return (
    <section class="space-of" aria-label={name}>
      <h2>{name}</h2>
      <p class="lead">
        {guarantee}
        {order === 'none' ? '' : `, in order per ${order}`}; from {start} by {increment} to {max}
        {cycle ? ', then again' : ''}
      </p>
      {account === undefined ? (
        <Bar of={capacity} parts={[{ label: 'Claimed', tone: 'given', count: claimed }]} rest="Never claimed" />
      ) : (
        <Bar of={account.claimed} parts={parts} rest={undefined} />
      )}
      <p class="note">
        {whole(claimed)} claimed of {brief(capacity)}, which is {shareText(claimed / capacity)}; {whole(stock)} in stock now.
      </p>
      <Exhaustion exhaustion={exhaustion} />
    </section>
  );
}

function shareText(share: number): string {
  return share > 0 && share < 0.001 ? 'less than 0.1 %' : percent(share);
}

interface Part {
  readonly label: string;
  readonly tone: string;
  readonly count: number;
}

function Bar({ of, parts, rest }: { readonly of: number; readonly parts: readonly Part[]; readonly rest: string | undefined }) {
  const used = parts.reduce((sum, { count }) => sum + count, 0);
  const shown = rest === undefined ? parts : [...parts, { label: rest, tone: 'never', count: Math.max(0, of - used) }];
  return (
    <>
      <div class="bar" aria-hidden="true">
        {shown.map(({ label, tone, count }) => (
          <span key={label} class={tone} style={{ flexGrow: of === 0 ? 0 : count / of }} />
        ))}
      </div>
      <ul class="legend">
        {shown.map(({ label, tone, count }) => (
          <li key={label}>
            <span class={`swatch ${tone}`} aria-hidden="true" />
            {label} <b>{brief(count)}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

function Exhaustion({ exhaustion }: { readonly exhaustion: Sequence['exhaustion'] }) {
  if (exhaustion === undefined) return null;
  const { left, perDay, dates, warningDays } = exhaustion;
  const pace = perDay === undefined ? 'Its demand is not known yet.' : `At ${brief(perDay)} values a day`;
  if (perDay === undefined) return <p class="note">{pace}</p>;
  if (dates.length === 0)
    return (
      <p class="note">
        {pace} the {brief(left)} that are left outlast the century.
      </p>
    );
  const words = ['early', 'likely', 'late'];
  return (
    <p class={warningDays === undefined ? 'note' : 'note warn'}>
      {pace} it runs out: {dates.map(({ atMs }, index) => `${words[index] ?? 'later'} ${day(atMs)}`).join(', ')}.
    </p>
  );
}
