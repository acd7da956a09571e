/** The body of a request: a template, JSON, a form, parts, or what an item holds. */
import { concatBytes } from '../../core/bytes.ts';
import { setEntry } from '../../core/entries.ts';
import { failure } from '../failure.ts';
import { isRecord, str } from '../fields.ts';
import { type Path, path } from '../path.ts';
import type { Services } from '../services.ts';
import type { Config, Json } from '../types.ts';
import { jsonOf, textOf } from '../written.ts';
import { type Fill, type Filler, fillerOf, type Piece, type Scene } from './fill.ts';
import { essenceOf, isJsonType, isLinesType, isMarkupType } from './media.ts';
import { fillForm, fillJson, fillMarkup, fillText } from './text-places.ts';

export const BODY_KEYS = ['body', 'json', 'form', 'multipart', 'from'] as const;

export interface Sent {
  readonly bytes: Uint8Array;
  /** For the header, when the author names none. */
  readonly type: string | null;
}

/** @param chars what the policy lets out, at most */
export type MakeBody = (scene: Scene, type: string | null, chars: number) => Promise<Sent>;

const utf8 = new TextEncoder();
const asBytes = (text: string): Uint8Array => utf8.encode(text);

/** Bytes in place of a text, when they are all there is. */
function onlyBytes(pieces: readonly Piece[]): Uint8Array | null {
  const [only] = pieces;
  return pieces.length === 1 && only?.kind === 'value' && only.value instanceof Uint8Array
    ? only.value
    : null;
}

export type FillPlace = (pieces: readonly Piece[], place: string, chars: number) => string;

/** How values are written into a text of this type; null when nobody knows. */
export function placeFor(type: string | null): FillPlace | null {
  const essence = essenceOf(type ?? '');
  if (isJsonType(essence) || isLinesType(essence)) return fillJson;
  if (essence === 'application/x-www-form-urlencoded') return fillForm;
  if (isMarkupType(essence)) return fillMarkup;
  return essence === 'text/plain' || essence === 'application/octet-stream' ? fillText : null;
}

function checkJson(text: string, type: string | null): void {
  const essence = essenceOf(type ?? '');
  const texts = isJsonType(essence)
    ? [text]
    : isLinesType(essence)
      ? text.split(/\r?\n/).filter(line => line.trim() !== '')
      : [];
  for (const one of texts) {
    try {
      JSON.parse(one);
    } catch (error) {
      const told = error instanceof Error ? error.message : '';
      throw failure('NODE_FAILED', `config.body comes to a text that is no JSON: ${told}`, error);
    }
  }
}

function templated(source: string, fill: Filler): MakeBody {
  const filled = fill(source);
  return async (scene, type, chars) => {
    const pieces = await filled.pieces(scene);
    const bytes = onlyBytes(pieces);
    if (bytes !== null) return { bytes, type: null };
    const text = (placeFor(type) ?? fillText)(pieces, 'config.body', chars);
    checkJson(text, type);
    return { bytes: asBytes(text), type: null };
  };
}

/** JSON with templates for texts: one that is a single value is that value, whatever it is. */
type Tree = (scene: Scene, chars: number) => Promise<unknown>;

function treeOf(given: Json, at: string, fill: Filler): Tree {
  if (typeof given === 'string') {
    const filled = fill(given);
    return async (scene, chars) => {
      const pieces = await filled.pieces(scene);
      const [only] = pieces;
      return pieces.length === 1 && only?.kind === 'value' ? only.value : fillText(pieces, at, chars);
    };
  }
  if (Array.isArray(given)) {
    const list = (given as readonly Json[]).map((one, index) => treeOf(one, `${at}[${index}]`, fill));
    return async (scene, chars) => {
      const made: unknown[] = [];
      for (const one of list) made.push(await one(scene, chars));
      return made;
    };
  }
  if (isRecord(given)) {
    const entries = Object.entries(given).map(
      ([key, one]) => [key, treeOf(one, `${at}.${key}`, fill)] as const,
    );
    return async (scene, chars) => {
      const object: Record<string, unknown> = {};
      for (const [key, one] of entries) setEntry(object, key, await one(scene, chars));
      return object;
    };
  }
  return async () => given;
}

function json(given: Json, fill: Filler): MakeBody {
  const tree = treeOf(given, 'config.json', fill);
  return async (scene, _, chars) => ({
    bytes: asBytes(jsonOf(await tree(scene, chars), 'config.json', chars)),
    type: 'application/json',
  });
}

