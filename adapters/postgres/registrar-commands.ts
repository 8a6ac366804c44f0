/** Commands on a group that was read and locked: what has to be read for them, and what the rules make of them. */
import { SequenceError } from '../../core/errors.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import { type Decision, decide } from '../../core/reservation/decision.ts';
import { parseReservationId } from '../../core/reservation/reservation-id.ts';
import type { RegistrarCommand, RegistrarOutcome } from '../../pipelines/ports.ts';
import { registered } from './registrar-rows.ts';
import type { Needs } from './registrar-statements.ts';
import type { HeldSeries, SeriesGroup } from './series-group.ts';

export function knownSeries(group: SeriesGroup, series: number): HeldSeries {
  const found = group.find(series);
  if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `no series ${series} was opened here`, { series });
  return found;
}

/** What the commands refer to; what makes no sense is left out, and refused by the rules. */
export function needsOf(commands: readonly RegistrarCommand[]): Needs {
  const series = new Set<number>();
  const numbers: Needs['numbers'][number][] = [];
  const keys: Needs['keys'][number][] = [];
  const values = new Map<number, number>();
  for (const command of commands) {
    if (command.kind === 'confirm' || command.kind === 'cancel') {
      const id = parseReservationId(command.id);
      if (id === undefined) continue;
      series.add(id.series);
      numbers.push(id);
      continue;
    }
    const count = Number.isSafeInteger(command.count) ? Math.min(Math.max(command.count, 0), COUNT_MAX) : 0;
    series.add(command.series);
    values.set(command.series, (values.get(command.series) ?? 0) + count);
    if (command.key !== undefined) keys.push({ series: command.series, key: command.key });
  }
  return { series: [...series], numbers, keys, values };
}

/** A command that is refused has written nothing, so the others of its group are not disturbed. */
export function outcomeOf(group: SeriesGroup, command: RegistrarCommand): RegistrarOutcome {
  try {
    const decided = decisionOn(group, command);
    if ('refusal' in decided) return decided;
    for (const change of decided.changes) group.write(knownSeries(group, change.reservation.series), change);
    return { reservation: registered(decided.reservation), repeated: decided.repeated };
  } catch (error) {
    if (error instanceof SequenceError) return { refusal: error };
    throw error;
  }
}

function decisionOn(group: SeriesGroup, command: RegistrarCommand): Decision {
  if (command.kind === 'reserve' || command.kind === 'issue') return decide(knownSeries(group, command.series), group.life, command);
  const id = parseReservationId(command.id);
  const series = group.find(id?.series ?? 0);
  if (id === undefined || series === undefined)
    throw new SequenceError('SEQ_UNKNOWN_RESERVATION', `no reservation ${command.id} is known`, { id: command.id });
  return decide(series, group.life, { ...command, number: id.number, life: id.life });
}
