/** Runs every example under its own policy and says what each did, what it was denied and what it cost. */
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { createSandbox, type ExecutionResult, type PluginSecurityPolicy, type Value } from '../src/index.ts';
import { EXAMPLES, type Example, placeOf } from './index.ts';
import { runFlow } from './workflows.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

async function readInput({ input }: Example): Promise<Value> {
  if (!('file' in input)) return input.value;
  const text = await read(`data/${input.file}`);
  return input.file.endsWith('.json') ? (JSON.parse(text) as Value) : text;
}

async function runExample(example: Example): Promise<ExecutionResult> {
  const policy = JSON.parse(await read(`policies/${example.name}.json`)) as PluginSecurityPolicy;
  const modules: Record<string, string> = {};
  for (const [name, file] of Object.entries(example.modules)) modules[name] = await read(`modules/${file}`);
  await using sandbox = createSandbox({ policy, modules });
  const common = { fileName: example.file, input: await readInput(example) };
  if (example.file.endsWith('.py'))
    return await sandbox.run({ ...common, runtime: 'python', code: await read(placeOf(example.file)) });
  if (!example.file.endsWith('.wasm')) {
    const language = example.file.endsWith('.ts') ? 'typescript' : 'javascript';
    return await sandbox.run({
      ...common,
      runtime: 'javascript',
      code: await read(placeOf(example.file)),
      language,
    });
  }
  const files: Record<string, string> = {};
  for (const [path, name] of Object.entries(example.files ?? {})) files[path] = await read(`data/${name}`);
  const code = new Uint8Array(await readFile(new URL(placeOf(example.file), import.meta.url)));
  const { entry, args = [] } = example;
  return await sandbox.run({
    ...common,
    runtime: 'wasm',
    code,
    args,
    files,
    ...(entry === undefined ? {} : { entry }),
  });
}

function asExpected({ expect }: Example, result: ExecutionResult): boolean {
  const outcome = result.success ? 'success' : result.error.code;
  const denied = result.report.denials.map(denial => denial.subject);
  return (
    outcome === expect.outcome &&
    JSON.stringify(denied) === JSON.stringify(expect.denied) &&
    (!result.success || expect.holds?.(result.data, result.files) !== false)
  );
}

/** At most this many lines of a result are shown. */
const SHOWN_LINES = 14;

function describe({ file, title }: Example, result: ExecutionResult): string {
  const lines = [`${file}: ${title}`];
  for (const { level, text } of result.report.logs) lines.push(`  [${level}] ${text}`);
  if (result.success) {
    const text = inspect(result.data, { depth: 3, maxArrayLength: 3, breakLength: 100 }).split('\n');
    lines.push(...text.slice(0, SHOWN_LINES).map(line => `  ${line}`));
    if (text.length > SHOWN_LINES) lines.push(`  … ${text.length - SHOWN_LINES} more lines`);
    for (const [path, bytes] of Object.entries(result.files))
      lines.push(`  left ${path}, ${bytes.length} bytes`);
  } else {
    lines.push(`  ${result.error.code}: ${result.error.message}; ${result.error.help}`);
  }
  for (const { kind, subject, hint } of result.report.denials) {
    lines.push(`  denied: ${kind} ${subject} (${hint})`);
  }
  return lines.join('\n');
}

const COLUMNS = [
  'plugin',
  'outcome',
  'denied',
  'wall ms',
  'guest ms',
  'cpu ms',
  'fuel',
  'memory KiB',
  'expected',
];
const FIRST_NUMBER = 2;

function tableRow({ file }: Example, result: ExecutionResult, expected: boolean): string[] {
  const { usage, denials } = result.report;
  const figure = (value: number | null): string =>
    value === null ? '–' : Math.round(value).toLocaleString('en');
  return [
    file,
    result.success ? 'success' : result.error.code,
    figure(denials.length),
    figure(usage.wallMs),
    figure(usage.guestMs),
    figure(usage.cpuMs),
    figure(usage.fuel),
    figure(usage.memoryBytes === null ? null : usage.memoryBytes / 1024),
    expected ? 'yes' : 'NO',
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map(row => (row[i] as string).length)));
  return rows
    .map(row =>
      row
        .map((text, i) =>
          i < FIRST_NUMBER ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number),
        )
        .join('  '),
    )
    .join('\n');
}

const rows: (readonly string[])[] = [COLUMNS];
let unexpected = 0;
for (const example of EXAMPLES) {
  const result = await runExample(example);
  const expected = asExpected(example, result);
  if (!expected) unexpected++;
  rows.push(tableRow(example, result, expected));
  console.log(`${describe(example, result)}\n`);
}
console.log(table(rows));
console.log(
  unexpected === 0
    ? `\nAll ${EXAMPLES.length} plugins ended as their policies say they should.`
    : `\n${unexpected} of ${EXAMPLES.length} plugins did not end as expected: see NO above.`,
);

console.log('\nA workflow in three languages, with a local server, a database and a branch:');
const flow = await runFlow('orders');
console.table(flow.output['report']);
console.table(flow.output['count']);
const totals = Object.values(flow.nodes).map(({ usage }) => usage);
console.log(
  `The workflow ended with ${flow.status} in ${flow.ms.toFixed(0)} ms: ${totals.reduce((sum, { runs }) => sum + runs, 0)} guests were run, ${totals
    .reduce((sum, { fuel }) => sum + (fuel ?? 0), 0)
    .toLocaleString('en')} fuel burnt.`,
);
if (flow.error !== null) console.log(`${flow.error.code}: ${flow.error.message}; ${flow.error.help}`);
process.exitCode = unexpected === 0 && flow.status === 'success' ? 0 : 1;
