/**
 * The connections of one purpose, one to each broker that leads something: a broker that hangs holds up nobody who needs another one.
 * Purposes are apart because a broker answers a connection's requests in turn: a long poll would keep appends and reads waiting.
 */
import type { Broker } from 'kafkajs';
import type { Connection } from './connection.ts';
import { createLink, type Link } from './link.ts';

export interface Lines {
  /** The link to a broker, made on first use. */
  to(node: number): Link;
  /**
   * Asks that broker something, one question after the other: it answers them in turn anyway, and kafkajs opens a socket for each
   * question that finds none.
   */
  ask<T>(node: number, question: (broker: Broker) => Promise<T>): Promise<T>;
  /** Closes the links to all others: they lead nothing any more, so nobody will mend what is wrong with them. */
  keep(nodes: ReadonlySet<number>): void;
  close(): void;
}

export interface LinesOptions {
  readonly open: () => Promise<Connection>;
  /** Hears by name of what has failed, and that it works (`undefined`). */
  readonly onState: (link: string, problem: unknown) => void;
  readonly purpose: string;
}

export function createLines({ open, onState, purpose }: LinesOptions): Lines {
  const links = new Map<number, Link>();
  /** The last question to each broker. */
  const asked = new Map<number, Promise<unknown>>();
  let isClosed = false;

  function to(node: number): Link {
    let link = links.get(node);
    if (link === undefined) {
      link = createLink({ open, onState: (problem) => onState(`${purpose} ${node}`, problem) });
      links.set(node, link);
      if (isClosed) link.close();
    }
    return link;
  }

  function drop(node: number, link: Link, reason?: Error): void {
    links.delete(node);
    asked.delete(node);
    link.close(reason);
    onState(`${purpose} ${node}`, undefined);
  }

  function ask<T>(node: number, question: (broker: Broker) => Promise<T>): Promise<T> {
    const run = () => to(node).use(async ({ cluster }) => question(await cluster.findBroker({ nodeId: String(node) })));
    const own = (asked.get(node) ?? Promise.resolve()).then(run, run);
    asked.set(node, own);
    return own;
  }

  return {
    to,
    ask,
    keep(nodes) {
      // Not the end of the log: who asks that broker now asks again, and then another one.
      for (const [node, link] of links) if (!nodes.has(node)) drop(node, link, new Error(`broker ${node} leads nothing any more`));
    },
    close() {
      isClosed = true;
      for (const [node, link] of links) drop(node, link);
    },
  };
}
