/** Every URL of the catalogue through a real session: what leaves, and what is asked of DNS. */
import { describe, expect, test } from 'vitest';
import { URLS } from './urls.ts';
import { createWorld, once } from './world.ts';

describe('under a policy for allowed.com and every public address', () => {
  for (const [id, title, url, expected] of URLS) {
    test(`${id}: ${title} is ${expected}`, async () => {
      const { egress, dns, records } = await createWorld({
        allow: ['allowed.com', '*.allowed.com'],
        addresses: ['0.0.0.0/0', '::/0'],
      });
      const { answer } = await once(egress, url);
      // Nobody answers here: what may leave is seen in what is asked.
      const asked = new Set(dns.questions.map(({ name }) => name));
      if (expected === 'refused') {
        expect(answer.kind).toBe('denied');
        expect(asked).toEqual(new Set());
        expect(records).toMatchObject([{ decision: 'denied', outcome: 'denied', address: null }]);
      } else if (answer.kind === 'denied') {
        expect(asked).toEqual(new Set());
      } else {
        expect(asked).toEqual(new Set(['allowed.com']));
        expect(records).toMatchObject([{ url: expect.stringMatching(/^https?:\/\/allowed\.com\//) }]);
      }
    });
  }
});

test('names of the catalogue lead nowhere even when a policy lists them', async () => {
  const names = ['metadata.google.internal', '127.0.0.1.nip.io', 'printer.local', 'internal.test'];
  const { egress, records } = await createWorld({
    allow: names,
    addresses: ['0.0.0.0/0', '::/0'],
    zone: {
      'metadata.google.internal': { a: ['169.254.169.254'] },
      '127.0.0.1.nip.io': { a: ['127.0.0.1'] },
      'printer.local': { a: ['192.168.1.9'] },
      'internal.test': { aaaa: [[0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]] },
    },
  });
  for (const name of names) {
    expect((await once(egress, `http://${name}/`)).answer).toEqual({ kind: 'failed', failure: 'network' });
  }
  expect(records.map(({ decision, reason, status }) => [decision, reason, status])).toEqual(
    names.map(() => ['denied', 'address-special', null]),
  );
});

test('localhost and names below it are this machine, and never asked of DNS', async () => {
  const { egress, dns, records } = await createWorld({
    allow: ['localhost', 'foo.localhost'],
    addresses: ['0.0.0.0/0', '::/0'],
  });
  for (const name of ['localhost', 'foo.localhost', 'localhost.']) {
    expect((await once(egress, `http://${name}/`)).answer.kind).not.toBe('response');
  }
  expect(dns.questions).toEqual([]);
  expect(new Set(records.map(({ decision }) => decision))).toEqual(new Set(['denied']));
});
