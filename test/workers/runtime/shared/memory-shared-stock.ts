/**
 * A shared stock in this process, by the rules of core/stock: several gateways and fillers of one test reach it. `away` makes it fail as
 * a store that does not answer, `replaceDataset` as one that was restarted.
 */
import { SequenceError } from '../../../../core/errors.ts';
import { forget, giveBack, load, remint, revoke } from '../../../../core/stock/stock.ts';
import { emptyStock, type StockState } from '../../../../core/stock/stock-state.ts';
import { take } from '../../../../core/stock/take.ts';
import type { CursorReport, NextReply, PollReply, SharedStock, StreamNews, TakenBlock } from '../../../../pipelines/ports.ts';

interface Counted {
  requests: number;
  stalls: number;
  demanded: number;
  issued: number;
  returned: number;
  largestRequest: number;
}

const NOTHING: Counted = { requests: 0, stalls: 0, demanded: 0, issued: 0, returned: 0, largestRequest: 0 };

export class MemorySharedStock implements SharedStock {
  readonly #name: string;
  #lives = 0;
  #state: StockState;
  #holder = { name: '', untilMs: 0 };
  #leaseUntilMs = 0;
  readonly #counted = new Map<string, Counted>();
  readonly #waiting = new Map<string, Map<string, { values: number; untilMs: number }>>();
  readonly #points = new Map<string, number>();
  readonly #moved = new Map<string, string>();
  readonly #memos = new Map<string, { readonly hash: string; readonly blocks: readonly TakenBlock[] }>();
  readonly #reports = new Map<string, { number: number; to: Map<string, { to: number; recycled: number }> }>();
  readonly #listeners = new Set<(stream: string) => void>();
  away = false;
  readonly #nowMs: () => number;

  /** Its lives are called by `name` and their number: no two stores have one of the same name. */
  constructor(nowMs: () => number = Date.now, name = 'life') {
    this.#nowMs = nowMs;
    this.#name = name;
    this.#state = emptyStock(`${name}0`);
  }

