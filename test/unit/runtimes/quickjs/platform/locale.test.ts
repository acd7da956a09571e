/** What is said of locales is what Node.js's own Intl says, or it is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';

let guest: Guest;
beforeAll(async () => {
  guest = await createGuest();
});
afterAll(() => guest.dispose());

function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What the guest gives for each; 'refused' where it throws a RangeError. */
function ask(expressions: readonly string[]): unknown[] {
  const list = expressions.map(e => `() => ${e}`).join(',\n');
  const code = `JSON.stringify([${list}].map(f => { try { return f() } catch (e) { return e.name === 'RangeError' ? 'refused' : e.name } }))`;
  return JSON.parse(String(guest.run(code))) as unknown[];
}

const literal = (n: number): string => (Object.is(n, -0) ? '-0' : String(n));

describe('numbers in en-US', () => {
  it('are written as Node.js writes them', () => {
    const next = random(7);
    const numbers: number[] = [
      0,
      -0,
      0.5,
      1.005,
      2.5,
      999.9995,
      1e21,
      1e-7,
      123456789,
      5e-324,
      1.7976931348623157e308,
      NaN,
      Infinity,
      -Infinity,
    ];
    for (let i = 0; i < 2000; i++) {
      const digits = next(1_000_000_000);
      numbers.push((digits / 10 ** next(12)) * (next(2) ? 1 : -1) * 10 ** next(5));
    }
    const formats: (Intl.NumberFormatOptions | undefined)[] = [
      undefined, { minimumFractionDigits: 2 }, { maximumFractionDigits: 0 }, { minimumFractionDigits: 1, maximumFractionDigits: 4 }, { useGrouping: false },
      { style: 'percent' }, { style: 'percent', maximumFractionDigits: 1 }, { style: 'currency', currency: 'USD' }, { style: 'currency', currency: 'jpy' },
      { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 }, { style: 'currency', currency: 'CHF' }, { minimumIntegerDigits: 5 },
      { style: 'currency', currency: 'GBP', minimumFractionDigits: 3 }, { maximumFractionDigits: 20 },
    ]; // biome-ignore format: a list
    const cases = numbers.map((n, i) => [n, formats[i % formats.length]] as const);
    const given = ask(cases.map(([n, f]) => `(${literal(n)}).toLocaleString('en-US', ${JSON.stringify(f)})`));
    cases.forEach(([n, f], i) => {
      expect(given[i], `${n} ${JSON.stringify(f)}`).toBe(n.toLocaleString('en-US', f));
    });
    for (const code of [
      'USD',
      'EUR',
      'GBP',
      'JPY',
      'CHF',
      'CAD',
      'AUD',
      'INR',
      'CNY',
      'KRW',
      'MXN',
      'BRL',
      'NZD',
      'HKD',
      'ILS',
      'VND',
      'TWD',
      'SEK',
      'NOK',
      'DKK',
      'PLN',
      'CZK',
      'TRY',
      'ZAR',
      'SGD',
    ])
      expect(
        ask([`(-1234.567).toLocaleString('en', { style: 'currency', currency: '${code}' })`]),
        code,
      ).toEqual([(-1234.567).toLocaleString('en', { style: 'currency', currency: code })]);
    expect(
      ask([
        '(123456789012345678901234567890n).toLocaleString()',
        '(-5n).toLocaleString("en-US", { style: "currency", currency: "USD" })',
        '[1234.5, [1e6], null].toLocaleString()',
        'new Float64Array([1234.5]).toLocaleString()',
      ]),
    ).toEqual([
      123456789012345678901234567890n.toLocaleString('en-US'),
      '-$5.00',
      '1,234.5,1,000,000,',
      '1,234.5',
    ]);
  });

  it('are refused in any other way', () => {
    const refused = [
      '(1).toLocaleString("de-DE")', '(1).toLocaleString(["fr", "en-US"])', '(1).toLocaleString("en-GB")', '(1).toLocaleString(undefined, { style: "unit", unit: "meter" })',
      '(1).toLocaleString("en-US", { style: "currency", currency: "XTS" })', '(1).toLocaleString("en-US", { notation: "compact" })', '(1).toLocaleString("en-US", { signDisplay: "always" })',
      '(1).toLocaleString("en-US", { maximumSignificantDigits: 2 })', '(1).toLocaleString("en-US", { style: "currency", currency: "USD", currencyDisplay: "code" })',
      '(1).toLocaleString("en-US", { minimumFractionDigits: 101 })', '(1n).toLocaleString("de")', '[1.5].toLocaleString("de-DE")', 'new Uint8Array(1).toLocaleString("de")', '(1).toLocaleString("?")',
      '(1).toLocaleString("en-u-nu-thai")', '(1).toLocaleString("en-US", { roundingMode: "floor" })', '(1).toLocaleString("en-US", { useGrouping: "min2" })',
    ]; // biome-ignore format: a list
    expect(ask(refused)).toEqual(refused.map(() => 'refused'));
    expect(
      ask([
        '(1).toLocaleString("en-US", { style: "currency" })',
        '(1).toLocaleString(null)',
        '(1).toLocaleString("en-US", null)',
        'Number.prototype.toLocaleString.call("1")',
      ]),
    ).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError']);
  });
});

