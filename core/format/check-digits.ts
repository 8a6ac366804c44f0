/**
 * Check characters by ISO/IEC 7064: a mistyped or transposed character of a number is noticed by whoever has the number alone.
 *
 * Pure systems (MOD 11-2, 37-2, 97-10, 661-26, 1271-36) weigh each character with a power of the radix and end in a remainder of 1;
 * hybrid ones (MOD 11,10 · 27,26 · 37,36) fold with two moduli and end in 1 as well. Their published check is `isChecked`.
 */
import { SequenceError } from '../errors.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

interface PureSystem {
  readonly kind: 'pure';
  readonly modulus: number;
  readonly radix: number;
  /** Characters that may be checked, in order of their worth. */
  readonly alphabet: string;
  /** What a check character may be beside those: worth the alphabet's length. */
  readonly extra: string;
  readonly checkLength: 1 | 2;
}

interface HybridSystem {
  readonly kind: 'hybrid';
  /** M; the other modulus is M + 1. */
  readonly modulus: number;
  readonly alphabet: string;
  readonly checkLength: 1;
}

// biome-ignore format: the standard's table of systems.
export const CHECK_SYSTEMS = {
  'mod11-2':    { kind: 'pure', modulus: 11, radix: 2, alphabet: DIGITS, extra: 'X', checkLength: 1 },
  'mod37-2':    { kind: 'pure', modulus: 37, radix: 2, alphabet: DIGITS + LETTERS, extra: '*', checkLength: 1 },
  'mod97-10':   { kind: 'pure', modulus: 97, radix: 10, alphabet: DIGITS, extra: '', checkLength: 2 },
  'mod661-26':  { kind: 'pure', modulus: 661, radix: 26, alphabet: LETTERS, extra: '', checkLength: 2 },
  'mod1271-36': { kind: 'pure', modulus: 1271, radix: 36, alphabet: DIGITS + LETTERS, extra: '', checkLength: 2 },
  'mod11,10':   { kind: 'hybrid', modulus: 10, alphabet: DIGITS, checkLength: 1 },
  'mod27,26':   { kind: 'hybrid', modulus: 26, alphabet: LETTERS, checkLength: 1 },
  'mod37,36':   { kind: 'hybrid', modulus: 36, alphabet: DIGITS + LETTERS, checkLength: 1 },
} as const satisfies Record<string, PureSystem | HybridSystem>;

export type CheckSystemName = keyof typeof CHECK_SYSTEMS;

export function isCheckSystem(name: string): name is CheckSystemName {
  return Object.hasOwn(CHECK_SYSTEMS, name);
}

/** Check characters of a text of the system's alphabet. Throws SEQ_INVALID_DEFINITION at the first character that is not in it. */
export function checkCharacters(name: CheckSystemName, text: string): string {
  const system: PureSystem | HybridSystem = CHECK_SYSTEMS[name];
  return system.kind === 'pure'
    ? pureCheck(system, worths(name, system.alphabet, text))
    : hybridCheck(system, worths(name, system.alphabet, text));
}

/** True where the text ends in its own check characters. */
export function isChecked(name: CheckSystemName, text: string): boolean {
  const { checkLength, alphabet } = CHECK_SYSTEMS[name];
  const body = text.slice(0, -checkLength);
  if (text.length <= checkLength || [...body].some((character) => !alphabet.includes(character))) return false;
  return checkCharacters(name, body) === text.slice(-checkLength);
}

function worths(name: CheckSystemName, alphabet: string, text: string): number[] {
  return [...text].map((character) => {
    const worth = alphabet.indexOf(character);
    if (worth >= 0) return worth;
    throw new SequenceError('SEQ_INVALID_DEFINITION', `${name} checks ${alphabet[0]}-${alphabet.at(-1)} only, and not '${character}'`);
  });
}

function pureCheck({ modulus, radix, alphabet, extra, checkLength }: PureSystem, text: readonly number[]): string {
  let product = 0;
  for (const worth of text) product = ((product + worth) * radix) % modulus;
  if (checkLength === 2) product = (product * radix) % modulus;
  const check = (modulus + 1 - product) % modulus;
  if (checkLength === 1) return (alphabet + extra)[check] ?? '';
  return `${alphabet[Math.floor(check / radix)]}${alphabet[check % radix]}`;
}

function hybridCheck({ modulus, alphabet }: HybridSystem, text: readonly number[]): string {
  let product = modulus;
  for (const worth of text) {
    const sum = (product + worth) % modulus;
    product = ((sum === 0 ? modulus : sum) * 2) % (modulus + 1);
  }
  return alphabet[(modulus + 1 - product) % modulus] ?? '';
}
