/** Packages of a hostile author: manifests, schemas, archives, signature files. */
import { packPackage } from '../../../src/packages/index.ts';
import type { Random } from '../../unit/protocol/random.ts';
import { hostileText, sizeUpTo } from './texts.ts';
import { hostileProgram } from './values.ts';

type Schema = Record<string, unknown> | boolean;

/** Within what manifests may hold, most of the time: few keywords, many of them. */
export function hostileSchema(random: Random, budget = 400): Schema {
  const count = sizeUpTo(random, budget);
  const leaf = (): Schema =>
    random.pick<Schema>([
      true,
      { type: 'string' },
      { minimum: 5 },
      { minimum: -1, maximum: 2 },
      { enum: Array.from({ length: 100 }, (_, i) => 'x'.repeat(i)) },
      { const: Array.from({ length: 50 }, () => ({ a: [1, 2] })) },
      { maxLength: 10 },
      { type: ['object', 'array', 'null', 'integer'] },
      { required: ['a', 'b', 'toString'] },
      { multipleOf: 0.1 },
    ]);
  const list = random.pick(['allOf', 'anyOf', 'oneOf']);
  const inner: Schema = { [list]: Array.from({ length: count }, leaf) };
  switch (random.int(6)) {
    case 0:
      return { items: inner };
    case 1:
      return {
        additionalProperties: inner,
        propertyNames: { [list]: Array.from({ length: Math.max(1, 100 - 1) }, leaf) },
      };
    case 2:
      return { items: { items: { items: inner } }, contains: leaf(), minContains: 2 };
    case 3: {
      let schema: Schema = inner;
      for (let i = random.int(28); i > 0; i--)
        schema = random.pick<Schema>([
          { items: schema },
          { not: schema },
          Object.fromEntries([
            ['if', schema],
            ['then', leaf()],
            ['else', leaf()],
          ]),
        ]);
      return schema;
    }
    case 4:
      return {
        anyOf: Array.from({ length: Math.min(20, count) }, () => ({
          items: { contains: { anyOf: Array.from({ length: 10 }, leaf) } },
        })),
      };
    default:
      return inner;
  }
}

/** A manager takes a version once: every package has a name of its own. */
let made = 0;
export const nextName = (): string => `fuzzed.${++made}`;

const files = (manifest: Record<string, unknown>, code: string): Record<string, string> => ({
  'citadel.json': JSON.stringify({
    name: nextName(),
    version: '1.0.0',
    runtime: 'javascript',
    entry: 'main.js',
    ...manifest,
  }),
  'main.js': code,
});

/** One that installs, as a rule: its program, schemas and kind of text are what is hostile. */
export function runnablePackage(random: Random): Uint8Array {
  const manifest: Record<string, unknown> = {};
  if (random.int(2) === 0) manifest['output'] = hostileSchema(random);
  if (random.int(3) === 0) manifest['input'] = hostileSchema(random);
  const content = random.pick(['html', 'markdown', 'url', 'csv'] as const);
  if (random.int(2) === 0) manifest['content'] = content;
  const text = (): string => JSON.stringify(hostileText(random, content, 400_000));
  const code = random.pick([
    () => hostileProgram(random, 1_000_000),
    () => `export default () => ${text()}`,
    () => `export default () => Array(${sizeUpTo(random, 100_000)}).fill({ s: ${text()} })`,
    () =>
      `export default () => Array.from({ length: ${sizeUpTo(random, 20_000)} }, (_, i) => ${JSON.stringify(hostileText(random, content, 2_000))} + i)`,
    () => `export default () => Array.from({ length: ${sizeUpTo(random, 300_000)} }, (_, i) => i % 7)`,
  ])();
  try {
    return packPackage(files(manifest, code));
  } catch {
    // A schema that no manifest may hold.
    return packPackage(files({ output: { items: { minimum: 5 } } }, code));
  }
}

/** Bytes that claim to be a package. */
export function hostileArchive(random: Random): Uint8Array {
  const manifest: Record<string, unknown> = {};
  let more: Record<string, string> = {};
  switch (random.int(6)) {
    case 0:
      more = Object.fromEntries(
        Array.from({ length: sizeUpTo(random, 1_200) }, (_, i) => [
          `f/${i}.txt`,
          random.pick(['', 'x', 'y'.repeat(500)]),
        ]),
      );
      break;
    case 1:
      more = { 'big.txt': random.pick(['\0', 'ab', 'x']).repeat(sizeUpTo(random, 3_000_000)) };
      break;
    case 2:
      manifest['description'] = hostileText(random, random.pick(['plain', 'html', 'json'] as const), 100_000);
      break;
    case 3:
      manifest[random.pick(['input', 'output'])] = hostileSchema(random, 2_000);
      break;
    case 4:
      manifest['permissions'] = {
        network: Array.from({ length: sizeUpTo(random, 300) }, (_, i) => ({
          host: `${random.pick(['*.', '', 'xn--'])}h${i}.example`,
          reason: hostileText(random, 'plain', 300),
        })),
        env: Array.from({ length: sizeUpTo(random, 300) }, (_, i) => ({ name: `V${i}`, reason: 'r' })),
      };
      break;
    default:
      more = {
        'signature.jws': hostileText(random, random.pick(['plain', 'json'] as const), 600_000),
        [`${'d/'.repeat(random.int(60))}x`]: '',
      };
  }
  let bytes: Uint8Array;
  try {
    bytes = packPackage({ ...files(manifest, 'export default () => 1'), ...more });
  } catch {
    // The packer refuses it as well: a text in the manifest's place then.
    bytes = new TextEncoder().encode(hostileText(random, 'json', 300_000));
  }
  bytes = bytes.slice();
  if (random.int(3) === 0)
    for (let i = random.int(6); i >= 0; i--) bytes[random.int(bytes.length)] = random.int(256);
  if (random.int(10) === 0) bytes = bytes.slice(0, random.int(bytes.length));
  return bytes;
}
