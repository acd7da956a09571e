import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import { FrameWriter } from '../../../src/protocol/frame-writer.ts';
import {
  FRAME_CAPS,
  FRAME_DONE,
  FRAME_FAILED,
  FRAME_LOG,
  FRAME_PONG,
  FRAME_READY,
  FRAME_WITHDRAWN,
  LOG_LEVELS,
  OUTCOMES,
} from '../../../src/protocol/frames.ts';
import { ProtocolError, parseLogRecords, parseMessage } from '../../../src/protocol/parse.ts';
import { encodeValue } from '../../../src/protocol/value-codec.ts';
import { NetLink } from '../../../src/runtimes/cell/net.ts';
import { seeded } from './random.ts';

const CAPS = { bytes: 1024 * 1024 };

interface Done {
  outcome?: number;
  guestMs?: number;
  cpuMs?: number;
  fuel?: number;
  memoryBytes?: number;
  line?: number;
  column?: number;
  name?: string;
  message?: string;
  stack?: string;
  detail?: Uint8Array;
  denials?: readonly (readonly [number, string])[];
  value?: Uint8Array;
  files?: Uint8Array;
  records?: Uint8Array;
}

function record(level: number, atMs: number, text: string): Uint8Array {
  const writer = new FrameWriter();
  writer.u8(level).f64(atMs).text(text);
  return writer.take();
}

function done(fields: Done = {}, id = 7): Uint8Array {
  const writer = new FrameWriter();
  writer.begin(FRAME_DONE, id).u8(fields.outcome ?? 0);
  writer.f64(fields.guestMs ?? 1.5).f64(fields.cpuMs ?? Number.NaN);
  writer.f64(fields.fuel ?? 10).f64(fields.memoryBytes ?? 20);
  writer
    .u32(1)
    .u32(2)
    .u32(fields.line ?? 0)
    .u32(fields.column ?? 0);
  writer.text(fields.name ?? '');
  writer.text(fields.message ?? '');
  writer.text(fields.stack ?? '');
  const denials = fields.denials ?? [];
  writer.u32(denials.length);
  for (const [kind, subject] of denials) writer.u8(kind).text(subject);
  writer.chunk(fields.value ?? new Uint8Array()).chunk(fields.files ?? new Uint8Array());
  writer.chunk(fields.records ?? new Uint8Array());
  if (fields.detail !== undefined) writer.chunk(fields.detail);
  return writer.end().take();
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const empty = (type: number, id: number): Uint8Array => new FrameWriter().begin(type, id).end().take();

let deep: Value = { name: '', message: '' };
for (let i = 0; i < 8; i++) deep = { name: '', message: '', cause: deep };
let nested: Value = 1;
for (let i = 0; i < 9; i++) nested = { x: nested };
const BAD_DETAILS: readonly Value[] = [
  1,
  [],
  null,
  { code: {} },
  { code: true },
  { cause: 'x' },
  { cause: { name: 'x' } },
  { cause: { name: 'x', message: 1 } },
  { cause: deep },
  { errors: {} },
  { errors: [1] },
  { errors: Array.from({ length: 21 }, () => ({ name: '', message: '' })) },
  { fields: [] },
  { fields: { a: new Uint8Array(1) } },
  { fields: { a: new Map() } },
  { fields: nested },
  { fields: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 1])) },
  { fields: { a: Array.from({ length: 2001 }, () => null) } },
];