  replaceDataset(): void {
    this.#lives++;
    this.#state = emptyStock(`${this.#name}${this.#lives}`);
    for (const map of [this.#counted, this.#waiting, this.#points, this.#moved, this.#memos, this.#reports]) map.clear();
    this.#holder = { name: '', untilMs: 0 };
  }

  async hello(): Promise<string> {
    this.#answering();
    return this.#state.incarnation;
  }

  async load(...[incarnation, shard]: Parameters<SharedStock['load']>) {
    this.#answering();
    const outcome = load(this.#state, incarnation, shard);
    if (outcome === 'loaded') {
      this.#moved.delete(shard.stream);
      for (const listener of this.#listeners) queueMicrotask(() => listener(shard.stream));
    }
    return outcome;
  }

  async take(...[stream, count, numbered]: Parameters<SharedStock['take']>) {
    this.#answering();
    const held = this.#state.streams.get(stream);
    const blocks = take(this.#state, held, count, numbered, this.#nowMs());
    return blocks === undefined ? ({ outcome: 'empty', stock: held?.available ?? 0 } as const) : ({ outcome: 'taken', blocks } as const);
  }

  async next(...[stream, call]: Parameters<SharedStock['next']>): Promise<NextReply> {
    this.#answering();
    const { incarnation } = this.#state;
    const moved = this.#moved.get(stream);
    if (moved !== undefined) return { outcome: 'moved', incarnation, pool: moved };
    const memo = call.request === '' ? undefined : this.#memos.get(`${stream} ${call.request}`);
    if (memo !== undefined) {
      if (memo.hash !== call.payloadHash) return { outcome: 'conflict', incarnation };
      return { outcome: 'taken', incarnation, blocks: memo.blocks, repeated: true };
    }
    const counted = this.#countedOf(stream);
    if (!call.again) {
      counted.requests++;
      counted.demanded += call.count;
      counted.largestRequest = Math.max(counted.largestRequest, call.count);
    }
    this.#waits(stream, call.waiter, call.waiting);
    const held = this.#state.streams.get(stream);
    if (held?.queue[0]?.ordered === true && Date.now() > this.#leaseUntilMs) return { outcome: 'unleased', incarnation };
    const blocks = take(this.#state, held, call.count, call.numbered, this.#nowMs());
    if (blocks === undefined) {
      if (!call.again) counted.stalls++;
      if (call.waiter === '') this.#waits(stream, 'nobody', call.count);
      return { outcome: 'empty', incarnation, stock: held?.available ?? 0 };
    }
    this.#waits(stream, call.waiter, call.waiting - call.count);
    this.#waits(stream, 'nobody', 0);
    counted.issued += call.count;
    if (call.request !== '') this.#memos.set(`${stream} ${call.request}`, { hash: call.payloadHash, blocks });
    return { outcome: 'taken', incarnation, blocks, repeated: false };
  }

  async giveBack(...[incarnation, block, slice]: Parameters<SharedStock['giveBack']>) {
    this.#answering();
    const stream = this.#state.blocks.get(block)?.stream;
    const outcome = giveBack(this.#state, incarnation, block, slice);
    if (outcome === 'taken-back' && stream !== undefined) this.#countedOf(stream).returned += slice.end - slice.start;
    return outcome;
  }

  async revoke(...[incarnation, partition, shard]: Parameters<SharedStock['revoke']>) {
    this.#answering();
    const slices = revoke(this.#state, incarnation, partition, shard);
    if (slices === 'fenced' || slices === 'absent') return { outcome: slices, incarnation: this.#state.incarnation };
    return { outcome: 'revoked' as const, incarnation: this.#state.incarnation, slices };
  }

  async forget(...[incarnation, partition, shard]: Parameters<SharedStock['forget']>) {
    this.#answering();
    if (incarnation === this.#state.incarnation) forget(this.#state, partition, shard);
  }

  async cursors(stream?: string) {
    this.#answering();
    return [...this.#state.shards.values()]
      .flatMap((ofPartition) => [...ofPartition.values()])
      .filter((shard) => stream === undefined || shard.stream === stream);
  }

  async remint() {
    this.#answering();
    this.#lives++;
    remint(this.#state, `${this.#name}${this.#lives}`);
    return this.#state.incarnation;
  }

  async poll(...[{ holder, holdMs, orderLeaseMs, incarnation: leased }]: Parameters<SharedStock['poll']>): Promise<PollReply> {
    this.#answering();
    const nowMs = Date.now();
    const { incarnation } = this.#state;
    if (this.#holder.name !== holder && this.#holder.untilMs > nowMs) return { outcome: 'standby', incarnation, holder: this.#holder.name };
    this.#holder = { name: holder, untilMs: nowMs + holdMs };
    if (leased === incarnation) this.#leaseUntilMs = Math.max(this.#leaseUntilMs, nowMs + orderLeaseMs);
    const streams = new Set([...this.#counted.keys(), ...this.#waiting.keys(), ...this.#state.streams.keys()]);
    const news = [...streams].map((stream) => this.#newsOf(stream, nowMs)).filter((each) => each !== undefined);
    return { outcome: 'polled', incarnation, news };
  }

  async release(holder: string): Promise<void> {
    this.#answering();
    if (this.#holder.name === holder) this.#holder = { name: '', untilMs: 0 };
  }

  async report(streams: readonly string[]): Promise<CursorReport[]> {
    this.#answering();
    return streams.map((stream) => {
      const before = this.#reports.get(stream) ?? { number: 0, to: new Map() };
      before.number++;
      this.#reports.set(stream, before);
      const cursors = [...this.#state.shards.values()].flatMap((ofPartition) =>
        [...ofPartition.values()]
          .filter((shard) => shard.stream === stream)
          .map(({ generation, partition, shard, start, cursor, recycled }) => {
            const key = `${partition}:${shard}`;
            const { to: from, recycled: was } = before.to.get(key) ?? { to: start, recycled: 0 };
            const now = recycled.reduce((sum, slice) => sum + slice.end - slice.start, 0);
            before.to.set(key, { to: cursor, recycled: now });
            return { generation, partition, shard, from, to: cursor, returned: now - was };
          })
          .filter(({ from, to, returned }) => from !== to || returned !== 0),
      );
      return { stream, sequenceNumber: before.number, cursors };
    });
  }

  async setReorderPoints(...[, points]: Parameters<SharedStock['setReorderPoints']>): Promise<void> {
    this.#answering();
    for (const { stream, reorderPoint } of points) this.#points.set(stream, reorderPoint);
  }

  async setMoved(...[, stream, pool]: Parameters<SharedStock['setMoved']>): Promise<void> {
    this.#answering();
    this.#moved.set(stream, pool);
  }

  onLoaded(handler: (stream: string) => void) {
    this.#listeners.add(handler);
    return {
      close: async () => {
        this.#listeners.delete(handler);
      },
    };
  }

  async close(): Promise<void> {
    // Other processes of the test go on with it.
  }

  #newsOf(stream: string, nowMs: number): StreamNews | undefined {
    const held = this.#state.streams.get(stream);
    const waiters = this.#waiting.get(stream);
    let waiting = 0;
    for (const { values, untilMs } of waiters?.values() ?? []) if (untilMs > nowMs) waiting += values;
    const counted = this.#counted.get(stream);
    this.#counted.delete(stream);
    const exhausted = [...(held?.exhausted ?? [])].filter((shard) => shard.blocks.size === 0);
    const stock = held?.available ?? 0;
    const isShort = waiting > 0 || stock <= (this.#points.get(stream) ?? Number.NEGATIVE_INFINITY);
    if (counted === undefined && !isShort && exhausted.length === 0) return undefined;
    const places = exhausted.map(({ partition, shard }) => ({ partition, shard }));
    return { stream, stock, waiting, ...(counted ?? NOTHING), exhausted: places };
  }

  #countedOf(stream: string): Counted {
    const counted = this.#counted.get(stream) ?? { ...NOTHING };
    this.#counted.set(stream, counted);
    return counted;
  }

  #waits(stream: string, waiter: string, values: number): void {
    if (waiter === '') return;
    const ofStream = this.#waiting.get(stream) ?? new Map();
    this.#waiting.set(stream, ofStream);
    if (values > 0) ofStream.set(waiter, { values, untilMs: Date.now() + 2_000 });
    else ofStream.delete(waiter);
  }

  #answering(): void {
    if (this.away) throw new SequenceError('SEQ_ENGINE_AWAY', 'the store does not answer');
  }
}
