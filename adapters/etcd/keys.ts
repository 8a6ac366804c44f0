/** Keys of the route table as etcd has them: bytes in base64, under the prefix of the table. */

/** A key, or a range of keys. */
export interface KeyRange {
  readonly key: string;
  readonly range_end: string;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function fromBase64(bytes: string | undefined): string {
  return Buffer.from(bytes ?? '', 'base64').toString('utf8');
}

/** All keys that begin so. */
export function rangeOf(prefix: string): KeyRange {
  // No text holds the byte FF, so it ends the range; without a prefix two zero bytes mean all there is.
  const end = prefix === '' ? Buffer.from([0]) : Buffer.concat([Buffer.from(prefix), Buffer.from([0xff])]);
  return { key: prefix === '' ? end.toString('base64') : base64(prefix), range_end: end.toString('base64') };
}

/** The rest of a range, after a key. */
export function rangeAfter(key: string, range: KeyRange): KeyRange {
  return { key: Buffer.concat([Buffer.from(key), Buffer.from([0])]).toString('base64'), range_end: range.range_end };
}
