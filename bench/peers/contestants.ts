/** The peers while they are under load: each keeps its counter and its session, and they take turns. */
import { type AnswerFacts, Answers } from './answers.ts';
import type { LoadFigures } from './figures.ts';
import type { Lines } from './lines.ts';
import { type Load, load, STRIDE_IN_PROCESS } from './load.ts';
import type { Peer, PeerSession } from './peer.ts';
import { ALONE, type Plan, TOGETHER } from './plan.ts';
import { spread } from './statistics.ts';

export class Contestant {
  readonly peer: Peer;
  readonly #session: PeerSession;
  readonly #alone: Load[] = [];
  readonly #together: Load[] = [];
  readonly #idle: number[] = [];
  #received = 0;

  private constructor(peer: Peer, session: PeerSession) {
    this.peer = peer;
    this.#session = session;
  }

  static async enter(peer: Peer, lines: Lines, counter: string): Promise<Contestant> {
    await peer.prepare(lines, counter);
    return new Contestant(peer, await peer.open(lines, counter));
  }

  /** One turn: a caller alone, then many. */
  async run(ms: number, isWarmUp: boolean): Promise<void> {
    const timedEvery = this.peer.kind === 'in process' ? STRIDE_IN_PROCESS : 1;
    for (const [callers, loads] of [
      [ALONE, this.#alone],
      [TOGETHER, this.#together],
    ] as const) {
      const measured = await load(this.#session, { callers, ms, timedEvery });
      this.#received += measured.values;
      if (!isWarmUp) loads.push(measured);
    }
  }

  async noteIdle(): Promise<void> {
    this.#idle.push(Math.max(0, await this.#session.idle(this.#received)));
  }

  leave(): Promise<void> {
    return this.#session.close();
  }

  figures(): { readonly alone: LoadFigures; readonly together: LoadFigures; readonly idle: { mean: number; min: number; max: number } } {
    const idle = this.#idle;
    const mean = idle.reduce((sum, each) => sum + each, 0) / idle.length;
    return {
      alone: loadFigures(this.#alone),
      together: loadFigures(this.#together),
      idle: { mean, min: Math.min(...idle), max: Math.max(...idle) },
    };
  }
}

function loadFigures(loads: readonly Load[]): LoadFigures {
  return {
    perSecond: spread(loads.map((each) => each.perSecond)),
    p50Ms: spread(loads.map((each) => each.p50Ms)),
    p99Ms: spread(loads.map((each) => each.p99Ms)),
    p999Ms: spread(loads.map((each) => each.p999Ms)),
  };
}

/** What the answers of many callers are like, of a counter of its own. */
export async function answersOf(peer: Peer, lines: Lines, counter: string, { answers, answersMs }: Plan): Promise<AnswerFacts> {
  await peer.prepare(lines, counter);
  const session = await peer.open(lines, counter);
  const seen = new Answers();
  const endMs = performance.now() + answersMs;
  let asked = 0;
  async function caller(index: number): Promise<void> {
    while (asked < answers && performance.now() < endMs) {
      asked++;
      const before = seen.begin();
      seen.end(index, await session.next(index, TOGETHER), before);
    }
  }
  try {
    await Promise.all(Array.from({ length: TOGETHER }, (_, index) => caller(index)));
  } finally {
    await session.close();
  }
  return seen.facts(isCounted(peer));
}

/** Whether values are counted one by one; others are made of a clock. */
export function isCounted(peer: Peer): boolean {
  return peer.isOurs || peer.needs.length > 0;
}
