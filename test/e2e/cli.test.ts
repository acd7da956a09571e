import { existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { citadel, folder, start } from './cli.ts';

const { file } = folder();
const run = (code: string, ...args: string[]) => citadel(['run', file('plugin.js', code), ...args]);

/** Half a megabyte on the wire, where the shared parts are sent once; 260 million characters written out. */
const UNFOLDS = 'console.log("up"); let v = "x".repeat(1000); for (let i = 0; i < 18; i++) v = [v, v]; v';

/** A device on which every write fails, as on a full disk. */
const FULL = '/dev/full';

describe('citadel run', () => {
  it('prints the result as JSON when the plugin succeeds', async () => {
    const ended = await run('({ doubled: input.n * 2 })', '--input', '{"n":21}');
    expect(ended).toEqual({ code: 0, signal: null, out: '{\n  "doubled": 42\n}\n', err: '' });
  });

  it('prints a text as it is, and nothing for undefined', async () => {
    expect(await run('"plain\\ntext"')).toMatchObject({ code: 0, out: 'plain\ntext\n' });
    expect(await run('undefined')).toMatchObject({ code: 0, out: '' });
  });

  it('reads the program from stdin when FILE is -', async () => {
    const ended = await citadel(['run', '-', '--input', '20'], { stdin: 'input + 1' });
    expect(ended).toMatchObject({ code: 0, out: '21\n' });
  });

  it('passes big integers as they are written', async () => {
    const ended = await run(
      '[typeof input.id, String(input.id), input.n].join(" ")',
      '--input',
      '{"id":9007199254740993,"n":0.1}',
    );
    expect(ended).toMatchObject({ code: 0, out: 'bigint 9007199254740993 0.1\n' });
    const list = file('ids.json', '[18446744073709551615, 9007199254740991]');
    expect(
      await citadel(['run', file('ids.js', 'input.map(x => typeof x).join()'), '--input', `@${list}`]),
    ).toMatchObject({
      code: 0,
      out: 'bigint,number\n',
    });
  });

  it('reads the input from stdin or a file', async () => {
    const program = file('length.js', 'input.length');
    expect(await citadel(['run', program, '--input', '-'], { stdin: '[1,2,3]' })).toMatchObject({
      out: '3\n',
    });
    expect(await citadel(['run', program, '--input', `@${file('d.json', '[1,2]')}`])).toMatchObject({
      out: '2\n',
    });
  });

  it('runs TypeScript when the file ends in .ts, or --ext says so', async () => {
    const code = 'const n: number = input as number; n + 1';
    expect(await citadel(['run', file('p.ts', code), '--input', '1'])).toMatchObject({ code: 0, out: '2\n' });
    expect(await citadel(['run', '-', '--ext=ts', '--input', '1'], { stdin: code })).toMatchObject({
      out: '2\n',
    });
  });

  it('applies a policy file, and what the options add to it', async () => {
    const policy = file(
      'policy.json',
      '{"env":{"A":"1"},"modules":{"javascript":["m"]},"limits":{"timeoutMs":2000}}',
    );
    const module = file('m.js', 'export const m = 5;');
    const program = 'import { m } from "m"; export default (_, { env }) => [m, env.A, env.B];';
    const ended = await run(program, '--policy', policy, '--allow-module', `m=${module}`, '--env', 'B=2=3');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ended.out)).toEqual([5, '1', '2=3']);
  });

  it('streams console records to stderr while the plugin runs', async () => {
    const child = start([
      'run',
      file('slow.js', 'console.warn("early\\nline 2"); for (;;);'),
      '--timeout',
      '20s',
    ]);
    const first = await new Promise<string>(resolve =>
      child.stderr?.once('data', text => resolve(String(text))),
    );
    child.kill('SIGINT');
    expect(first).toBe('[warn] early\n       line 2\n');
    await new Promise(resolve => child.on('close', resolve));
  });

  it('shows guest text without control characters', async () => {
    const { out, err } = await run('console.log("\\x1b[2J\\u202e"); throw new Error("\\x1b]0;x\\x07")');
    expect(out).toBe('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect((await run('"\\x1b[2J"')).out).toBe('\ufffd[2J\n');
    expect((await run('["\\x1b[2J\\u009b\\u202e"]')).out).toBe('[\n  "\\u001b[2J\\u009b\\u202e"\n]\n');
  });

  it('says what the run cost when asked with --report', async () => {
    const { out, err } = await run('1', '--report');
    expect(out).toBe('1\n');
    expect(err).toMatch(/^citadel: wall .* ms, queue .* ms, guest .*, cpu .*, fuel [\d,]+, memory .*\n$/);
  });

  it('ends quietly when its reader leaves early', async () => {
    const child = start(['run', file('big.js', '"x".repeat(900000)')]);
    child.stdout?.once('data', () => child.stdout?.destroy());
    let err = '';
    child.stderr?.on('data', text => {
      err += text;
    });
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0);
    expect(err).toBe('');
  });

  it('fails when its result cannot be written', async ({ skip }) => {
    skip(!existsSync(FULL), 'there is no /dev/full here');
    const { code, err } = await citadel(['run', file('one.js', '1')], { stdout: openSync(FULL, 'w') });
    expect({ code, err }).toEqual({
      code: 70,
      err: 'citadel: could not write to stdout (ENOSPC); check where it goes\n',
    });
  });

  it('fails with its code, and the cost asked for, when the result is too large to be written out', async () => {
    const { code, out, err } = await run(UNFOLDS, '--report');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^\[log\] up\ncitadel: OUTPUT_TOO_LARGE: [^\n]+\ncitadel: wall [^\n]+\n$/);
  });
});

