/**
 * How the values of a generation are written for people, and read back: its template, the period it belongs to, and the key that hides
 * values. A sequence without a format has none of this, and pays for none of it.
 */
import { SequenceError } from '../errors.ts';
import { dayOf, isDay, isTimeZone, type Period } from '../period.ts';
import { Formatter } from './formatter.ts';
import { hidesValue, parseTemplate } from './template.ts';

export interface PrintedForm extends Period {
  /** Template of printed numbers, such as `INV-{YYYY}-{value:06}`; empty: values are numbers only. */
  readonly format: string;
  /** Sixteen bytes in hex by which `{opaque}` hides values; empty where the format has no such part. */
  readonly opaqueKey: string;
}

/** Writes and reads the values of one generation. */
export interface Printing {
  write(value: bigint): string;
  /** The value of a printed number of this generation's period; undefined for what it would not have written. */
  read(text: string): bigint | undefined;
}

const KEY_TEXT = /^[0-9a-f]{32}$/;
const RESETS: readonly string[] = ['none', 'daily', 'monthly', 'yearly'];

/** Throws `SEQ_INVALID_DEFINITION` where the parts contradict each other, or the bounds hold values that cannot be written. */
export function checkPrintedForm(form: PrintedForm, bounds: { readonly min: bigint; readonly max: bigint }): void {
  const { format, reset, timeZone, periodStart, opaqueKey } = form;
  if (!RESETS.includes(reset)) throw invalid('reset', `is ${reset}`, `use ${RESETS.join(', ')}`);
  if (timeZone !== '' && !isTimeZone(timeZone))
    throw invalid('timeZone', `${timeZone} is not known here`, 'use a name such as Europe/Berlin');
  if (format !== '') parseTemplate(format, reset);
  if (reset === 'none') {
    if (periodStart !== '') throw invalid('periodStart', `is ${periodStart}`, 'without resets there are no periods');
  } else {
    if (timeZone === '') throw invalid('timeZone', 'is missing', 'say whose midnight counts, by a name such as Europe/Berlin');
    if (!isDay(periodStart))
      throw invalid('periodStart', `is ${periodStart || 'missing'}`, 'use the first day of the period, as YYYY-MM-DD');
  }
  if (opaqueKey !== '' && !KEY_TEXT.test(opaqueKey)) throw invalid('opaqueKey', 'is no key', 'use 32 hexadecimal digits, in small letters');
  if (!hidesValue(format)) return;
  if (opaqueKey === '') throw invalid('opaqueKey', 'is missing', 'a format with {opaque} needs a key');
  const end = formatterOf(form).valueEnd ?? 0n;
  if (bounds.min < 0n) throw invalid('min', `is ${bounds.min}`, '{opaque} hides values from 0 up: use min 0 or more');
  if (bounds.max >= end)
    throw invalid('max', `is ${bounds.max}`, `the format hides values up to ${end - 1n}: lower max, or use more characters`);
}

const printings = new WeakMap<PrintedForm, Printing>();

/** Undefined where values are numbers only. */
export function printingOf(form: PrintedForm): Printing | undefined {
  if (form.format === '') return undefined;
  let printing = printings.get(form);
  if (printing === undefined) {
    printing = newPrinting(form);
    printings.set(form, printing);
  }
  return printing;
}

function newPrinting(form: PrintedForm): Printing {
  const formatter = formatterOf(form);
  const period = dayOf(form.periodStart);
  return {
    write: (value) => formatter.write(value, period),
    read(text) {
      const value = formatter.read(text)?.value;
      return value !== undefined && formatter.write(value, period) === text ? value : undefined;
    },
  };
}

function formatterOf({ format, reset, opaqueKey }: PrintedForm): Formatter {
  return new Formatter({ template: format, reset, ...(opaqueKey !== '' && { key: bytesOf(opaqueKey) }) });
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function invalid(attribute: string, wrong: string, hint: string): SequenceError {
  return new SequenceError('SEQ_INVALID_DEFINITION', `${attribute} ${wrong}: ${hint}`, { attribute });
}
