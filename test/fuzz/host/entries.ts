/** The places where the host takes something that is not its own, each with what it may cost. */
import { inspect as show } from 'node:util';
import { hostBytesFor, unfoldedBytesFor } from '../../../src/core/budget.ts';
import {
  markdownToHtml,
  sanitizeCsv,
  sanitizeHtml,
  sanitizeUrl,
} from '../../../src/gateway/content/index.ts';
import { dataPath, filterInput, parseJsonInput } from '../../../src/gateway/index.ts';
import { checkSql } from '../../../src/gateway/sql/index.ts';
import { inspect, validate } from '../../../src/index.ts';
import { readArchive } from '../../../src/packages/index.ts';
import { parseMessage } from '../../../src/protocol/parse.ts';
import { decodeValue } from '../../../src/protocol/value-codec.ts';
import type { Random } from '../../unit/protocol/random.ts';
import type { Bounds, Case } from './oracle.ts';
import { hostileArchive, runnablePackage } from './packages.ts';
import { hostileText, type Language } from './texts.ts';
import { bytesOf, hostileProgram, hostileValue } from './values.ts';
import { hostileWire } from './wire.ts';
import { hostileItems, hostileWorkflow, largeWorkflow } from './workflows.ts';
import type { World } from './world.ts';

const MiB = 1024 * 1024;
/** At limits nobody raised, and at those raised to their ceilings. */
const DEFAULT: Bounds = { stallMs: 50, heapPerByte: 50, heapConstant: 16 * MiB };
const CEILING: Bounds = { ...DEFAULT, stallMs: 250 };
/** The one synchronous reader of whole programs: a microsecond a character, as its page says. */
const PROGRAM: Bounds = { ...DEFAULT, stallMs: 1_000 };

export interface Entry {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  readonly bounds: Bounds;
  make(random: Random): Case;
}

const shown = (text: string): string => `${text.length} characters: ${JSON.stringify(text.slice(0, 60))}`;

function textEntry(
  name: string,
  language: Language,
  max: number,
  bounds: Bounds,
  call: (text: string) => unknown,
): Entry {
  return {
    name,
    weight: 6,
    bounds,
    make(random) {
      const text = hostileText(random, language, max);
      return { bytes: text.length, note: shown(text), call: () => call(text) };
    },
  };
}

/** Two frames' heads and noise: lengths that lie, kinds there are not. */
function hostileFrame(random: Random): Uint8Array {
  const size = 9 + random.int(random.pick([10, 1_000, 200_000]));
  const bytes = Uint8Array.from({ length: size }, () =>
    random.pick([0, 0, 0, 1, 1, 2, 5, 255, random.int(256)]),
  );
  bytes[0] = 1 + random.int(9);
  new DataView(bytes.buffer).setUint32(5, size - 9, true);
  return bytes;
}

const RULES = { dialect: 'sqlite', verbs: ['select'], tables: ['t'] } as const;