describe('parseMessage reads', () => {
  test('several frames of one message', () => {
    const failed = new FrameWriter().begin(FRAME_FAILED, 0);
    failed.text('no\u0007 \nengine');
    const log = new FrameWriter()
      .begin(FRAME_LOG, 3)
      .raw(record(4, 2.5, 'a\tb'))
      .raw(record(0, 0, ''))
      .end();
    const message = join(
      empty(FRAME_READY, 0),
      empty(FRAME_PONG, 9),
      empty(FRAME_WITHDRAWN, 4),
      failed.end().take(),
      log.take(),
    );
    expect(parseMessage(message, CAPS)).toEqual([
      { type: 'ready' },
      { type: 'pong', id: 9 },
      { type: 'withdrawn', id: 4 },
      { type: 'failed', text: 'no\ufffd  engine' },
      {
        type: 'log',
        id: 3,
        bytes: 29,
        records: [
          { level: 'error', atMs: 2.5, text: 'a\tb' },
          { level: 'debug', atMs: 0, text: '' },
        ],
      },
    ]);
  });

  test('a full DONE frame', () => {
    const frame = done({
      outcome: OUTCOMES.indexOf('GUEST_ERROR'),
      line: 3,
      column: 0,
      name: 'Type\nError',
      message: 'a\u0000b\u202e\nc\u{1F600}',
      stack: 'at x\n  at y',
      denials: [
        [0, 'host\u001b[0m'],
        [1, 'x'.repeat(1000)],
      ],
      value: new Uint8Array([1, 2]),
      files: new Uint8Array([3]),
      records: record(1, 5, 'hi'),
    });
    expect(parseMessage(frame, CAPS)).toEqual([
      {
        type: 'done',
        id: 7,
        outcome: 'GUEST_ERROR',
        guestMs: 1.5,
        cpuMs: null,
        fuel: 10,
        memoryBytes: 20,
        droppedLogs: 1,
        droppedDenials: 2,
        position: { line: 3, column: 1 },
        guest: { name: 'Type Error', message: 'a\ufffdb\ufffd\nc\u{1F600}', stack: 'at x\n  at y' },
        denials: [
          { kind: 'network', subject: 'host\ufffd[0m' },
          { kind: 'module', subject: `${'x'.repeat(255)}…` },
        ],
        value: new Uint8Array([1, 2]),
        files: new Uint8Array([3]),
        logs: [{ level: 'log', atMs: 5, text: 'hi' }],
      },
    ]);
    expect(parseMessage(done(), CAPS)).toMatchObject([
      { outcome: 'ok', position: null, logs: [], denials: [] },
    ]);
  });

  test('texts at their caps, and cuts them to what people read', () => {
    const [frame] = parseMessage(
      done({
        name: 'n'.repeat(FRAME_CAPS.name),
        message: 'm'.repeat(FRAME_CAPS.message),
        stack: 's'.repeat(FRAME_CAPS.stack),
      }),
      CAPS,
    );
    expect(frame).toMatchObject({ type: 'done' });
    if (frame?.type !== 'done') return;
    expect([frame.guest.name.length, frame.guest.message.length, frame.guest.stack.length]).toEqual([
      256, 4096, 8192,
    ]);
  });

  test('its own copy of the bytes', () => {
    const message = done({ value: new Uint8Array([1]) });
    const [frame] = parseMessage(message, CAPS);
    message.fill(0);
    expect(frame).toMatchObject({ value: new Uint8Array([1]) });
  });

  test('ill-formed UTF-8 as U+FFFD, a byte order mark too', () => {
    const bytes = new FrameWriter()
      .u8(1)
      .f64(0)
      .u32(6)
      .raw(new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 0xc0, 0x41]));
    expect(parseLogRecords(bytes.take(), CAPS)).toEqual([
      { level: 'log', atMs: 0, text: '\ufffd\ufffd\ufffdA' },
    ]);
  });
});

describe('parseMessage refuses what is not a Uint8Array of its own', () => {
  class Tricky extends Uint8Array {
    override get length(): number {
      return 0;
    }
  }
  const frame = empty(FRAME_READY, 0);
  const shared = new Uint8Array(new SharedArrayBuffer(9));
  shared.set(frame);
  const disguised = Object.setPrototypeOf([1, 0, 0, 0, 0, 0, 0, 0, 0], Uint8Array.prototype) as unknown;
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'x'],
    ['an object', { length: 9, 0: 1 }],
    ['an array', [...frame]],
    ['an ArrayBuffer', frame.buffer],
    ['another typed array', new Int8Array(frame)],
    ['a DataView', new DataView(new ArrayBuffer(9))],
    ['a Proxy', new Proxy(frame, {})],
    ['a disguised array', disguised],
    ['a subclass', new Tricky(frame)],
    ['a Buffer', Buffer.from(frame)],
    ['shared memory', shared],
    ['nothing in it', new Uint8Array()],
    ['a detached one', structuredClone(new Uint8Array(9), { transfer: [] }).subarray(9)],
  ])('%s', (_, data) => {
    expect(() => parseMessage(data, CAPS)).toThrow(ProtocolError);
  });

  test('and believes no property of the object', () => {
    const data = frame.slice();
    Object.defineProperties(data, {
      length: { value: 1e9 },
      buffer: {
        get: () => {
          throw new Error('asked');
        },
      },
      slice: {
        value: () => {
          throw new Error('asked');
        },
      },
      constructor: {
        get: () => {
          throw new Error('asked');
        },
      },
      [Symbol.iterator]: {
        get: () => {
          throw new Error('asked');
        },
      },
      [Symbol.toStringTag]: {
        get: () => {
          throw new Error('asked');
        },
      },
    });
    expect(parseMessage(data, CAPS)).toEqual([{ type: 'ready' }]);
  });
});

