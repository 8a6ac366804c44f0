/** A table of few rows. It scrolls sideways inside its own frame, never the page. */
import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Left out where the screen is narrow. */
  readonly isWide?: boolean;
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Said in the place of no rows. */
  readonly empty: ComponentChildren;
}

export function Table<T>({ caption, columns, rows, keyOf, empty }: TableProps<T>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
    <section class="frame" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.name} scope="row">
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
        </tbody>
      </table>
    </section>
  );
}

export function classOf({ isNumber, isWide }: Pick<Column<never>, 'isNumber' | 'isWide'>): string {
  return [isNumber === true ? 'n' : '', isWide === true ? 'wide' : ''].join(' ').trim();
}

/** A share as a bar with its number beside it. */
export function Share({ share, tone }: { readonly share: number; readonly tone?: string | undefined }) {
  return (
    <span class="share" aria-hidden="true">
      <span class={tone} style={{ width: `${Math.min(100, 100 * share)}%` }} />
    </span>
  );
}
