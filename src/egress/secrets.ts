/**
 * Secrets a plugin can use without having them. The guest holds a placeholder; the value takes its place on the way to
 * the hosts the secret names, and the placeholder takes the value's place in whatever comes back.
 */
import { SandboxError } from '../core/errors.ts';
import type { Header } from '../platform/net.ts';
import { unlessAborted } from './abort.ts';
import { createRedactor, type Redaction, type Redactor } from './redact.ts';

export interface SecretRule {
  /** Rules in the language of `network.allow`: where the value may go. */
  readonly hosts: readonly string[];
  /** At least 8 characters, all of them fit for a header. Either this or `provider`. */
  readonly value?: string;
  /** Asked once for each run that uses the secret. */
  readonly provider?: (signal: AbortSignal) => string | Promise<string>;
  /** Where a placeholder is replaced. Default: `['header']`. */
  readonly in?: readonly ('header' | 'query')[];
  /** True lets the value travel without encryption. Default false. */
  readonly plaintext?: boolean;
}

export type Secrets = Readonly<Record<string, SecretRule>>;

/** A checked rule. `mayReceive` judges a canonical URL. */
export interface ResolvedSecret {
  readonly name: string;
  readonly rule: SecretRule;
  readonly mayReceive: (url: string, method: string) => boolean;
}

export type Substitution =
  | { readonly kind: 'ready'; readonly url: string; readonly headers: readonly Header[] }
  | { readonly kind: 'denied'; readonly secret: string; readonly message: string; readonly hint: string }
  /** A provider failed. */
  | { readonly kind: 'failed'; readonly secret: string };

/** Shorter ones cannot be told from ordinary text. */
const SHORTEST = 8;
const UNFIT = /[^\t\u0020-\u007e]/;

const PLACES: readonly string[] = ['header', 'query'];

/** @throws SandboxError POLICY_INVALID naming the secret */
export function checkSecret(name: string, rule: SecretRule): void {
  const fail = (message: string): never => {
    throw new SandboxError('POLICY_INVALID', `secrets.${name}: ${message}`);
  };
  if (!/^[A-Za-z0-9_]{1,64}$/.test(name)) fail('choose a name of 1 to 64 letters, digits and _');
  if (rule.hosts.length === 0) fail('name at least one host');
  if ((rule.value === undefined) === (rule.provider === undefined)) fail('give either value or provider');
  if (rule.value !== undefined && !isUsable(rule.value)) {
    fail(`the value must have at least ${SHORTEST} characters, all of them printable ASCII`);
  }
  for (const place of rule.in ?? []) {
    if (!PLACES.includes(place)) fail(`in can hold header and query, got ${String(place)}`);
  }
}

function isUsable(value: unknown): value is string {
  return typeof value === 'string' && value.length >= SHORTEST && !UNFIT.test(value);
}

/** The secrets of one run: placeholders of its own, which mean nothing in any other. */
export class SecretStore {
  /** Name → what the guest sees. */
  readonly placeholders: Readonly<Record<string, string>>;
  readonly #secrets: readonly ResolvedSecret[];
  readonly #signal: AbortSignal;
  readonly #values: Map<string, Promise<string>> = new Map();
  /** Every value that left so far, in every form it left in. */
  readonly #redactions: Map<string, string> = new Map();

  /** @param signal the end of the run */
  constructor(secrets: readonly ResolvedSecret[], signal: AbortSignal) {
    this.#secrets = secrets;
    this.#signal = signal;
    this.placeholders = Object.freeze(
      Object.fromEntries(secrets.map(({ name }) => [name, `citadel_secret_${name}_${randomHex()}`])),
    );
  }

