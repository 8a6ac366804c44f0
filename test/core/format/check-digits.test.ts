import { describe, expect, test } from 'vitest';
import { CHECK_SYSTEMS, type CheckSystemName, checkCharacters, isChecked, isCheckSystem } from '../../../core/format/check-digits.ts';

const NAMES = Object.keys(CHECK_SYSTEMS) as CheckSystemName[];

/** A text of the system's alphabet that uses much of it. */
function sample(name: CheckSystemName, length: number): string {
  const { alphabet } = CHECK_SYSTEMS[name];
  return Array.from({ length }, (_, i) => alphabet[(7 * i + 3) % alphabet.length]).join('');
}

describe('check characters', () => {
  test.each([
    // ISNI and ORCID: the last character is MOD 11-2 of the fifteen before it.
    ['mod11-2', '000000021825009', '7'],
    ['mod11-2', '000000021694233', 'X'],
    ['mod11-2', '079', 'X'],
    ['mod11-2', '0794', '0'],
    // IBAN without its letters: MOD 97-10 of the account with the country's digits behind it.
    ['mod97-10', '794', '44'],
    // ISAN and GRid use the hybrid system of letters and digits.
    ['mod37,36', 'A12425GABC1234002', 'M'],
    ['mod11,10', '0794', '5'],
    ['mod11,10', '79462', '3'],
  ] as const)('by %s of %s are %s, as published', (name, text, check) => {
    expect(checkCharacters(name, text)).toBe(check);
    expect(isChecked(name, text + check)).toBe(true);
  });

  test.each([
    // Worked out by the sums of the standard, with powers of the radix.
    ['mod37-2', 'AB815', 'J'],
    ['mod37-2', 'AZ2', '*'],
    ['mod97-10', '815', '78'],
    ['mod661-26', 'XYZ', 'LI'],
    ['mod1271-36', 'ABC9', 'VH'],
    ['mod27,26', 'AB', 'C'],
    ['mod37,36', 'AB815', 'I'],
  ] as const)('by %s of %s are %s', (name, text, check) => {
    expect(checkCharacters(name, text)).toBe(check);
    expect(isChecked(name, text + check)).toBe(true);
    expect(isChecked(name, `${text}${check}${check}`)).toBe(false);
  });

  test.each(NAMES)('by %s check nothing where there is nothing before them', (name) => {
    expect(isChecked(name, '')).toBe(false);
    expect(isChecked(name, checkCharacters(name, ''))).toBe(false);
  });

  test('go by names of their own, and by no other word', () => {
    expect(NAMES.every(isCheckSystem)).toBe(true);
    expect(['', 'luhn', 'toString', 'MOD97-10'].some(isCheckSystem)).toBe(false);
  });

  test.each(NAMES)('by %s notice every wrong character', (name) => {
    const text = sample(name, 12);
    const whole = text + checkCharacters(name, text);
    const { alphabet } = CHECK_SYSTEMS[name];
    for (let i = 0; i < text.length; i++) {
      for (const other of alphabet) {
        if (other === whole[i]) continue;
        expect(isChecked(name, whole.slice(0, i) + other + whole.slice(i + 1))).toBe(false);
      }
    }
  });

  test.each(NAMES.filter((name) => CHECK_SYSTEMS[name].kind === 'pure'))('by %s notice every swap of neighbours', (name) => {
    const text = sample(name, 14);
    const whole = text + checkCharacters(name, text);
    for (let i = 0; i + 1 < text.length; i++) {
      if (whole[i] === whole[i + 1]) continue;
      const swapped = whole.slice(0, i) + whole[i + 1] + whole[i] + whole.slice(i + 2);
      expect(isChecked(name, swapped)).toBe(false);
    }
  });

  test('refuse a character that the system does not know, by its name', () => {
    const refused = { code: 'SEQ_INVALID_DEFINITION', message: "mod97-10 checks 0-9 only, and not 'A'" };
    expect(() => checkCharacters('mod97-10', '12A')).toThrow(expect.objectContaining(refused));
    for (const text of ['A44', 'A144', '1A44']) expect(isChecked('mod97-10', text)).toBe(false);
    expect(isChecked('mod11-2', 'X')).toBe(false);
  });
});