/** As the URL standard writes them: a blank is +. */
const formText = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()~]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');

function form(given: Json, fill: Filler): MakeBody {
  const fields = Object.entries(isRecord(given) ? given : {}).map(
    ([name, value]) => [name, treeOf(value, `config.form.${name}`, fill)] as const,
  );
  return async (scene, _, chars) => {
    const pairs: string[] = [];
    for (const [name, tree] of fields) {
      const value = await tree(scene, chars);
      // A list is a field that occurs more than once.
      for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value])
        pairs.push(`${formText(name)}=${formText(textOf(one, `config.form.${name}`, chars))}`);
    }
    return { bytes: asBytes(pairs.join('&')), type: 'application/x-www-form-urlencoded' };
  };
}

interface PartSpec {
  readonly name: string;
  readonly value: Tree | null;
  readonly from: Path | null;
  readonly fileName: Fill | null;
  readonly type: Fill | null;
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const partName = (text: string): string => text.replace(/\r\n|\r|\n/g, '%0D%0A').replace(/"/g, '%22');

function bytesOf(value: unknown, at: string, chars: number): Uint8Array {
  return value instanceof Uint8Array ? value : asBytes(textOf(value, at, chars));
}

function multipart(given: Json, services: Services, fill: Filler): MakeBody {
  const specs = (given as readonly Readonly<Record<string, Json>>[]).map((part, index): PartSpec => {
    const at = `config.multipart[${index}]`;
    return {
      name: str(part, 'name'),
      value: part['value'] === undefined ? null : treeOf(part['value'], `${at}.value`, fill),
      from: part['from'] === undefined ? null : path(services, str(part, 'from')),
      fileName: part['fileName'] === undefined ? null : fill(str(part, 'fileName')),
      type: part['type'] === undefined ? null : fill(str(part, 'type')),
    };
  });
  return async (scene, _, chars) => {
    // 160 random bits: nothing that is sent can hold it but by knowing it.
    const boundary = `citadel-${[...crypto.getRandomValues(new Uint8Array(20))].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
    const pieces: Uint8Array[] = [];
    for (const [index, { name, value, from, fileName, type }] of specs.entries()) {
      const at = `config.multipart[${index}]`;
      const content = await (from === null ? value?.(scene, chars) : from.first(scene.item, scene.call));
      const isFile = fileName !== null || content instanceof Uint8Array;
      if (content === undefined || content === null)
        throw failure('NODE_FAILED', `${at} (${name}) has nothing to send`);
      const named =
        fileName === null ? 'blob' : fillText(await fileName.pieces(scene), `${at}.fileName`, 1_000);
      const stated = type === null ? '' : fillText(await type.pieces(scene), `${at}.type`, 200);
      if (/[^\u0020-\u007e]/.test(stated)) throw failure('NODE_FAILED', `${at}.type is no media type`);
      const lines = [
        `--${boundary}`,
        `Content-Disposition: form-data; name="${partName(name)}"${isFile ? `; filename="${partName(named)}"` : ''}`,
        ...(stated !== ''
          ? [`Content-Type: ${stated}`]
          : isFile
            ? ['Content-Type: application/octet-stream']
            : []),
      ];
      pieces.push(asBytes(`${lines.join('\r\n')}\r\n\r\n`), bytesOf(content, at, chars), asBytes('\r\n'));
    }
    pieces.push(asBytes(`--${boundary}--\r\n`));
    return { bytes: concatBytes(pieces), type: `multipart/form-data; boundary=${boundary}` };
  };
}

function held(source: string, services: Services): MakeBody {
  const where = path(services, source);
  return async ({ item, call }, _, chars) => {
    const value = await where.first(item, call);
    if (value instanceof Uint8Array) return { bytes: value, type: null };
    if (typeof value === 'string')
      return { bytes: asBytes(textOf(value, `config.from ${source}`, chars)), type: null };
    throw failure('NODE_FAILED', `config.from ${source} leads to neither bytes nor text`);
  };
}

/** Null when the config names no body. */
export function bodyOf(config: Config, services: Services): MakeBody | null {
  const fill = fillerOf(services);
  if (config['body'] !== undefined) return templated(str(config, 'body'), fill);
  if (config['json'] !== undefined) return json(config['json'], fill);
  if (config['form'] !== undefined) return form(config['form'], fill);
  if (config['multipart'] !== undefined) return multipart(config['multipart'], services, fill);
  if (config['from'] !== undefined) return held(str(config, 'from'), services);
  return null;
}