describe('citadel run --json', () => {
  it('prints exactly one ExecutionResult, and plugin logs only in its report', async () => {
    const { code, out, err } = await run('console.log("hello"); ({ a: 1 })', '--json');
    const result = JSON.parse(out);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(result).toMatchObject({ success: true, data: { a: 1 }, report: { logs: [{ text: 'hello' }] } });
    expect(out.trimEnd()).not.toContain('\n');
  });

  it('prints the wire form of the error when the plugin fails', async () => {
    const { code, out, err } = await run('throw new TypeError("no")', '--json');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      success: false,
      error: { code: 'GUEST_ERROR', fault: 'guest', guest: { name: 'TypeError', message: 'no' } },
    });
  });

  it.each([
    [1, 'OUTPUT_TOO_LARGE', 'the result is too large to be written out', UNFOLDS],
    [3, 'MODULE_DENIED', 'a module is denied', 'import "missing"; export default 1'],
    [137, 'MEMORY_LIMIT', 'memory runs out', 'const a = []; for (;;) a.push(new Array(1000).fill(1))'],
  ])('prints a result with exit code %i and %s when %s', async (exit, name, _when, program) => {
    const { code, out, err } = await run(program, '--json', '--memory', '8MB');
    expect({ code, err }).toEqual({ code: exit, err: '' });
    expect(JSON.parse(out)).toMatchObject({ success: false, error: { code: name }, report: {} });
  });

  it('prints a CANCELLED result when SIGINT cancels the run', async () => {
    const { code, out } = await citadel(
      ['run', file('endless.js', 'for (;;);'), '--timeout', '60s', '--json'],
      { tellsInterruptible: true, started: child => child.once('message', () => child.kill('SIGINT')) },
    );
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ success: false, error: { code: 'CANCELLED' } });
  });

  it('leaves data out when the value is undefined', async () => {
    expect(Object.keys(JSON.parse((await run('undefined', '--json')).out))).toEqual(['success', 'report']);
  });

  it('writes values JSON has no word for as tags', async () => {
    const program = `[2n, new Date(0), new Date(NaN), new Uint8Array([1, 2]), new Map([[1, new Set([undefined])]]),
      NaN, -0, Infinity, { $bigint: 'mimic' }, JSON.parse('{"__proto__":1}')]`;
    const { out } = await run(program, '--json');
    expect(JSON.stringify(JSON.parse(out).data)).toBe(
      JSON.stringify([
        { $bigint: '2' },
        { $date: '1970-01-01T00:00:00.000Z' },
        { $date: null },
        { $bytes: 'AQI=' },
        { $map: [[1, { $set: [{ $undefined: true }] }]] },
        { $number: 'NaN' },
        { $number: '-0' },
        { $number: 'Infinity' },
        { $object: { $bigint: 'mimic' } },
        JSON.parse('{"__proto__":1}'),
      ]),
    );
  });
});

