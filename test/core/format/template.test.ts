/** How a template is read: its parts, the limits of each, and what a refusal says. */
import { describe, expect, test } from 'vitest';
import { hidesValue, type Part, parseTemplate, type ResetPeriod } from '../../../core/format/template.ts';

describe('a template', () => {
  test.each<[string, ResetPeriod, readonly Part[]]>([
    ['{value}', 'none', [{ kind: 'value', digits: 0 }]],
    ['{value:01}', 'none', [{ kind: 'value', digits: 1 }]],
    ['{value:010}', 'none', [{ kind: 'value', digits: 10 }]],
    ['{value:019}', 'none', [{ kind: 'value', digits: 19 }]],
    ['{opaque}', 'none', [{ kind: 'opaque', characters: 13 }]],
    ['{opaque:4}', 'none', [{ kind: 'opaque', characters: 4 }]],
    ['{opaque:13}', 'none', [{ kind: 'opaque', characters: 13 }]],
    ['{{{value}}}', 'none', [text('{'), { kind: 'value', digits: 0 }, text('}')]],
    ['a}}b{{c{value}d', 'none', [text('a}b{c'), { kind: 'value', digits: 0 }, text('d')]],
    [
      'INV-{YYYY}{YY}-{value}{check:mod97-10}',
      'yearly',
      [text('INV-'), date('YYYY'), date('YY'), text('-'), { kind: 'value', digits: 0 }, { kind: 'check', system: 'mod97-10' }],
    ],
    ['{MM}{YYYY}{value}', 'monthly', [date('MM'), date('YYYY'), { kind: 'value', digits: 0 }]],
    ['{DD}{MM}{YYYY}{value}', 'daily', [date('DD'), date('MM'), date('YYYY'), { kind: 'value', digits: 0 }]],
    [`${'x'.repeat(121)}{value}`, 'none', [text('x'.repeat(121)), { kind: 'value', digits: 0 }]],
  ])('%s with a reset %s is read part by part', (template, reset, parts) => {
    expect(parseTemplate(template, reset)).toEqual(parts);
  });

  test('needs no reset to be said where it has no date', () => {
    expect(parseTemplate('{value}')).toEqual([{ kind: 'value', digits: 0 }]);
    expect(() => parseTemplate('{YYYY}{value}')).toThrow('a date needs a periodic reset');
  });

  test.each<[string, ResetPeriod, string]>([
    ['', 'none', 'has 0 values: write {value} or {opaque} exactly once'],
    ['{opaque}{value}', 'none', 'has 2 values: write {value} or {opaque} exactly once'],
    [`${'x'.repeat(122)}{value}`, 'none', 'has 129 characters: use at most 128'],
    ['{value}{check:mod97-10}{check:mod97-10}', 'none', 'has a check in its middle: let {check:…} be its last part'],
    ['{value}{check:mod97-10}x', 'none', 'has a check in its middle: let {check:…} be its last part'],
    ['{value}{check:luhn}', 'none', 'has {check:luhn}: write check: and one of mod11-2, mod37-2, mod97-10, '],
    ['{value}{check}', 'none', 'has {check}: write check: and one of mod11-2'],
    ['{value}-{YYYY}', 'none', 'has {YYYY}: a date needs a periodic reset'],
    ['{YYYY}{MM}{value}', 'yearly', 'has {MM}: a yearly reset does not tell it apart'],
    ['{YYYY}{MM}{DD}{value}', 'monthly', 'has {DD}: a monthly reset does not tell it apart'],
    ['{YYYY}{DD}{value}', 'daily', 'lacks {MM}: with a daily reset values start again: without it a number would be given twice'],
    ['{value}', 'yearly', 'lacks {YYYY}: with a yearly reset values start again'],
    ['{value', 'none', 'has a single {: write braces that are text twice'],
    ['{', 'none', 'has a single {: write braces that are text twice'],
    ['{value}}', 'none', 'has a single }: write braces that are text twice'],
    ['{value:6}', 'none', 'has {value:6}: use value, value:06, opaque:10, YYYY, YY, MM, DD or check:SYSTEM'],
    ['{value:}', 'none', 'has {value:}'],
    ['{value:00}', 'none', 'has {value:00}'],
    ['{value:0106}', 'none', 'has {value:0106}'],
    ['{value:106}', 'none', 'has {value:106}'],
    ['{value:020}', 'none', 'asks for 020: use 1 to 19'],
    ['{value:06:x}', 'none', 'has {value:06:x}: a part has one colon at most'],
    ['{opaque:0x8}', 'none', 'asks for 0x8: use 4 to 13'],
    ['{opaque:1e1}', 'none', 'asks for 1e1: use 4 to 13'],
    ['{opaque:}', 'none', 'asks for : use 4 to 13'],
    ['{opaque:3}', 'none', 'asks for 3: use 4 to 13'],
    ['{opaque:14}', 'none', 'asks for 14: use 4 to 13'],
    ['{opaque:4.5}', 'none', 'asks for 4.5: use 4 to 13'],
    ['{opaque:many}', 'none', 'asks for many: use 4 to 13'],
    ['{YYYY:4}{value}', 'yearly', 'has {YYYY:4}: use value'],
    ['{}', 'none', 'has {}: use value'],
    ['{mod97-10}', 'none', 'has {mod97-10}: use value'],
    ['{number:06}', 'none', 'has {number:06}: use value'],
    ['{by:mod97-10}{value}', 'none', 'has {by:mod97-10}: use value'],
  ])('%s with a reset %s is refused, with what to write', (template, reset, message) => {
    const refused = { code: 'SEQ_INVALID_DEFINITION', details: { attribute: 'format' } };
    expect(() => parseTemplate(template, reset)).toThrow(expect.objectContaining(refused));
    expect(() => parseTemplate(template, reset)).toThrow(`the format ${message}`);
  });

  test('says whether it hides its value', () => {
    expect(['{value}', 'a{opaque:8}b', ''].map(hidesValue)).toEqual([false, true, false]);
  });
});

function text(of: string): Part {
  return { kind: 'literal', text: of };
}

function date(field: 'YYYY' | 'YY' | 'MM' | 'DD'): Part {
  return { kind: 'date', field };
}
