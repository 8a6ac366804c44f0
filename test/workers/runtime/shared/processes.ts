/** Processes of one installation inside a test: each with a reader of its own over one log, and stores that all of them reach. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { SequenceError } from '../../../../core/errors.ts';
import type { EventLog, Subscription, WorkGroups } from '../../../../pipelines/ports.ts';
import { startAllocator } from '../../../../workers/allocator.ts';
import { startFiller } from '../../../../workers/filler.ts';
import { startForecaster } from '../../../../workers/forecaster.ts';
import { startGateway } from '../../../../workers/gateway.ts';
import { DeadLetters } from '../../../../workers/runtime/ledger/dead-letters.ts';
import { LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { MemberDirectory } from '../../../../workers/runtime/members/member-directory.ts';
import { RoleMetrics } from '../../../../workers/runtime/observability/role-metrics.ts';
import { loadConfig } from '../../../../workers/runtime/process/config.ts';
import { Life } from '../../../../workers/runtime/process/life.ts';
import { createLogger } from '../../../../workers/runtime/process/logging.ts';
import type { GatewayService } from '../../../../workers/runtime/shared/gateway-service.ts';
import type { ProcessParts } from '../../../../workers/runtime/shared/process-parts.ts';
import { openModels } from '../../../../workers/runtime/training/model-parts.ts';
import { startTransactions, type TransactionStore } from '../../../../workers/transactions.ts';
import { MemorySharedStock } from './memory-shared-stock.ts';

const PARTITIONS = 2;

/** The first member that joined owns everything, as long as it stays. */
class TestGroups implements WorkGroups {
  readonly #members = new Map<string, ((partitions: readonly number[]) => void)[]>();

  async join({ group, onOwned }: Parameters<WorkGroups['join']>[0]): Promise<Subscription> {
    const members = this.#members.get(group) ?? [];
    this.#members.set(group, members);
    members.push(onOwned);
    onOwned(members.length === 1 ? [0, 1] : []);
    return {
      close: async () => {
        const wasFirst = members[0] === onOwned;
        members.splice(members.indexOf(onOwned), 1);
        if (wasFirst) members[0]?.([0, 1]);
      },
    };
  }
}

interface Frozen {
  isFrozen: boolean;
  readonly stuck: ((error: unknown) => void)[];
}

/** Looks often: what several processes agree on takes some turns of the event loop. The test's own time-out ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface Process {
  readonly parts: ProcessParts;
  close(): Promise<void>;
}

/** An installation of the test that begins: it ends with it, and nothing may have failed in it. */
export async function installed(): Promise<Installation> {
  const installation = await new Installation().open();
  onTestFinished(async () => {
    await installation.close();
    expect(installation.failures).toEqual([]);
  });
  return installation;
}

