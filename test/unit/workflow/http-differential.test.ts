/** Random exchanges with a real server: what it sent against what a node gives, and what a node was told against what it got. */
import { randomBytes } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import { type Config, createWorkflowEngine, type WorkflowEngine } from '../../../src/workflow.ts';

const ROUNDS = 60;
/** Printed with what fails. */
const SEED = Number(process.env['CITADEL_SEED'] ?? 20_261_130);

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = randomOf(seed);
  }
  upTo(most: number): number {
    return Math.floor(this.#next() * (most + 1));
  }
  of<T>(list: readonly T[]): T {
    return list[this.upTo(list.length - 1)] as T;
  }
  bytes(most: number): Uint8Array {
    return Uint8Array.from({ length: this.upTo(most) }, () => this.upTo(255));
  }
  /** With what breaks out of quotes, lines, parameters and halves of characters. */
  text(most: number, alphabet = `ab "'\\&=?#/%+;,<>{}[]:.\r\n\t\u0000éß€漢😀\u2028`): string {
    const chars = [...alphabet];
    return Array.from({ length: this.upTo(most) }, () => this.of(chars)).join('');
  }
  /** As JSON can hold it. */
  json(depth: number): Value {
    const kind = this.upTo(depth > 0 ? 8 : 6);
    if (kind === 0) return null;
    if (kind === 1) return this.upTo(1) === 1;
    if (kind === 2) return this.of([0, -0, 1, -1.5, 1e21, 5e-324, 9007199254740991, 0.1]);
    if (kind === 3) return this.of([2n ** 53n, -(2n ** 63n), 2n ** 64n + 1n, 10n ** 40n]);
    if (kind <= 6) return this.text(12);
    if (kind === 7) return Array.from({ length: this.upTo(4) }, () => this.json(depth - 1));
    return Object.fromEntries(
      Array.from({ length: this.upTo(4) }, (_, i) => [
        this.of(['__proto__', 'constructor', '5', `k${i}`, this.text(4)]),
        this.json(depth - 1),
      ]),
    );
  }
}

/** A plain model of writing JSON. */
function written(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(written).join(' , ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${written(one)}`)}}`;
  return JSON.stringify(value);
}

/** The next answer, as it goes over the wire. */
let wire: readonly Uint8Array[] = [];
const sockets = new Set<Socket>();
const raw: Server = createServer(socket => {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.once('data', async () => {
    for (const part of wire) {
      socket.write(part);
      await new Promise(resolve => setImmediate(resolve));
    }
    socket.end();
  });
});

interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}
const gotten: Got[] = [];
const http = createHttp((request, response) => {
  const parts: Uint8Array[] = [];
  request.on('data', (part: Uint8Array) => parts.push(part));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    gotten.push({
      method,
      url,
      headers: headers as Record<string, string>,
      body: new Uint8Array(Buffer.concat(parts)),
    });
    response.end('ok');
  });
});

let engine: WorkflowEngine;
let [rawPort, httpPort] = [0, 0];
beforeAll(async () => {
  for (const one of [raw, http]) await new Promise<void>(resolve => one.listen(0, '127.0.0.1', resolve));
  rawPort = (raw.address() as AddressInfo).port;
  httpPort = (http.address() as AddressInfo).port;
  engine = createWorkflowEngine({
    policies: { default: { network: { allowIp: [`127.0.0.1:${rawPort}`, `127.0.0.1:${httpPort}`] } } },
  });
});
afterAll(async () => {
  await engine.close();
  for (const socket of sockets) socket.destroy();
  raw.close();
  http.closeAllConnections();
  http.close();
});

async function node(config: Config, item: Value = {}): Promise<Value> {
  const record = await engine.run(
    {
      version: 1,
      nodes: [
        { id: 'in', kind: 'input' },
        { id: 'h', kind: 'http', config },
      ],
      edges: [{ from: 'in', to: 'h' }],
    },
    { input: [item] },
  );
  if (record.status !== 'success') throw new Error(`${record.error?.code}: ${record.error?.message}`);
  return record.output['h']?.[0];
}

