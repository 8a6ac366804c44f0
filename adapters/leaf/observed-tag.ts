/**
 * One tag of one Leaf server, read from its page `/cache`, which shows every single value given out. Other servers of the same table have
 * pages of their own. Between two readings the server may have gone from one segment to the next: what was left of the old one was given
 * out too. After a restart it has thrown its segments away, and nobody can tell how much of them was given out.
 */

import { observedAddress } from '../counters/observed-address.ts';
import { observedFailure } from '../counters/observed-failures.ts';
import { CONNECT_TIMEOUT_MS, misnamed, type ObservedSource, type Reading } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';
import { type LeafRow, leafRows } from './cache-page.ts';

const PAGE = '/cache';
/** A tag takes a line of a few hundred characters; a page beyond this is no such page. */
const PAGE_BYTES_MAX = 16 * 1024 * 1024;

/** `leaf+http://host:port?tag=NAME`. Throws `SEQ_ENGINE_UNREACHABLE`, or `SEQ_CONFIG_INVALID` where it has no such tag. */
export async function openObservedLeaf(url: string): Promise<ObservedSource> {
  const { url: base, words } = observedAddress(url.replace(/^leaf\+/, ''));
  const { tag } = words;
  if (tag === undefined) throw misnamed('say which tag to observe: leaf+http://host:port?tag=NAME');
  const page = new URL(base.pathname === '/' ? PAGE : base.pathname, base);
  const shown = `${page.protocol}//${page.host}${page.pathname}`;
  const tally = new SegmentTally();
  let hasAnswered = false;
  const source: ObservedSource = {
    shown: `tag ${tag} of Leaf at ${shown}`,
    async read() {
      try {
        const rows = leafRows(await within(CONNECT_TIMEOUT_MS, pageText(page)));
        const row = rows.find((each) => each.tag === tag);
        if (row === undefined) throw misnamed(`Leaf at ${shown} shows no tag ${tag}${knownTags(rows)}`);
        hasAnswered = true;
        return tally.reading(row);
      } catch (error) {
        tally.wasAway();
        throw observedFailure({ engine: 'Leaf', shown, hasAnswered }, { misnamed: /^HTTP 404/, refused: /^HTTP 40[13]/ }, error);
      }
    },
    close: async () => undefined,
  };
  await source.read();
  return source;
}

/** Adds up what one server has given out, segment by segment. */
class SegmentTally {
  #issued = 0n;
  #last: LeafRow | undefined;
  #lives = 0;
  #wasAway = false;

  reading(row: LeafRow): Reading {
    const last = this.#last;
    if (!row.isReady) {
      // Loaded, and never asked: a server that had given out values before is a new one.
      if (last?.isReady === true) this.#lives++;
    } else if (last?.isReady !== true) {
      this.#issued += givenOut(row);
    } else if (row.max === last.max) {
      this.#issued += givenOut(row) - givenOut(last);
    } else if (this.#wasAway) {
      this.#lives++;
    } else {
      this.#issued += last.step - givenOut(last) + givenOut(row);
    }
    this.#last = row;
    this.#wasAway = false;
    return { position: this.#issued, life: String(this.#lives), block: Number(row.step) || 1, resolution: 1 };
  }

  wasAway(): void {
    this.#wasAway = true;
  }
}

/** Of the segment in use. Callers who come after its end count its value further up for a moment. */
function givenOut({ value, max, step }: LeafRow): bigint {
  const given = (value < max ? value : max) - (max - step);
  return given < 0n ? 0n : given;
}

function knownTags(rows: readonly LeafRow[]): string {
  const names = rows.slice(0, 10).map((each) => each.tag);
  return names.length === 0 ? '' : `; it shows ${names.join(', ')}${rows.length > names.length ? ' …' : ''}`;
}

async function pageText(page: URL): Promise<string> {
  const { username, password } = page;
  const bare = new URL(page);
  bare.username = '';
  bare.password = '';
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const answer = await fetch(bare, {
    signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS),
    ...(username !== '' && { headers: { authorization: `Basic ${login}` } }),
  }).catch((error: unknown) => {
    // What went wrong beneath is in the cause; fetch itself only says that it failed.
    throw error instanceof Error && error.cause !== undefined ? error.cause : error;
  });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const text = await answer.text();
  if (text.length > PAGE_BYTES_MAX) throw new Error('the page is too large');
  return text;
}