export function entries({ sandbox, engine, manager }: World): readonly Entry[] {
  return [
    {
      name: 'decodeValue, default outputBytes',
      weight: 12,
      bounds: DEFAULT,
      make(random) {
        const bytes = hostileWire(random, MiB);
        return {
          bytes: bytes.length,
          note: `${bytes.length} bytes`,
          call: () => decodeValue(bytes, { bytes: MiB }),
        };
      },
    },
    {
      name: 'decodeValue, a small cap',
      weight: 4,
      bounds: DEFAULT,
      make(random) {
        const bytes = hostileWire(random, 10_000);
        return {
          bytes: Math.max(bytes.length, (hostBytesFor(bytes.length) + unfoldedBytesFor(bytes.length)) / 50),
          note: `${bytes.length} bytes`,
          call: () => decodeValue(bytes, { bytes: bytes.length }),
        };
      },
    },
    {
      name: 'parseMessage',
      weight: 4,
      bounds: DEFAULT,
      make(random) {
        const bytes = hostileFrame(random);
        return {
          bytes: bytes.length,
          note: `${bytes.length} bytes of type ${bytes[0]}`,
          call: () => parseMessage(bytes, { bytes: MiB }),
        };
      },
    },
    {
      name: 'sandbox.run, javascript',
      weight: 6,
      bounds: DEFAULT,
      make(random) {
        const code = hostileProgram(random, 1_000_000);
        return { bytes: MiB, note: code, call: () => sandbox.run({ runtime: 'javascript', code }) };
      },
    },
    textEntry('validate', 'javascript', 40_000, DEFAULT, code => validate({ runtime: 'javascript', code })),
    textEntry('validate, typescript', 'javascript', 20_000, DEFAULT, code =>
      validate({ runtime: 'javascript', language: 'typescript', code }),
    ),
    textEntry('validate, as long as programs are', 'javascript', MiB, PROGRAM, code =>
      validate({ runtime: 'javascript', code }),
    ),
    {
      name: 'inspect',
      weight: 3,
      bounds: DEFAULT,
      make(random) {
        const body = Uint8Array.from({ length: 1 + random.int(100_000) }, () =>
          random.pick([0, 1, 0x60, 0x7f, 3, 10, 11, random.int(256)]),
        );
        const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...body]);
        return { bytes: bytes.length, note: `${bytes.length} bytes`, call: () => inspect({ code: bytes }) };
      },
    },
    textEntry('sanitizeHtml', 'html', 100_000, DEFAULT, text => sanitizeHtml(text)),
    textEntry('sanitizeHtml, at its ceiling', 'html', 1_000_000, CEILING, text => sanitizeHtml(text)),
    textEntry('markdownToHtml', 'markdown', 30_000, DEFAULT, text => markdownToHtml(text)),
    textEntry('markdownToHtml, at its ceiling', 'markdown', 100_000, CEILING, text => markdownToHtml(text)),
    textEntry('sanitizeCsv', 'csv', 100_000, DEFAULT, text => sanitizeCsv(text)),
    textEntry('sanitizeCsv, at its ceiling', 'csv', 1_000_000, CEILING, text => sanitizeCsv(text)),
    textEntry('sanitizeUrl', 'url', 100_000, DEFAULT, text => sanitizeUrl(text)),
    textEntry('checkSql', 'sql', 20_000, DEFAULT, sql => checkSql(sql, RULES)),
    textEntry('checkSql, postgresql', 'sql', 20_000, DEFAULT, sql =>
      checkSql(sql, { ...RULES, dialect: 'postgresql' }),
    ),
    textEntry('parseJsonInput', 'json', MiB, DEFAULT, text => parseJsonInput(text)),
    textEntry('dataPath', 'path', 5_000, DEFAULT, text => dataPath(text)),
    {
      name: 'filterInput',
      weight: 6,
      bounds: DEFAULT,
      make(random) {
        const value = hostileValue(random, 1_000_000);
        return { bytes: bytesOf(value), note: 'a value', call: () => filterInput(value) };
      },
    },
    {
      name: 'readArchive',
      weight: 4,
      bounds: CEILING,
      make(random) {
        const bytes = hostileArchive(random);
        // A file may unpack to 200 times its size, or to a mebibyte.
        return {
          bytes: bytes.length * 4 + MiB,
          note: `${bytes.length} bytes`,
          call: () => readArchive(bytes),
        };
      },
    },
    {
      name: 'manager.install',
      weight: 4,
      bounds: CEILING,
      make(random) {
        const bytes = hostileArchive(random);
        return {
          bytes: bytes.length * 4 + MiB,
          note: `${bytes.length} bytes`,
          async call() {
            const { name } = await manager.install(bytes, { accept: true });
            await manager.uninstall(name);
          },
        };
      },
    },
    {
      name: 'manager.execute',
      weight: 8,
      bounds: DEFAULT,
      make(random) {
        const bytes = runnablePackage(random);
        const input = hostileValue(random, 20_000);
        let installed: Promise<{ readonly name: string }> | undefined;
        return {
          bytes: bytes.length + 2 * MiB,
          note: `a package of ${bytes.length} bytes`,
          async call() {
            installed ??= manager.install(bytes, { accept: true });
            const { name } = await installed;
            return manager.execute(name, input);
          },
          close: async () => manager.uninstall((await installed)?.name ?? '').catch(() => {}),
        };
      },
    },
    {
      name: 'engine.check',
      weight: 6,
      bounds: DEFAULT,
      make(random) {
        const workflow = largeWorkflow(random);
        return { bytes: 8 * MiB, note: kindsOf(workflow), call: () => engine.check(workflow) };
      },
    },
    {
      name: 'engine.run',
      weight: 16,
      bounds: DEFAULT,
      make(random) {
        const workflow = hostileWorkflow(random);
        const input = hostileItems(random);
        // What nodes make of items is held to a budget of the run.
        return {
          bytes: bytesOf(input) + 6 * MiB,
          note: `${JSON.stringify(workflow.nodes.slice(1)).slice(0, 400)} on ${input.length} items of ${bytesOf(input)} bytes`,
          call: () => engine.run(workflow, { input }),
        };
      },
    },
  ];
}

const inspectShallow = (value: unknown): string =>
  show(value, { depth: 2, maxArrayLength: 3, maxStringLength: 60 });

function kindsOf(workflow: unknown): string {
  const { nodes } = workflow as { nodes: unknown };
  return Array.isArray(nodes)
    ? `${nodes.length} nodes, the first ${inspectShallow(nodes[0])}`
    : 'no workflow';
}