const CODINGS: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  raw: deflateRawSync,
};
const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** One answer: its bytes on the wire, and what a node has to make of it. */
function answerOf(dice: Dice): { wire: Uint8Array[]; expected: Record<string, unknown>; config: Config } {
  const config: Record<string, string> = { parse: 'auto' };
  let [type, body, value]: [string, Uint8Array, unknown] = ['', new Uint8Array(), ''];
  switch (dice.upTo(4)) {
    case 0:
      body = Uint8Array.from([0, ...dice.bytes(3_000)]);
      type = dice.of(['application/pdf', 'image/webp', 'application/octet-stream', '']);
      value = body;
      break;
    case 1: {
      const label = dice.of(['utf-16le', 'utf-16be', 'iso-8859-1', 'utf-8']);
      const text = dice.text(300, label === 'iso-8859-1' ? 'aé"ß\n' : undefined);
      const little = new Uint8Array(Buffer.from(text, label === 'iso-8859-1' ? 'latin1' : label === 'utf-8' ? 'utf8' : 'utf16le'));
      body = label === 'utf-16be' ? new Uint8Array(Buffer.from(little).swap16()) : little;
      type = `text/${dice.of(['plain', 'html', 'csv'])}; charset="${label}"`;
      value = text;
      break;
    }
    case 2: {
      const json = dice.json(3);
      body = new TextEncoder().encode(written(json));
      type = dice.of(['application/json', 'application/ld+json', 'application/json; charset=utf-8']);
      value = json;
      break;
    }
    case 3: {
      const lines = Array.from({ length: dice.upTo(5) }, () => dice.json(2));
      body = new TextEncoder().encode(lines.map(line => `${written(line)}${dice.of(['\n', '\r\n', '\n\n'])}`).join(''));
      type = 'application/x-ndjson';
      value = lines;
      break;
    }
    default:
      body = dice.bytes(2_000);
      type = dice.of(['text/plain', 'application/json', '']);
      config['parse'] = 'bytes';
      value = body;
  }
  const status = dice.of([200, 201, 203, 299, 300, 404, 418, 500, 599]);
  const lines = Array.from({ length: dice.upTo(5) }, (_, i): [string, string] => [
    dice.of(['X-A', 'x-a', 'Set-Cookie', `X-${i}`, 'Link']), dice.text(20, 'ab "=;,é<>').trim() || 'v',
  ]); // biome-ignore format: a list
  const headers = [...lines];
  if (type !== '') headers.push(['Content-Type', type]);
  const coding = dice.of(['', '', 'gzip', 'br', 'deflate', 'raw']);
  const coded = CODINGS[coding]?.(body) ?? body;
  if (coding !== '') headers.push(['Content-Encoding', coding === 'raw' ? 'deflate' : coding]);
  const parts: Uint8Array[] = [];
  const framing = dice.of(['length', 'chunked', 'close']);
  if (framing === 'length') headers.push(['Content-Length', String(coded.length)]);
  if (framing === 'chunked') headers.push(['Transfer-Encoding', 'chunked']);
  const head = `HTTP/1.1 ${status} ${dice.of(['OK', '', 'Fine by me'])}\r\nConnection: close\r\n${headers.map(([name, line]) => `${name}: ${line}\r\n`).join('')}\r\n`;
  const cut = dice.upTo(head.length);
  parts.push(ascii(head.slice(0, cut)), ascii(head.slice(cut)));
  for (let at = 0; at < coded.length; ) {
    const piece = coded.subarray(at, at + 1 + dice.upTo(800));
    at += piece.length;
    if (framing === 'chunked') parts.push(ascii(`${piece.length.toString(16)}\r\n`), piece, ascii('\r\n'));
    else parts.push(piece);
  }
  if (framing === 'chunked') parts.push(ascii('0\r\n\r\n'));
  const table: Record<string, string | string[]> = { connection: 'close' };
  for (const [name, line] of headers) {
    const key = name.toLowerCase();
    const before = table[key];
    if (key === 'set-cookie') table[key] = [...((before as string[] | undefined) ?? []), line];
    else table[key] = before === undefined ? line : `${before as string}, ${line}`;
  }
  return {
    wire: parts,
    config: { ...config, response: 'all', failOnStatus: false },
    expected: { status, headers: table, body: body.length === 0 && config['parse'] === 'auto' ? (type.includes('json') ? (type.includes('nd') ? [] : null) : '') : value },
  };
} // biome-ignore format: long lines

it(`gives what a server sent, however it sent it (seed ${SEED})`, async () => {
  const dice = new Dice(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const { wire: parts, expected, config } = answerOf(dice);
    wire = parts;
    const { file: _, ...given } = (await node({ url: `http://127.0.0.1:${rawPort}/`, ...config })) as Record<string, unknown>;
    expect({ round, ...given }).toEqual({ round, ...expected });
  }
}); // biome-ignore format: long lines