describe('parseMessage refuses', () => {
  const cut = (bytes: Uint8Array, by: number): Uint8Array => bytes.slice(0, bytes.length - by);
  const withByte = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  const oversized = (field: 'name' | 'message' | 'stack'): Uint8Array =>
    done({ [field]: 'x'.repeat(FRAME_CAPS[field] + 1) });
  test.each<[string, Uint8Array]>([
    ['an unknown type', empty(77, 1)],
    ['a header cut short', cut(empty(FRAME_READY, 0), 1)],
    ['a payload cut short', cut(done(), 1)],
    ['a payload beyond the message', withByte(empty(FRAME_READY, 0), 8, 0xff)],
    ['content after the frame’s', new FrameWriter().begin(FRAME_READY, 0).u8(1).end().take()],
    ['a DONE of no run', done({}, 0)],
    ['a WITHDRAWN of no run', empty(FRAME_WITHDRAWN, 0)],
    ['an unknown outcome', done({ outcome: OUTCOMES.length })],
    ['an unknown denial', done({ denials: [[2, 'x']] })],
    ['too many denials', done({ denials: Array.from({ length: 101 }, () => [0, 'x'] as const) })],
    ['a denial too long', done({ denials: [[0, 'x'.repeat(FRAME_CAPS.subject + 1)]] })],
    ['an unknown log level', done({ records: record(LOG_LEVELS.length, 0, 'x') })],
    ['a log record cut short', done({ records: cut(record(0, 0, 'x'), 1) })],
    ['a log of no time', done({ records: record(0, Number.NaN, 'x') })],
    ['a log of negative time', done({ records: record(0, -1, 'x') })],
    ['a name too long', oversized('name')],
    ['a message too long', oversized('message')],
    ['a stack too long', oversized('stack')],
    ['details too long', done({ detail: new Uint8Array(FRAME_CAPS.detail + 1) })],
    ['details that are no value', done({ detail: Uint8Array.of(0, 1, 2, 3) })],
    ...BAD_DETAILS.map((value): [string, Uint8Array] => [
      `details that are ${JSON.stringify(value).slice(0, 60)}`,
      done({ detail: encodeValue(value, { bytes: FRAME_CAPS.detail }) }),
    ]),
    ['an infinite figure', done({ guestMs: Number.POSITIVE_INFINITY })],
    ['a negative figure', done({ fuel: -1 })],
    ['a figure beyond integers', done({ memoryBytes: 2 ** 53 })],
    ['a FAILED without text', empty(FRAME_FAILED, 0)],
  ])('%s', (_, message) => {
    expect(() => parseMessage(message, CAPS)).toThrow(ProtocolError);
  });

  test('a message above the byte cap, or of more frames than the cap', () => {
    const message = join(empty(FRAME_PONG, 1), empty(FRAME_PONG, 2));
    expect(parseMessage(message, { bytes: 18, frames: 2 })).toHaveLength(2);
    expect(() => parseMessage(message, { bytes: 17 })).toThrow(/exceeds its cap of 17/);
    expect(() => parseMessage(message, { bytes: 18, frames: 1 })).toThrow(/more than 1 frames/);
    const many = new Uint8Array(9 * 10_001);
    for (let i = 0; i < many.length; i += 9) many[i] = FRAME_READY;
    expect(() => parseMessage(many, CAPS)).toThrow(/more than 10000 frames/);
    expect(() => parseLogRecords(record(0, 0, 'x'), { bytes: 13 })).toThrow(/exceeds its cap/);
  });
});

/** A request with a body, and what follows it. */
function requests(): Uint8Array {
  const out = new FrameWriter();
  const link = new NetLink({ out, id: 3, window: null });
  link.reset({
    network: { requests: 9, uploadBytes: 999 },
    functions: { names: [], calls: 0, inputBytes: 0 },
  } as never);
  const id = link.fetch('message', {
    url: 'http://x.test/', method: 'POST', headers: ['a', 'b'], body: new Uint8Array(9), redirect: 'error',
  }); // biome-ignore format: a list
  link.cancel(id);
  return out.take();
}

test('mutated and cut messages end in frames or a ProtocolError', () => {
  const corpus = [
    join(empty(FRAME_READY, 0), empty(FRAME_PONG, 9), done()),
    done({
      outcome: 1,
      name: 'Error',
      message: 'é\u{1F600}',
      stack: 'at a',
      denials: [
        [0, 'a'],
        [1, 'b'],
      ],
      value: new Uint8Array(9),
    }),
    new FrameWriter()
      .begin(FRAME_LOG, 3)
      .raw(record(1, 1, 'one'))
      .raw(record(2, 2, 'two'))
      .end()
      .take(),
    requests(),
  ];
  const random = seeded(4711);
  let refused = 0;
  let accepted = 0;
  for (let round = 0; round < 40_000; round++) {
    let bytes: Uint8Array = random.pick(corpus).slice();
    for (let edits = random.int(3); edits >= 0; edits--) {
      const at = random.int(bytes.length);
      const edit = random.int(4);
      if (edit === 0) bytes[at] = random.int(256);
      else if (edit === 1) bytes = bytes.slice(0, at + 1);
      else if (edit === 2) bytes.copyWithin(at, random.int(bytes.length));
      else bytes = join(bytes, bytes.subarray(at));
    }
    try {
      parseMessage(bytes, CAPS);
      accepted++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1000);
  expect(accepted).toBeGreaterThan(1000);
});
