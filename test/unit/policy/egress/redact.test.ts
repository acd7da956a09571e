import { describe, expect, test } from 'vitest';
import { createRedactor, secretForms } from '../../../../src/policy/egress/index.ts';
import { seeded } from '../../protocol/random.ts';

const VALUE = `s3cr&t/+ "to'ken"<ü>`.replace('ü', 'u');
const redactor = createRedactor([{ value: VALUE, instead: 'PLACEHOLDER' }]);
const encoder = new TextEncoder();
const hex = (text: string): string => Buffer.from(text).toString('hex');

const ECHOES: readonly (readonly [name: string, echo: (value: string) => string])[] = [
  ['as it is', value => value],
  ['percent-encoded', value => encodeURIComponent(value)],
  [
    'percent-encoded in small letters',
    value => encodeURIComponent(value).replace(/%../g, code => code.toLowerCase()),
  ],
  ['in a form', value => new URLSearchParams({ a: value }).toString()],
  [
    'as Python quotes it',
    value =>
      encodeURIComponent(value).replace(/[!'()*]|%2F/g, text =>
        text === '%2F' ? '/' : `%${hex(text).toUpperCase()}`,
      ),
  ],
  ['all percent-encoded', value => hex(value).replace(/../g, '%$&')],
  ['in JSON', value => JSON.stringify({ a: value })],
  ['in PHP’s JSON', value => JSON.stringify({ a: value }).replaceAll('/', '\\/')],
  ['in hexadecimal digits', hex],
  ['in capital hexadecimal digits', value => hex(value).toUpperCase()],
  [
    'in HTML',
    value =>
      value.replace(
        /[&<>"']/g,
        char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? '&#39;',
      ),
  ],
  ['in base64', value => Buffer.from(value).toString('base64')],
  ['in base64 for URLs', value => Buffer.from(value).toString('base64url')],
  ['after one byte in base64', value => Buffer.from(`:${value}`).toString('base64')],
  ['after two bytes in base64', value => Buffer.from(`u:${value}`).toString('base64')],
  ['inside a longer text in base64', value => Buffer.from(`{"user":"${value}","more":1}`).toString('base64')],
];

describe('an echo is taken out', () => {
  test.each(ECHOES)('%s', (_, echo) => {
    for (const redacted of [
      redactor.text(`<${echo(VALUE)}>`),
      new TextDecoder().decode(redactor.bytes(encoder.encode(`<${echo(VALUE)}>`))),
    ]) {
      expect(redacted).toContain('PLACEHOLDER');
      expect(redacted).not.toContain(VALUE);
      // Of base64 up to three characters on either side may stay: they hold less than three bytes of the value.
      expect(redacted.length).toBeLessThan(`<${echo('')}>`.length + 'PLACEHOLDER'.length + 14);
    }
  });

  test('in which any character is escaped in any way', () => {
    const { int, pick } = seeded(0xe5ca9e5);
    const ways: readonly ((char: string) => string)[] = [
      char => char,
      char => `%${hex(char)}`,
      char => `%${hex(char).toUpperCase()}`,
      char => `%25${hex(char)}`,
      char => `\\x${hex(char)}`,
      char => `\\u00${hex(char).toUpperCase()}`,
      char => `&#${char.charCodeAt(0)};`,
      char => `&#x00${hex(char)};`,
    ];
    for (let i = 0; i < 500; i++) {
      // Without what begins an escape, so that the text has one reading only.
      const value = String.fromCharCode(...Array.from({ length: 8 + int(40) }, () => 97 + int(26)));
      const echo = Array.from(value, char => pick(ways)(char)).join('');
      const own = createRedactor([{ value, instead: 'P' }]);
      expect(own.text(`%4${echo}&amp${echo}\\`)).toBe('%4P&ampP\\');
    }
  });

  test('random values in random places', () => {
    const { int, pick } = seeded(0x5ec7e7);
    for (let i = 0; i < 500; i++) {
      const value = String.fromCharCode(...Array.from({ length: 8 + int(40) }, () => 33 + int(94)));
      const own = createRedactor([{ value, instead: '\u0001' }]);
      const [name, echo] = pick(ECHOES);
      const noise = 'x'.repeat(int(7));
      expect(own.text(noise + echo(value) + noise), `${name}: ${value}`).toContain('\u0001');
      expect(own.text(noise + echo(value) + noise)).not.toContain(value);
    }
  });
});

test('what holds no secret comes back as it is', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i & 255);
  expect(redactor.bytes(bytes)).toBe(bytes);
  expect(redactor.text('s3cr&t/+ other')).toBe('s3cr&t/+ other');
  expect(createRedactor([]).bytes(bytes)).toBe(bytes);
});

test('bytes around a secret are kept, whatever they are', () => {
  const before = Uint8Array.from({ length: 256 }, (_, i) => i);
  const whole = Uint8Array.from([...before, ...encoder.encode(VALUE), ...before]);
  expect(redactor.bytes(whole)).toEqual(
    Uint8Array.from([...before, ...encoder.encode('PLACEHOLDER'), ...before]),
  );
});

test('of two secrets, one inside the other, the longer one is found', () => {
  const both = createRedactor([
    { value: 'abcdefgh', instead: 'SHORT' },
    { value: 'abcdefgh-ijkl', instead: 'LONG' },
  ]);
  expect(both.text('abcdefgh-ijkl abcdefgh')).toBe('LONG SHORT');
});

test('the longest secret is found, and nothing that is almost it', () => {
  const value = Array.from({ length: 16_384 }, (_, i) => String.fromCharCode(33 + ((i * 7919) % 94))).join(
    '',
  );
  const own = createRedactor([{ value, instead: 'P' }]);
  expect(own.text(`x${encodeURIComponent(value)}x`)).toBe('xPx');
  expect(own.text(value.slice(0, -1).repeat(50))).toHaveLength(50 * 16_383);
});

test('forms are ASCII, distinct, and the longest come first', () => {
  const forms = secretForms(VALUE);
  expect(new Set(forms).size).toBe(forms.length);
  for (const [i, form] of forms.entries()) {
    expect(form).toMatch(/^[\x20-\x7e]{8,}$/);
    expect(form.length).toBeLessThanOrEqual(forms[i - 1]?.length ?? Number.POSITIVE_INFINITY);
  }
});
