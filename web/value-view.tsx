/** A value as text: everything a guest gave is shown, nothing of it becomes markup. */
import { type ReactElement, useEffect, useRef } from 'react';
import type { Value } from '../src/core/value.ts';

const MOST = 200;
const TEXT_CHARS = 5_000;
const DEPTH = 8;

const isPlain = (value: unknown): value is Record<string, Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** Width and height in eight bytes, then a byte for each pixel: what the image examples give. */
function sizeOf(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 12) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const [width, height] = [view.getInt32(0, true), view.getInt32(4, true)];
  return width > 1 && height > 1 && width <= 2_048 && height <= 2_048 && width * height === bytes.length - 8
    ? { width, height }
    : null;
}

function Picture({
  bytes,
  width,
  height,
}: {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}): ReactElement {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = place.current?.getContext('2d');
    const image = context?.createImageData(width, height);
    if (context === null || context === undefined || image === undefined) return;
    for (let i = 0; i < width * height; i++)
      image.data.set([bytes[8 + i] ?? 0, bytes[8 + i] ?? 0, bytes[8 + i] ?? 0, 255], i * 4);
    context.putImageData(image, 0, 0);
  }, [bytes, width, height]);
  return (
    <figure className="picture">
      <canvas
        ref={place}
        width={width}
        height={height}
        role="img"
        aria-label={`An image of ${width} × ${height} pixels`}
      />
      <figcaption>{`${width} × ${height}, ${bytes.length.toLocaleString('en')} bytes`}</figcaption>
    </figure>
  );
}

function textOf(value: Value, depth = 0): string {
  if (typeof value === 'string') return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return `${value.length} bytes: ${[...value.subarray(0, 16)].map(byte => byte.toString(16).padStart(2, '0')).join(' ')}…`;
  if (depth > DEPTH) return '…';
  const pad = '  '.repeat(depth + 1);
  const end = '  '.repeat(depth);
  const list = (entries: string[], all: number, open: string, close: string): string =>
    entries.length === 0
      ? `${open}${close}`
      : `${open}\n${pad}${entries.join(`,\n${pad}`)}${all > MOST ? `,\n${pad}… ${all - MOST} more` : ''}\n${end}${close}`;
  if (Array.isArray(value))
    return list(
      value.slice(0, MOST).map(one => textOf(one, depth + 1)),
      value.length,
      '[',
      ']',
    );
  if (value instanceof Map)
    return list(
      [...value].slice(0, MOST).map(([key, one]) => `${textOf(key, depth + 1)} => ${textOf(one, depth + 1)}`),
      value.size,
      'Map {',
      '}',
    );
  if (value instanceof Set)
    return list(
      [...value].slice(0, MOST).map(one => textOf(one, depth + 1)),
      value.size,
      'Set {',
      '}',
    );
  const entries = Object.entries(value as Record<string, Value>);
  return list(
    entries
      .slice(0, MOST)
      .map(
        ([key, one]) =>
          `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${textOf(one, depth + 1)}`,
      ),
    entries.length,
    '{',
    '}',
  );
}

const short = (value: Value): string => {
  const text = (typeof value === 'string' ? value : textOf(value, 1)).replace(/\s+/g, ' ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};

function Table({ rows }: { readonly rows: readonly Record<string, Value>[] }): ReactElement {
  const columns = [...new Set(rows.slice(0, MOST).flatMap(row => Object.keys(row)))].slice(0, 12);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll" tabIndex={0} aria-label="Items as a table">
      <table className="items">
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column} scope="col">
                {column.slice(0, 60)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST).map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own
            <tr key={i}>
              {columns.map(column => (
                <td
                  key={column}
                  className={
                    typeof row[column] === 'number' ? 'num' : short(row[column]).length > 40 ? 'long' : ''
                  }
                >
                  {Object.hasOwn(row, column) ? short(row[column]) : ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST && <p className="note">{`and ${rows.length - MOST} more`}</p>}
    </section>
  );
}

/** Items that are objects become a table; a list alone is looked into. */
export function ItemsView({ items }: { readonly items: readonly Value[] }): ReactElement {
  if (items.length === 0) return <p className="note">No items.</p>;
  const [only] = items;
  if (items.length === 1 && Array.isArray(only) && only.length > 0 && only.every(isPlain))
    return <Table rows={only as Record<string, Value>[]} />;
  if (
    items.every(
      item => isPlain(item) && !(item instanceof Map) && !(item instanceof Set) && !(item instanceof Date),
    ) &&
    (items.length > 1 || Object.keys(only as object).length <= 8)
  )
    return <Table rows={items as Record<string, Value>[]} />;
  if (items.every(item => typeof item !== 'object'))
    return (
      <pre className="value">
        {items
          .slice(0, MOST)
          .map(item => textOf(item))
          .join('\n')
          .slice(0, TEXT_CHARS)}
        {items.length > MOST && `\nand ${items.length - MOST} more`}
      </pre>
    );
  return (
    <>
      {items.slice(0, 50).map((item, i) => {
        const size = item instanceof Uint8Array ? sizeOf(item) : null;
        return size !== null ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no name of their own
          <Picture key={i} bytes={item as Uint8Array} {...size} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no name of their own
          <pre key={i} className="value">
            {textOf(item).slice(0, TEXT_CHARS)}
          </pre>
        );
      })}
      {items.length > 50 && <p className="note">{`and ${items.length - 50} more`}</p>}
    </>
  );
}