it(`sends what a node was told, as others read it (seed ${SEED})`, async () => {
  const dice = new Dice(SEED + 1);
  const url = `http://127.0.0.1:${httpPort}/`;
  for (let round = 0; round < ROUNDS; round++) {
    gotten.length = 0;
    const [a, b, j, data] = [dice.text(30), dice.text(30), dice.json(3), dice.bytes(500)];
    const item = { a: a === '' || /^\.{1,2}$/.test(a) ? 'x' : a, b, j, data };
    await node({ url: `${url}s/{{ item.a }}/e?{{ item.b }}=1&b={{ item.b }}&z=9#{{ item.a }}` }, item);
    await node(
      { url, method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"t": "<{{ item.a }}>", "j": {{ item.j }}, "k{{ item.b }}": ["{{ item.b }}", {{ item.a }}]}' },
      item,
    );
    await node({ url, method: 'PUT', json: { a: '{{ item.a }}', j: ['{{ item.j }}'], t: '-{{ item.b }}-' } }, item);
    await node({ url, method: 'POST', form: { 'a b': '{{ item.a }}', l: ['{{ item.b }}', 'x'] } }, item);
    await node({ url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a={{ item.a }}&b={{ item.b }}&c=1' }, item);
    await node(
      { url, method: 'POST', multipart: [{ name: 'f', value: '{{ item.a }}' }, { name: 'd', from: '$.data', fileName: 'n.bin', type: 'image/png' }] },
      item,
    );
    await node({ url, method: 'PATCH', from: '$.data' }, item);
    const [get, json, put, form, text, parts, patch] = gotten as [Got, Got, Got, Got, Got, Got, Got];
    const parsed = new URL(get.url, url);
    expect(parsed.pathname.split('/').map(decodeURIComponent)).toEqual(['', 's', item.a, 'e']);
    expect(parsed.search.slice(1).split('&').map(pair => pair.split('=').map(decodeURIComponent))).toEqual([[b, '1'], ['b', b], ['z', '9']]);
    expect(Buffer.from(json.body).toString()).toBe(
      `{"t": ${JSON.stringify(`<${item.a}>`)}, "j": ${written(j).replaceAll(' , ', ',')}, ${JSON.stringify(`k${b}`)}: [${JSON.stringify(b)}, ${JSON.stringify(item.a)}]}`,
    );
    expect(Buffer.from(put.body).toString()).toBe(
      `{"a":${JSON.stringify(item.a)},"j":[${written(j).replaceAll(' , ', ',')}],"t":${JSON.stringify(`-${b}-`)}}`,
    );
    const read = (got: Got): Promise<FormData> => new Response(got.body, { headers: { 'content-type': got.headers['content-type'] ?? '' } }).formData();
    expect([...(await read(form))]).toEqual([['a b', item.a], ['l', b], ['l', 'x']]);
    expect([...(await read(text))]).toEqual([['a', item.a], ['b', b], ['c', '1']]);
    const fields = await read(parts);
    expect(fields.get('f')).toBe(item.a);
    const file = fields.get('d') as File;
    expect([file.name, file.type, new Uint8Array(await file.arrayBuffer())]).toEqual(['n.bin', 'image/png', data]);
    expect([patch.method, patch.body]).toEqual(['PATCH', data]);
  }
}); // biome-ignore format: long lines

it('reads JSON and lines that are too long for the engine’s own thread, and keeps every integer', async () => {
  const list = Array.from({ length: 5_000 }, (_, i) => ({ id: 2n ** 60n + BigInt(i), name: `n${i} é`, v: i / 3 }));
  const url = `http://127.0.0.1:${rawPort}/`;
  const say = (type: string, text: string): void => {
    wire = [ascii(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`), new TextEncoder().encode(text)];
  };
  say('application/json', written(list));
  expect(await node({ url, maxBytes: 4_000_000 })).toEqual(list);
  say('application/x-ndjson', `${list.map(written).join('\n')}\n${written(list)}`);
  expect(await node({ url, maxBytes: 8_000_000 })).toEqual([...list, list]);
  say('application/json', `${written(list).slice(0, -1)},1e999]`);
  await expect(node({ url, maxBytes: 4_000_000 })).rejects.toThrow(/NODE_FAILED: set config.parse to text.*1e999/);
  say('application/json', '['.repeat(200_000));
  await expect(node({ url })).rejects.toThrow(/NODE_FAILED.*nested deeper than 500/);
}); // biome-ignore format: long lines

it('reads and writes megabytes without a byte lost', async () => {
  const body = new Uint8Array(randomBytes(3 * 1024 * 1024));
  wire = [
    ascii(`HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ];
  expect(await node({ url: `http://127.0.0.1:${rawPort}/`, maxBytes: body.length })).toEqual(body);
  await expect(node({ url: `http://127.0.0.1:${rawPort}/`, maxBytes: body.length - 1 })).rejects.toThrow(
    /maxBytes/,
  );
  gotten.length = 0;
  await node({ url: `http://127.0.0.1:${httpPort}/`, method: 'PUT', from: '$' }, body);
  expect(gotten[0]?.body).toEqual(body);
});
