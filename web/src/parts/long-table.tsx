/**
 * A table of any length that draws only the rows in sight. The rows before and behind are there as empty space, and each drawn one says
 * its place, so that a screen reader knows how long the table is.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Column, classOf } from './table.tsx';

/** As in the style sheet: rows of one height can be counted instead of measured. */
const ROW_PX = 36;
/** Rows drawn beyond both edges: a fast scroll shows no gap. */
const BEYOND = 12;
/** Until the frame was measured. */
const FRAME_PX = 640;

export interface LongColumn<T> extends Column<T> {
  readonly value: (row: T) => string | number;
  readonly cell: (row: T) => ComponentChildren;
  readonly title?: string;
  /** Where an even share of the width is not enough. */
  readonly widthRem?: number;
}

interface Order {
  readonly column: number;
  readonly isUp: boolean;
}

interface LongTableProps<T> {
  readonly caption: string;
  readonly columns: readonly LongColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Keys of the rows in sight, written there. */
  readonly shown?: { current: readonly string[] };
}

export function LongTable<T>({ caption, columns, rows, keyOf, shown }: LongTableProps<T>) {
  const frame = useRef<HTMLElement>(null);
  const [first, setFirst] = useState(0);
  const [heightPx, setHeightPx] = useState(FRAME_PX);
  const [order, setOrder] = useState<Order>({ column: 1, isUp: false });
  const sorted = useMemo(() => inOrder(rows, columns[order.column], order.isUp, keyOf), [rows, order, columns, keyOf]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeightPx(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const from = Math.max(0, Math.min(first, sorted.length - 1) - BEYOND);
  const inSight = Math.ceil(heightPx / ROW_PX);
  const until = Math.min(sorted.length, first + inSight + BEYOND);
  if (shown !== undefined) shown.current = sorted.slice(first, first + inSight).map(keyOf);
  return (
    <section
      class="frame long"
      aria-label={caption}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
      tabIndex={0}
      ref={frame}
      // No taller than its rows and its head.
      style={{ maxHeight: `min(calc(100vh - 15rem), ${(sorted.length + 1) * ROW_PX + 4}px)` }}
      onScroll={(event) => setFirst(Math.floor(event.currentTarget.scrollTop / ROW_PX))}
    >
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column, index) => (
              <Head key={column.name} column={column} index={index} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={from} columns={columns.length} />
          {sorted.slice(from, until).map((row, index) => (
            <tr key={keyOf(row)} aria-rowindex={from + index + 2}>
              {columns.map((column, place) =>
                place === 0 ? (
                  <th key={column.name} scope="row" title={String(column.value(row))}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
          <Space rows={sorted.length - until} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps<T> {
  readonly column: LongColumn<T>;
  readonly index: number;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

function Head<T>({ column, index, order, onOrder }: HeadProps<T>) {
  const isChosen = order.column === index;
  // Names are read from A, numbers from the largest.
  const next = isChosen ? !order.isUp : index === 0;
  const sort = isChosen ? (order.isUp ? 'ascending' : 'descending') : undefined;
  return (
    <th
      scope="col"
      class={classOf(column)}
      aria-sort={sort}
      title={column.title}
      style={column.widthRem === undefined ? undefined : { width: `${column.widthRem}rem` }}
    >
      <button type="button" onClick={() => onOrder({ column: index, isUp: next })}>
        {column.name}
        <span class="arrow" aria-hidden="true">
          {isChosen ? (order.isUp ? '↑' : '↓') : ''}
        </span>
      </button>
    </th>
  );
}

function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="space">
      <td colSpan={columns} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function inOrder<T>(rows: readonly T[], column: LongColumn<T> | undefined, isUp: boolean, keyOf: (row: T) => string): readonly T[] {
  if (column === undefined) return rows;
  const sign = isUp ? 1 : -1;
  // Equal ones stay where they are: rows that jump cannot be read.
  return [...rows].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (left === right) return keyOf(a) < keyOf(b) ? -1 : 1;
    return left < right ? -sign : sign;
  });
}