describe('the exit code of citadel run', () => {
  it.each([
    [1, 'GUEST_ERROR', 'throw 1', []],
    [1, 'GUEST_SYNTAX', 'let let', []],
    [1, 'NEVER_SETTLES', 'await new Promise(() => {})', []],
    [3, 'POLICY_DENIED', 'await fetch("https://a.example")', []],
    [3, 'MODULE_DENIED', 'import "missing"; export default 1', []],
    [124, 'TIMEOUT', 'for (;;);', ['--timeout', '100ms']],
    [124, 'FUEL_EXHAUSTED', 'for (;;);', ['--fuel', '10_000_000']],
    [137, 'MEMORY_LIMIT', 'const a = []; for (;;) a.push(new Array(1000).fill(1))', ['--memory', '8MB']],
  ])('is %i for %s', async (code, name, program, args) => {
    const ended = await run(program, ...args);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toContain(`citadel: ${name}: `);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is 130 when %s cancels the run', async signal => {
    const ended = await citadel(
      ['run', file('endless.js', 'console.log("up"); for (;;);'), '--timeout', '60s'],
      { started: child => child.stderr?.once('data', () => child.kill(signal)) },
    );
    expect(ended).toMatchObject({ code: 130, signal: null });
    expect(ended.err).toContain('citadel: CANCELLED: ');
  });
});

describe('citadel validate', () => {
  it('prints nothing and exits 0 when nothing would fail', async () => {
    expect(await citadel(['validate', file('ok.js', 'input.constructor')])).toMatchObject({
      code: 0,
      out: '',
      err: '',
    });
  });

  it('prints file:line:column and exits 1 when something would fail', async () => {
    const program = file('bad.js', 'import fs from "node:fs";\nexport default () => eval("1");\n');
    const { code, out, err } = await citadel(['validate', program]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/bad\.js:1:\d+: error: .*\[forbidden-import\]$/),
      expect.stringMatching(/bad\.js:2:22: error: .*\[blocked-function\]$/),
      '',
    ]);
  });

  it('takes a module as allowed when the policy or an option says so', async () => {
    const program = file('uses.js', 'import "m"; export default 1');
    expect(await citadel(['validate', program])).toMatchObject({ code: 1 });
    const policy = file('allow.json', '{"modules":{"javascript":["m"]}}');
    expect(await citadel(['validate', program, '--policy', policy])).toMatchObject({ code: 0 });
    const source = file('m2.js', 'export {}');
    expect(await citadel(['validate', program, '--allow-module', `m=${source}`])).toMatchObject({ code: 0 });
  });

  it('prints the report with --json', async () => {
    const { code, out } = await citadel(['validate', '-', '--json'], { stdin: 'let x = ;' });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      form: null,
      problems: [{ rule: 'syntax', line: 1, column: 9 }],
    });
  });
});

describe('citadel', () => {
  it('lists its commands, options and version when asked', async () => {
    expect(await citadel(['--help'])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('citadel run'),
    });
    expect((await citadel(['run', '--help'])).out).toContain('--allow-module NAME=FILE');
    expect((await citadel(['validate', '-h'])).out).toContain('--policy FILE');
    expect((await citadel(['--version'])).out).toMatch(/^citadel \d+\.\d+\.\d+\n$/);
  });
});
