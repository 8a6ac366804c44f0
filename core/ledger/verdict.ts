/**
 * How a reader judges a record. Plain strings: a fold of millions of records allocates nothing for its verdicts.
 */
export const REJECTIONS = [
  'name-taken',
  'not-after-last-drop',
  'generation-not-current',
  'not-at-next-ordinal',
  'range-empty',
  'beyond-capacity',
  'claim-not-accepted',
  'claim-of-other-partition',
  'claim-opened-before',
  'generation-fenced',
  'not-newer-than-fence',
  'no-such-source',
  'not-at-cursor',
  'shard-empty',
  'beyond-source',
  'shard-too-large',
  'out-of-order',
  'not-the-shared-stream',
  'held-by-other-life',
  'order-not-next',
  'other-pool',
  'incarnation-lost',
  'shard-not-open',
  'other-incarnation',
  'slices-outside-shard',
  'too-many-slices',
  'burn-outside-shard',
  'recalled-before',
  'already-lost',
  'assignment-not-next',
  'request-answered-before',
  'level-not-higher',
  'level-too-low',
  'claimed-elsewhere',
  'claimed-meanwhile',
  'not-contiguous',
  'gapless-shard-open',
  'not-the-current-life',
  'operations-lost',
  'too-many-lives',
] as const;

export type Rejection = (typeof REJECTIONS)[number];

/**
 * `accepted`: the state moved on. `wait`: the record names a claim that this reader's ranges log has not reached; fold that
 * first, then judge again. Anything else: rejected, for this reason, and the state is as it was.
 */
export type Verdict = 'accepted' | 'wait' | Rejection;
