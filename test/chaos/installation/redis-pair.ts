/**
 * The pool's Redis and its copy, and who of them is asked. The pool's line leads to the one in charge; they copy each other through lines
 * of their own, which makes a copy as old as a run wants it.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOOPBACK } from '../../../cli/stack/engine-process.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import type { Engine } from './engine.ts';
import { Line } from './line.ts';
import type { Ports } from './ports.ts';

type Two<T> = readonly [T, T];
export type Place = 0 | 1;

/** A Redis that does not answer its own command line for so long is not asked again. */
const CLI_TIMEOUT_MS = 5_000;
const REPLICAOF_ATTEMPTS = 20;
const REPLICAOF_PAUSE_MS = 250;

export class RedisPair {
  readonly nodes: Two<Engine>;
  /** To the one in charge. */
  readonly line: Line;
  /** By which the other one copies each of them. */
  readonly copying: Two<Line>;
  readonly #directory: string;
  readonly #cli: string;
  primary: Place = 0;

  private constructor(nodes: Two<Engine>, directory: string, line: Line, copying: Two<Line>) {
    this.nodes = nodes;
    this.#directory = directory;
    this.line = line;
    this.copying = copying;
    this.#cli = findProgram('redis-cli', process.env);
  }

  static async plan(nodes: Two<Engine>, directory: string, ports: Ports): Promise<RedisPair> {
    const line = await Line.open(await ports.next(), nodes[0].port);
    const copying: Two<Line> = [await Line.open(await ports.next(), nodes[0].port), await Line.open(await ports.next(), nodes[1].port)];
    return new RedisPair(nodes, directory, line, copying);
  }

  get url(): string {
    return `redis://${LOOPBACK}:${this.line.port}`;
  }

  get other(): Place {
    return this.primary === 0 ? 1 : 0;
  }

  async beginCopying(): Promise<void> {
    await this.follow(this.other, this.primary);
  }

  async cli(place: Place, ...words: string[]): Promise<string> {
    const args = ['-p', String(this.nodes[place].port), ...words];
    return (await promisify(execFile)(this.#cli, args, { timeout: CLI_TIMEOUT_MS })).stdout.trim();
  }

  async follow(place: Place, leader: Place): Promise<void> {
    await this.#replicaOf(place, LOOPBACK, String(this.copying[leader].port));
  }

  /** The copy takes over as it is. Who was in charge goes on, and believes that it still is. */
  async promote({ keepsOld }: { readonly keepsOld: boolean }): Promise<void> {
    const next = this.other;
    await this.#replicaOf(next, 'NO', 'ONE');
    this.primary = next;
    this.line.leadTo(this.nodes[next].port, { keepsOld });
  }

  /** Puts what is in memory now aside, as an operator's backup does. */
  async backUp(place: Place): Promise<void> {
    // One that just saves for its copy refuses, and an older backup has to do.
    await this.cli(place, 'SAVE');
    if (existsSync(this.#dump(place))) copyFileSync(this.#dump(place), this.#backup());
  }

  /** Where it is killed, its next start finds the old data. */
  async startFromBackup(place: Place): Promise<void> {
    if (existsSync(this.#backup())) copyFileSync(this.#backup(), this.#dump(place));
    await this.nodes[place].start();
    rmSync(this.#dump(place), { force: true });
  }

  close(): void {
    for (const line of [this.line, ...this.copying]) line.close();
  }

  /** One that reads what it was sent a moment ago does not listen yet. */
  async #replicaOf(place: Place, host: string, port: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const reply = await this.cli(place, 'REPLICAOF', host, port).catch(String);
      if (reply.startsWith('OK')) return;
      if (attempt === REPLICAOF_ATTEMPTS) throw new Error(`${this.nodes[place].name} does not become what it shall: ${reply}`);
      await new Promise((resolve) => setTimeout(resolve, REPLICAOF_PAUSE_MS));
    }
  }

  #dump(place: Place): string {
    return join(this.#directory, this.nodes[place].name, 'dump.rdb');
  }

  #backup(): string {
    return join(this.#directory, 'backup.rdb');
  }
}
