/** The grid of console.table. */

import { inspect } from './inspect.ts';
import { getOwn, MapCtor, MapGet, MapSet, ownKeys, repeat } from './primordials.ts';
import { isObject, list } from './webidl.ts';

const MAX_ROWS = 100;
const MAX_COLUMNS = 20;

function cell(own: PropertyDescriptor | undefined): string {
  if (own === undefined) return '';
  return own.get || own.set ? '[Getter]' : inspect(own.value, 0);
}

function line(cells: readonly string[], widths: readonly number[]): string {
  let text = '│';
  for (let i = 0; i < widths.length; i++) {
    const shown = cells[i] ?? '';
    const space = (widths[i] as number) - shown.length;
    text += ' ' + shown + repeat(' ', space > 0 ? space : 0) + ' │';
  }
  return text;
}

function rule(widths: readonly number[], left: string, middle: string, right: string): string {
  let text = left;
  for (let i = 0; i < widths.length; i++)
    text += (i > 0 ? middle : '') + repeat('─', (widths[i] as number) + 2);
  return text + right;
}

/** Undefined when there is nothing tabular to show. */
export function table(data: unknown): string | undefined {
  if (!isObject(data)) return undefined;
  const columns: Map<string, number> = new MapCtor();
  const head: string[] = list();
  head[0] = '(index)';
  const rows: string[][] = list();
  let valueColumn = false;
  const values: string[] = list();
  const keys = ownKeys(data);
  for (let i = 0; i < keys.length && rows.length < MAX_ROWS; i++) {
    const key = keys[i] as string | symbol;
    const own = getOwn(data, key);
    if (typeof key === 'symbol' || own === undefined || own.enumerable !== true) continue;
    const row: string[] = list();
    row[0] = key;
    const value = own.value;
    if (isObject(value)) {
      const names = ownKeys(value);
      for (let j = 0; j < names.length && j < MAX_COLUMNS; j++) {
        const name = names[j] as string | symbol;
        const item = getOwn(value, name);
        if (typeof name === 'symbol' || item?.enumerable !== true) continue;
        let column = MapGet(columns, name);
        if (column === undefined) {
          if (head.length > MAX_COLUMNS) continue;
          column = head.length;
          MapSet(columns, name, column);
          head[column] = name;
        }
        row[column] = cell(item);
      }
    } else {
      valueColumn = true;
      values[rows.length] = cell(own);
    }
    rows[rows.length] = row;
  }
  if (valueColumn) {
    const column = head.length;
    head[column] = 'Values';
    for (let i = 0; i < rows.length; i++) (rows[i] as string[])[column] = values[i] ?? '';
  }
  const widths: number[] = list();
  for (let c = 0; c < head.length; c++) {
    let width = (head[c] as string).length;
    for (let r = 0; r < rows.length; r++) {
      const length = ((rows[r] as string[])[c] ?? '').length;
      if (length > width) width = length;
    }
    widths[c] = width;
  }
  let text =
    rule(widths, '┌', '┬', '┐') + '\n' + line(head, widths) + '\n' + rule(widths, '├', '┼', '┤') + '\n';
  for (let r = 0; r < rows.length; r++) text += line(rows[r] as string[], widths) + '\n';
  return text + rule(widths, '└', '┴', '┘');
}