export class Installation {
  readonly stores = new Map<string, MemorySharedStock>();
  readonly failures: unknown[] = [];
  /** The time that all processes and stores believe. */
  nowMs: () => number = Date.now;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'seqcast-'));
  readonly #groups = new TestGroups();
  readonly #processes: Process[] = [];
  readonly #frozen = new Map<string, Frozen>();
  #storage: Awaited<ReturnType<typeof openEmbeddedStorage>> | undefined;

  async open(): Promise<this> {
    const onFailure = (error: unknown): number => this.failures.push(error);
    this.#storage = await openEmbeddedStorage({ dataDir: this.#dataDir, partitionCount: PARTITIONS, onFailure });
    return this;
  }

  store(pool: string): MemorySharedStock {
    let store = this.stores.get(pool);
    if (store === undefined) {
      store = new MemorySharedStock(() => this.nowMs(), this.stores.size === 0 ? 'life' : `life-of-${pool}-`);
      this.stores.set(pool, store);
    }
    return store;
  }

  async process(member: string, pool = 'pool-0'): Promise<ProcessParts> {
    const storage = this.#storage;
    if (storage === undefined) throw new Error('open it first');
    const { snapshots, routes, jobs } = storage;
    const state: Frozen = { isFrozen: false, stuck: [] };
    this.#frozen.set(member, state);
    const log: EventLog = {
      ...storage.log,
      append: (append) => (state.isFrozen ? new Promise((_, reject) => state.stuck.push(reject)) : storage.log.append(append)),
    };
    const onFailure = (error: unknown): void => {
      this.failures.push(error);
    };
    const clock = { nowMs: () => this.nowMs() };
    const saved = new Set<number>();
    const reader = new LedgerReader({ log, snapshots, partitionCount: PARTITIONS, onFailure, saves: (partition) => saved.has(partition) });
    const members = new MemberDirectory({ log, clock, onFailure });
    await Promise.all([reader.catchUp(), members.start()]);
    const logger = createLogger({ level: 'silent' });
    const parts: ProcessParts = {
      config: await loadConfig({ flags: { kafka: 'none:1', redis: 'redis://none:1', pool }, env: {} }),
      member,
      incarnation: `${member}-1`,
      clock,
      monotonicMs: () => performance.now(),
      log,
      snapshots,
      groups: this.#groups,
      partitionCount: PARTITIONS,
      routes,
      reader,
      members,
      metrics: new RoleMetrics(),
      deadLetters: new DeadLetters({ log, clock, partitionCount: PARTITIONS, onFailure }),
      jobs,
      models: () => openModels({ dir: join(this.#dataDir, 'models'), log, jobs, clock, partitionCount: PARTITIONS, logger, onFailure }),
      logger,
      openStock: async (endpoint) => this.store(new URL(endpoint).hostname),
      saved,
      noticing: [],
      onFailure,
    };
    return parts;
  }

  async allocator(member: string): Promise<Process> {
    const parts = await this.process(member);
    return this.#running(parts, await startAllocator(parts));
  }

  /** `store`: of what name, where it is not the pool's own. */
  async filler(member: string, pool: string, store = pool): Promise<Process> {
    const parts = await this.process(member, pool);
    return this.#running(parts, await startFiller(parts, `redis://${store}`));
  }

  /** One who can run the transaction pool, on a database that all of them reach and that lies beside no log. */
  async numbers(member: string, settings: Partial<ProcessParts['config']> = {}): Promise<Process> {
    const made = await this.process(member);
    const parts = { ...made, config: { ...made.config, ...settings } };
    const registrar = this.#storage?.registrar;
    if (registrar === undefined) throw new Error('open it first');
    const store: TransactionStore = {
      ...registrar,
      apply: (writer, commands) => registrar.apply(writer, commands),
      close: async () => undefined,
    };
    return this.#running(parts, await startTransactions(parts, store));
  }

  async forecaster(member: string): Promise<Process> {
    const parts = await this.process(member);
    return this.#running(parts, await startForecaster(parts));
  }

  async gateway(member: string): Promise<Process & { readonly service: GatewayService }> {
    const parts = await this.process(member);
    const life = new Life({ stop: async () => undefined, onFailure: parts.onFailure });
    const worker = await startGateway(parts, life, () => []);
    const running = this.#running(parts, worker);
    life.serve();
    await worker.startRequests();
    return { ...running, service: worker.service };
  }

  /** Ends one process in good order. */
  async stop(member: string): Promise<void> {
    await this.#processes.find(({ parts }) => parts.member === member)?.close();
  }

  /** The process decides nothing any more, and nobody is told: as one that was stopped by a signal. */
  freeze(member: string): void {
    const log = this.#frozen.get(member);
    if (log === undefined) throw new Error(`there is no ${member}`);
    log.isFrozen = true;
  }

  async close(): Promise<void> {
    for (const state of this.#frozen.values()) {
      state.isFrozen = false;
      for (const reject of state.stuck.splice(0)) reject(new SequenceError('SEQ_APPEND_UNKNOWN', 'the process was frozen'));
    }
    for (const process of this.#processes.splice(0).reverse()) await process.close();
    await this.#storage?.log.close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #running(parts: ProcessParts, worker: { close(): Promise<void> }): Process {
    parts.reader.follow();
    let closing: Promise<void> | undefined;
    const process = {
      parts,
      close: () => {
        closing ??= (async () => {
          await worker.close();
          await parts.members.close();
          await parts.deadLetters.close();
          await parts.reader.close();
        })();
        return closing;
      },
    };
    this.#processes.push(process);
    return process;
  }
}
