/**
 * Baidu's CachedUidGenerator: a ring of ids that is filled to the brim before the first call, and again whenever less than half is left.
 * Who finds it empty gets an exception.
 */
import type { Policy } from '../harness/policy.ts';
import { ONLY_WAITING } from './on-empty.ts';

/** Ids of one second (13 bits), times 2 to the power of `boostPower`. */
const IDS_PER_SECOND = 8_192;
const BOOST_POWER = 3;
/** `DEFAULT_PADDING_PERCENT` */
const PADDING_SHARE = 0.5;

export function baiduRing(boostPower = BOOST_POWER): Policy {
  const size = IDS_PER_SECOND << boostPower;
  const padBelow = size * PADDING_SHARE;
  let isPadding = false;
  return {
    name: `Baidu ring ${size}`,
    lostAfterS: 0,
    returnsAtStop: false,
    get alertAt() {
      return isPadding ? ONLY_WAITING : padBelow - 1;
    },
    order({ stock }) {
      if (isPadding || stock >= padBelow) return 0;
      isPadding = true;
      return size - stock;
    },
    delivered() {
      isPadding = false;
    },
  };
}
