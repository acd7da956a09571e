/**
 * What a URL means is the platform's to say, so the disguises are tried wherever decisions are made: each engine's own
 * `URL` reads them.
 */
import { describe, expect, it } from 'vitest';
import { decideAddress, decideUrl, parseNetworkPolicy } from '../../src/policy/egress/index.ts';
import { CANONICAL, DROPPED, NOT_A_NAME, REFUSED } from '../unit/policy/egress/url-cases.ts';

const OPEN = parseNetworkPolicy(
  { allow: ['allowed.com', '*.allowed.com'], allowIp: ['0.0.0.0/0', '::/0'] },
  'network',
);

describe('the rules of a network policy', () => {
  it.each(REFUSED)('refuse %s (%s)', (_, reason, urls) => {
    for (const url of urls) {
      const decision = decideUrl(OPEN, url);
      expect(decision.allowed, url.slice(0, 60)).toBe(false);
      // An engine may refuse on its own what others leave to the rules, or know a scheme's URLs better.
      expect([reason, 'url-invalid', 'host-invalid'], url.slice(0, 60)).toContain(decision.reason);
    }
  });

  it.each(NOT_A_NAME)('refuse %s', (_, urls) => {
    for (const url of urls) expect(decideUrl(OPEN, url).reason, url).toMatch(/^(?:url|host)-invalid$/);
  });

  it.each(DROPPED)('refuse %s: %j', (_, url) => {
    expect(decideUrl(OPEN, url).reason).toBe('url-control');
  });

  it.each(CANONICAL)('read %s: %j as %s', (_, given, canonical) => {
    expect(decideUrl(OPEN, given)).toMatchObject({ allowed: true, url: canonical });
  });

  it('judge addresses in any notation a resolver has', () => {
    const to = { scheme: 'https', port: 443, name: 'allowed.com' } as const;
    for (const address of [
      '127.0.0.1',
      '::1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
      'FE80::1',
      '2002:7f00:1::',
    ]) {
      expect(decideAddress(OPEN, address, to).reason, address).toBe('address-special');
    }
    for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '2606:4700:0:0::8.8.8.8']) {
      expect(decideAddress(OPEN, address, to).reason, address).toBe('allowed');
    }
  });
});