describe('dates in en-US and UTC', () => {
  it('are written as Node.js writes them', () => {
    const next = random(8);
    const names = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'] as const;
    const times = [
      0,
      8.64e15,
      -1e13,
      ...Array.from({ length: 1500 }, () => next(2 ** 31) * 4000 - 12_000_000_000_000 + next(1000)),
    ];
    const cases = times.flatMap(time => names.map(name => [time, name] as const));
    const given = ask(
      cases.map(
        ([time, name]) => `new Date(${time}).${name}(${time % 2 ? '' : '"en-US", { timeZone: "utc" }'})`,
      ),
    );
    cases.forEach(([time, name], i) => {
      if (name === 'toLocaleTimeString' || new Date(time).getUTCFullYear() >= 1583)
        expect(given[i], `${time} ${name}`).toBe(new Date(time)[name]('en-US', { timeZone: 'UTC' }));
      else expect(given[i]).toBe('refused');
    });
    expect(ask(['new Date(NaN).toLocaleString()', 'Date.prototype.toLocaleString.call({})'])).toEqual([
      'Invalid Date',
      'TypeError',
    ]);
  });

  it('are refused in any other way', () => {
    const refused = [
      'new Date(0).toLocaleString("de-DE")', 'new Date(0).toLocaleString("en-US", { timeZone: "America/New_York" })', 'new Date(0).toLocaleString("en-GB", { timeZone: "Europe/London" })',
      'new Date(0).toLocaleDateString("en-US", { month: "long" })', 'new Date(0).toLocaleTimeString("en-US", { hour12: false })', 'new Date(0).toLocaleDateString(undefined, { dateStyle: "full" })',
      'new Date(0).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })', 'new Date(0).toLocaleString("en-US", { timeZone: "+01:00" })', 'new Date(-6e13).toLocaleDateString()',
      'new Date(0).toLocaleString("en-US", { calendar: "buddhist" })', '[new Date(0)].toLocaleString("de")', 'new Date(0).toLocaleString("en-US", { timeZoneName: "short" })',
    ]; // biome-ignore format: a list
    expect(ask(refused)).toEqual(refused.map(() => 'refused'));
  });
});

describe('localeCompare', () => {
  const ALPHABETS = [
    'abAB',
    'aAbB019 -_.',
    'aàáâãäåAÀÄeéèêëEÉñÑoöōőuůü ',
    String.fromCharCode(...Array.from({ length: 128 }, (_, i) => i)),
    '0123456789a',
    'zZšŠžŽcçčć-',
  ];

  it('orders texts as Node.js does, whatever the sensitivity', () => {
    const next = random(9);
    const options: (Intl.CollatorOptions | undefined)[] = [
      undefined,
      { sensitivity: 'base' },
      { sensitivity: 'accent' },
      { numeric: true },
      { numeric: true, sensitivity: 'base' },
      { sensitivity: 'variant' },
    ];
    const cases = Array.from({ length: 6000 }, (_, i) => {
      const letters = [...(ALPHABETS[i % ALPHABETS.length] as string)];
      const word = (): string =>
        Array.from({ length: next(5) }, () => letters[next(letters.length)]).join('');
      const a = word();
      return [a, next(4) ? word() : a + word(), options[next(options.length)]] as const;
    });
    const given = ask(
      cases.map(
        ([a, b, o]) =>
          `${JSON.stringify(a)}.localeCompare(${JSON.stringify(b)}, "en-US", ${JSON.stringify(o)})`,
      ),
    );
    let refused = 0;
    cases.forEach(([a, b, o], i) => {
      if (given[i] === 'refused') refused++;
      else expect(given[i], JSON.stringify([a, b, o])).toBe(Math.sign(a.localeCompare(b, 'en-US', o)));
    });
    expect(refused).toBeLessThan(100);
    const words = ['b', 'a', 'ä', 'B', 'Zoë', 'zebra', 'Ähre', 'résumé', 'resume', 'Resume', 'a10', 'a9'];
    expect(
      ask([
        `${JSON.stringify(words)}.sort((x, y) => x.localeCompare(y))`,
        `${JSON.stringify(words)}.sort((x, y) => x.localeCompare(y, undefined, { numeric: true }))`,
      ]),
    ).toEqual([
      words.toSorted((x, y) => x.localeCompare(y, 'en-US')),
      words.toSorted((x, y) => x.localeCompare(y, 'en-US', { numeric: true })),
    ]);
  });

  it('refuses what it has no order for', () => {
    const refused = [
      '"a".localeCompare("ß")', '"a".localeCompare("日")', '"ø".localeCompare("o")', '"a".localeCompare("b", "sv")', '"a".localeCompare("b", "de")', '"a".localeCompare("b", "en", { caseFirst: "upper" })',
      '"a".localeCompare("b", "en", { sensitivity: "case" })', '"a".localeCompare("b", "en", { ignorePunctuation: true })', '"a\\u0301\\u0300".localeCompare("b")', '"\\u0301".localeCompare("b")', '"😀".localeCompare("a")',
      '"i".toLocaleUpperCase("tr")', '"I".toLocaleLowerCase("az-Latn")', '"i".toLocaleUpperCase(["lt"])', '"ά".toLocaleUpperCase("el")',
    ]; // biome-ignore format: a list
    expect(ask(refused)).toEqual(refused.map(() => 'refused'));
    expect(
      ask([
        '"ß".localeCompare("ß")',
        '"Straße".toLocaleUpperCase("de-DE")',
        '"I".toLocaleLowerCase()',
        '"Σ".toLocaleLowerCase("el")',
      ]),
    ).toEqual([0, 'STRASSE', 'i', 'σ']);
  });
});
