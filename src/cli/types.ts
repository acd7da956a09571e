/** `citadel types FILE --out DIR`: what editors know of host functions, written from their declarations. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanLine } from '../core/text.ts';
import type { Signature } from '../doors/signatures.ts';
import { typesOf } from '../doors/types.ts';
import { functionPatternProblem } from '../policy/functions.ts';
import { checkSchema, type JsonSchema } from '../policy/manifest/index.ts';
import { type OptionTable, onlyFile, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readJson } from './files.ts';
import { TYPES_HELP } from './help.ts';
import type { Output } from './output.ts';

const OPTIONS: OptionTable = {
  out: { kind: 'value', example: '--out types' },
  help: { kind: 'flag' },
};
const KEYS: readonly string[] = ['description', 'input', 'output'];

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function signatureAt(name: string, given: unknown): Signature {
  const shown = JSON.stringify(cleanLine(name, 80));
  const problem = name.includes('*') ? 'a declaration is of one function' : functionPatternProblem(name);
  if (problem !== null) throw usage(`${shown} is no name of a host function: ${problem}`);
  if (!isObject(given)) throw usage(`the declaration of ${shown} must be an object`);
  const stray = Object.keys(given).find(key => !KEYS.includes(key));
  if (stray !== undefined)
    throw usage(
      `the declaration of ${shown} knows no ${JSON.stringify(cleanLine(stray, 40))}; it knows ${KEYS.join(', ')}`,
    );
  const { description = '', input, output = true } = given;
  if (typeof description !== 'string') throw usage(`the description of ${shown} must be a string`);
  if (input !== undefined) checkSchema(input, `${name}.input`);
  checkSchema(output, `${name}.output`);
  return {
    name,
    description,
    input: (input as JsonSchema | undefined) ?? null,
    output: output as JsonSchema,
  };
}

export async function typesCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(TYPES_HELP);
    return 0;
  }
  const file = onlyFile(args, 'types');
  const folder = args.one('out');
  if (folder === undefined) throw usage('types needs a folder; write citadel types FILE --out DIR');
  const declared = await readJson(file);
  if (!isObject(declared))
    throw usage(`${display(file)} must hold one JSON object: name → { description, input, output }`);
  const signatures = Object.entries(declared).map(([name, given]) => signatureAt(name, given));
  for (const [path, text] of Object.entries(typesOf(signatures))) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    output.out(`${target}\n`);
  }
  return 0;
}
