import { expect, test } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { createStreamRedactor } from '../../../src/egress/redact.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function redact(text: string, pairs: Readonly<Record<string, string>>, size: number): string {
  const redactor = createStreamRedactor(
    Object.entries(pairs).map(([bytes, instead]) => ({ bytes: encode(bytes), instead: encode(instead) })),
  );
  const data = encode(text);
  const out: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += size) out.push(redactor.push(data.subarray(at, at + size)));
  out.push(redactor.end());
  return new TextDecoder().decode(concatBytes(out));
}

test('known strings are replaced wherever the pieces are cut', () => {
  const pairs = { secret: '***', secretive: '+++', ababc: '!' };
  const text = 'a secret, a secretive one, ababababc, secre';
  const wanted = 'a ***, a +++ one, abab!, secre';
  for (let size = 1; size <= text.length; size++) expect(redact(text, pairs, size)).toBe(wanted);
});

test('bytes that cannot begin a match pass at once', () => {
  const redactor = createStreamRedactor([{ bytes: encode('secret'), instead: encode('*') }]);
  expect(new TextDecoder().decode(redactor.push(encode('hello sec')))).toBe('hello ');
  expect(new TextDecoder().decode(redactor.push(encode('ond')))).toBe('second');
  expect(redactor.end()).toHaveLength(0);
});

test('pieces agree with the whole for random text over few letters', () => {
  const letters = 'ab';
  let seed = 7;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 40 }, () => letters[Math.floor(random() * 2)]).join('');
    const pairs = { aab: '1', abab: '2', bbb: '3' };
    expect(redact(text, pairs, 1 + Math.floor(random() * 7))).toBe(redact(text, pairs, text.length));
  }
});