  async substitute(
    method: string,
    url: string,
    headers: readonly Header[],
    signal: AbortSignal,
  ): Promise<Substitution> {
    if (this.#secrets.length === 0) return { kind: 'ready', url, headers };
    let newUrl = url;
    let newHeaders = headers;
    for (const secret of this.#secrets) {
      const placeholder = this.placeholders[secret.name] ?? '';
      // Hosts are lower case by now.
      const inUrl = url.toLowerCase().includes(placeholder.toLowerCase());
      const inHeaders = headers.some(header => holds(header, placeholder));
      if (!inUrl && !inHeaders) continue;
      const denial = whyNot(secret, method, url, placeholder, inUrl, inHeaders);
      if (denial !== null) return { kind: 'denied', secret: secret.name, ...denial };
      let value: string;
      try {
        value = await unlessAborted(this.#valueOf(secret), signal);
      } catch {
        return { kind: 'failed', secret: secret.name };
      }
      for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) {
        this.#redactions.set(form, placeholder);
      }
      newUrl = newUrl.replaceAll(placeholder, () => encodeURIComponent(value));
      newHeaders = newHeaders.map(header => this.#fill(header, placeholder, value));
    }
    return { kind: 'ready', url: newUrl, headers: newHeaders };
  }

  /** Text that came back, with placeholders for values. */
  redact(text: string): string {
    let clean = text;
    for (const [form, placeholder] of this.#longestFirst()) clean = clean.replaceAll(form, () => placeholder);
    return clean;
  }

  /** `null` when no value left so far: nothing can come back. */
  redactor(): Redactor | null {
    if (this.#redactions.size === 0) return null;
    const encoder = new TextEncoder();
    return createRedactor(
      this.#longestFirst().map(
        ([form, placeholder]): Redaction => ({
          bytes: encoder.encode(form),
          instead: encoder.encode(placeholder),
        }),
      ),
    );
  }

  #longestFirst(): [string, string][] {
    return [...this.#redactions].sort(([a], [b]) => b.length - a.length);
  }

  #valueOf({ name, rule }: ResolvedSecret): Promise<string> {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = (async () => rule.value ?? (await rule.provider?.(this.#signal)))().then(given => {
        if (!isUsable(given)) throw new TypeError('unusable');
        return given;
      });
      this.#values.set(name, value);
    }
    return value;
  }

  #fill([name, value]: Header, placeholder: string, secret: string): Header {
    const basic = decodeBasic(name, value);
    if (!basic?.includes(placeholder)) return [name, value.replaceAll(placeholder, () => secret)];
    const filled = btoa(basic.replaceAll(placeholder, () => secret));
    this.#redactions.set(filled, btoa(basic));
    return [name, `Basic ${filled}`];
  }
}

function whyNot(
  { name, rule, mayReceive }: ResolvedSecret,
  method: string,
  url: string,
  placeholder: string,
  inUrl: boolean,
  inHeaders: boolean,
): { message: string; hint: string } | null {
  const { protocol, host, search } = new URL(url);
  const say = (message: string, hint: string): { message: string; hint: string } => ({ message, hint });
  if (!mayReceive(url, method)) {
    return say(`the secret ${name} may not be sent to ${host}`, `add ${host} to secrets.${name}.hosts`);
  }
  if (protocol !== 'https:' && rule.plaintext !== true) {
    return say(
      `the secret ${name} may only be sent over https`,
      `set secrets.${name}.plaintext to true, if ${host} has no https`,
    );
  }
  const places = rule.in ?? ['header'];
  const inQueryOnly = !url.replace(search, '').toLowerCase().includes(placeholder.toLowerCase());
  if (inUrl && !(places.includes('query') && inQueryOnly)) {
    return say(
      `the secret ${name} may not be part of a URL`,
      inQueryOnly ? `add query to secrets.${name}.in` : 'send it in a header',
    );
  }
  if (inHeaders && !places.includes('header')) {
    return say(`the secret ${name} may not be sent in a header`, `add header to secrets.${name}.in`);
  }
  return null;
}

function holds([name, value]: Header, placeholder: string): boolean {
  return value.includes(placeholder) || decodeBasic(name, value)?.includes(placeholder) === true;
}

/** What clients make of a user's name and a password. */
function decodeBasic(name: string, value: string): string | null {
  if (!/authorization$/i.test(name)) return null;
  const [, coded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(value.trim()) ?? [];
  if (coded === undefined) return null;
  try {
    return atob(coded);
  } catch {
    return null;
  }
}

function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
