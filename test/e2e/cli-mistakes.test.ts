/** A tour of bad input: one line each, which says what to do, and an exit code that says whose mistake it was. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { citadel, folder } from './cli.ts';

const { path, file } = folder();
const good = file('good.js', '1');
/** The smallest module: it holds nothing. */
const none = file('none.wasm', Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]));
const at = (name: string): string => join(path, name);
mkdirSync(at('dir'));
symlinkSync('loop', at('loop'));

/** What is asked, and what the one line says. */
const TOUR: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['nothing at all', [], /nothing to do; write citadel run FILE/],
  ['an unknown command', ['rum', good], /unknown command rum; did you mean run\?/],
  ['a file without a command', [good], /to run a file write citadel run /],
  ['no file', ['run'], /run needs a file; write citadel run FILE/],
  ['two files', ['run', good, 'other.js'], /run takes one file, got also "other.js"/],
  ['a missing file', ['run', at('none.js')], /none\.js does not exist; check the path/],
  ['a directory', ['run', at('dir')], /dir is a directory; name a file in it/],
  ['a file as directory', ['run', join(good, 'x.js')], /does not exist; a part of its path is a file/],
  ['a circle of links', ['run', at('loop')], /is a circle of links/],
  ['an empty path', ['run', ''], /a file name is empty/],
  ['an empty program', ['run', file('empty.js', ' \n\t')], /empty\.js is empty; write an expression/],
  ['an empty stdin', ['run', '-'], /stdin is empty/],
  [
    'a program that is not text',
    ['run', file('binary.js', new Uint8Array([0, 97, 115, 109, 255, 254]))],
    /not UTF-8 text/,
  ],
  [
    'options of modules for a script',
    ['run', good, '--entry', 'x'],
    /--entry is for WebAssembly plugins; name a/,
  ],
  ['a relative path for the guest', ['run', none, '--file', 'data/x=y'], /--file: write an absolute path/],
  [
    'a file of the guest in no directory',
    ['run', none, '--file', `/x=${good}`],
    /put the file into a directory/,
  ],
  ['--file without a file', ['run', none, '--file', '/data/x'], /--file needs GUESTPATH=FILE/],
  [
    'an unknown output',
    ['run', none, '--output', 'xml'],
    /output must be one of auto, json, text, bytes, got "xml"/,
  ],
  ['validate of a module', ['validate', none], /validate reads scripts; write citadel inspect/],
  ['inspect without a file', ['inspect'], /inspect needs a file/],
  [
    'a program of 10 MB',
    ['run', file('10mb.js', `"${'x'.repeat(10 * 1024 * 1024)}"`)],
    /the program has \d+ bytes.*codeBytes = 1048576.*; shorten/,
  ],
  ['an endless file', ['run', '/dev/zero'], /\/dev\/zero is larger than \d+ bytes/],
  ['an unknown option', ['run', good, '--timout', '5s'], /unknown option --timout; did you mean --timeout\?/],
  [
    'an option of another tool',
    ['run', good, '--memory-limit=5'],
    /unknown option --memory-limit; did you mean --memory\?/,
  ],
  ['an unknown short option', ['run', good, '-x'], /unknown option -x; citadel --help lists the options/],
  ['an option before the command', ['--json', 'run', good], /options follow a command/],
  ['an option without its value', ['run', good, '--timeout'], /--timeout needs a value; write --timeout 5s/],
  ['an option that swallows another', ['run', good, '--input', '--json'], /--input needs a value/],
  ['an option twice', ['run', good, '--timeout', '5s', '--timeout', '6s'], /--timeout is given twice/],
  ['a flag with a value', ['run', good, '--json=yes'], /--json takes no value/],
  [
    'a time without a unit',
    ['run', good, '--timeout', '5'],
    /--timeout needs a time with its unit, such as 500ms, 5s or 2m, got "5"/,
  ],
  ['a negative time', ['run', good, '--timeout', '-5s'], /--timeout .* must be from 1 to 600000, got -5000/],
  ['a time of zero', ['run', good, '--timeout=0ms'], /must be from 1 to 600000, got 0/],
  ['a time beyond the ceiling', ['run', good, '--timeout', '999h'], /must be from 1 to 600000/],
  ['a size that is no size', ['run', good, '--memory', 'lots'], /--memory needs a size with its unit/],
  ['too little memory', ['run', good, '--memory', '1KB'], /--memory .* must be from 1048576 to/],
  ['a fraction of fuel', ['run', good, '--fuel', '1.5'], /--fuel needs a whole number/],
  ['negative fuel', ['run', good, '--fuel', '-1'], /--fuel must be from 1 to/],
  ['an unknown language', ['run', good, '--ext', 'rb'], /--ext must be js, ts, py or wasm, got "rb"/],
  [
    'input that is not JSON',
    ['run', good, '--input', '{"a":x}'],
    /--input is not JSON: unexpected "x}" at 1:6; quote/,
  ],
  [
    'input beyond every number',
    ['run', good, '--input', '{"a":[1,1e400]}'],
    /--input: a\[1\] is 1e400, which no number of JavaScript is; write it as a text, at 1:9; quote/,
  ],
  [
    'input with a key that is there twice',
    ['run', good, '--input', '{"a":1,"a":2}'],
    /--input: the key "a" is there twice, at 1:8/,
  ],
  [
    'a policy with an integer that would be rounded',
    ['run', good, '--policy', file('p8.json', '{"limits":{"fuel":9007199254740993}}')],
    /p8\.json: limits\.fuel is 9007199254740993, beyond ±/,
  ],
  ['input that ends early', ['run', good, '--input', '[1,'], /unexpected the end of the text at 1:4/],
  [
    'an input file that is not JSON',
    ['run', good, '--input', `@${file('bad.json', '{\n  "a": 1,\n}')}`],
    /bad\.json is not JSON: unexpected "}" at 3:1/,
  ],
  ['a missing input file', ['run', good, '--input', `@${at('none.json')}`], /none\.json does not exist/],
  ['an input file without a name', ['run', good, '--input', '@'], /--input @ names no file/],
  ['program and input from stdin', ['run', '-', '--input', '-'], /stdin can be read once|stdin is/],
  [
    'input beyond its limit',
    ['run', good, '--input', `@${file('big.json', JSON.stringify('x'.repeat(2 << 20)))}`],
    /; pass less, or raise limits\.inputBytes/,
  ],
  [
    'a policy that is no object',
    ['run', good, '--policy', file('p1.json', '[]')],
    /p1\.json must hold one JSON object/,
  ],
  [
    'a policy with an unknown key',
    ['run', good, '--policy', file('p2.json', '{"timeout":5}')],
    /policy\.timeout is unknown; did you mean policy\.limits\.timeoutMs\?/,
  ],
  [
    'a policy with a wrong limit',
    ['run', good, '--policy', file('p3.json', '{"limits":{"timeoutMs":-1}}')],
    /policy\.limits\.timeoutMs must be an integer from 1 to 600000, got -1/,
  ],
  [
    'a policy with parts of a wrong kind',
    ['run', good, '--policy', file('p4.json', '{"modules":{"javascript":"m"}}')],
    /modules\.javascript must be an array/,
  ],
  [
    'an option above the policy',
    ['run', good, '--timeout', '2s', '--policy', file('p5.json', '{"limits":{"timeoutMs":1000}}')],
    /must be from 1 to 1000, which the policy file sets, got 2000/,
  ],
  [
    'a module the policy allows without a source',
    ['run', good, '--policy', file('p6.json', '{"modules":{"javascript":["m"]}}')],
    /supply its source with --allow-module m=FILE/,
  ],
  [
    'a module without a file',
    ['run', good, '--allow-module', 'm'],
    /--allow-module needs NAME=FILE, got "m"/,
  ],
  [
    'a module whose file is missing',
    ['run', good, '--allow-module', `m=${at('none.js')}`],
    /none\.js does not exist/,
  ],
  [
    'a module whose file is a directory',
    ['run', good, '--allow-module', `m=${at('dir')}`],
    /dir is a directory/,
  ],
  [
    'a policy that is not JSON',
    ['run', good, '--policy', file('p7.json', '{')],
    /p7\.json is not JSON: .* at 1:2/,
  ],
  ['a missing policy', ['validate', good, '--policy', at('none.json')], /none\.json does not exist/],
  [
    'a module that is a path',
    ['run', good, '--allow-module', `./m=${good}`],
    /must be a bare module name, not a path/,
  ],
  ['a variable without a value', ['run', good, '--env', 'A'], /--env needs NAME=VALUE, got "A"/],
  ['a variable with a bad name', ['run', good, '--env', '1A=x'], /policy\.env.*must be named with letters/],
  ['a host that is none', ['run', good, '--allow-net=*'], /policy\.network\.allow/],
  ['an address that is none', ['run', good, '--allow-ip=localhost'], /policy\.network\.allowIp/],
  [
    'a secret in the open',
    ['run', good, '--secret', 'TOKEN=abcdefgh'],
    /--secret needs NAME=@FILE or NAME=env:VARIABLE/,
  ],
  [
    'a secret of no variable',
    ['run', good, '--secret', 'TOKEN=env:CITADEL_NOT_THERE'],
    /there is no such variable/,
  ],
  [
    'a secret of no policy',
    ['run', good, '--secret', `TOKEN=@${good}`],
    /name the hosts of the secret TOKEN/,
  ],
  ['a policy and a result at once', ['run', good, '--learn', '--json'], /--learn prints a policy/],
  [
    'a host without =',
    ['run', '--allow-net', good],
    /--allow-net needs a value; write --allow-net=api\.example\.com/,
  ],
  ['a missing file to validate', ['validate', at('none.js')], /none\.js does not exist/],
  ['an option validate has not', ['validate', good, '--input', '1'], /unknown option --input/],
];

describe('a mistake on the command line', () => {
  it.each(TOUR)('is named in one line: %s', async (_what, args, message) => {
    const { code, out, err } = await citadel(args, { stdin: null });
    expect(err).toMatch(message);
    expect(err).toMatch(/^citadel: [^\n]+\n$/);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('shows no control characters of what was typed', async () => {
    const { err } = await citadel(['run', at('\u001b[2J\u202e.js')]);
    expect(err).toContain('\ufffd[2J\ufffd.js does not exist');
  });

  it('is told on stderr alone when --json is given', async () => {
    expect(await citadel(['run', at('none.js'), '--json'])).toMatchObject({ code: 2, out: '' });
  });
});
