/**
 * The secrets of one run: their values, which the rules never see, and what of them left so far. Where a value may go
 * and what an echo of it looks like is decided in `policy/`.
 */
import { SandboxError } from '../core/errors.ts';
import type { Header } from '../platform/net.ts';
import {
  createRedactor,
  fillSecret,
  isSecretValue,
  placeholderFor,
  type Redactor,
  type RunSecret,
  refuseSecret,
  SECRET_CHARS,
  type SecretRules,
  secretForms,
  secretsIn,
  type UrlClearance,
} from '../policy/egress/index.ts';
import { unlessAborted } from './abort.ts';
import { createStreamRedactor, type StreamRedactor } from './redact.ts';
import type { Refused } from './refusal.ts';

/** Asked once for each run that uses the secret; the signal is the end of that run. */
export type SecretProvider = (signal: AbortSignal) => string | Promise<string>;

export type SecretValues = Readonly<Record<string, string | SecretProvider>>;

export type Filled =
  | { readonly kind: 'ready'; readonly url: string; readonly headers: readonly Header[] }
  | { readonly kind: 'denied'; readonly why: Refused }
  /** A provider failed. */
  | { readonly kind: 'failed'; readonly secret: string };

interface HeldSecret extends RunSecret {
  readonly value: () => Promise<string>;
}

export class SecretStore {
  /** Name → what the guest sees. Those without a value have none. */
  readonly placeholders: Readonly<Record<string, string>>;
  readonly #secrets: readonly HeldSecret[];
  /** Placeholder → value, of all that left. */
  readonly #sent: Map<string, string> = new Map();
  #redactor: Redactor | null = null;

  /**
   * @param over the end of the run
   * @param given placeholders the guest holds already
   * @throws SandboxError INVALID_ARGUMENT for a value without a rule, or one that is none
   */
  constructor(
    rules: SecretRules,
    values: SecretValues,
    over: AbortSignal,
    given: Readonly<Record<string, string>> = {},
  ) {
    for (const [name, value] of Object.entries(values)) checkValue(rules, name, value);
    this.#secrets = Object.entries(values).flatMap(([name, value]) => {
      const rule = rules[name];
      if (rule === undefined) return [];
      const placeholder = given[name] ?? freshPlaceholder(name);
      return [{ name, rule, placeholder, value: once(value, over) }];
    });
    this.placeholders = Object.freeze(
      Object.fromEntries(this.#secrets.map(({ name, placeholder }) => [name, placeholder])),
    );
  }

  /** @throws when the signal comes before the value */
  async fill(clearance: UrlClearance, headers: readonly Header[], signal: AbortSignal): Promise<Filled> {
    let filled = { url: clearance.url, headers };
    const mentioned = secretsIn(this.#secrets, clearance.url, headers);
    for (const secret of mentioned) {
      const why = refuseSecret(secret, clearance, headers);
      if (why !== null) return { kind: 'denied', why };
    }
    for (const secret of mentioned) {
      const value = await unlessAborted(
        secret.value().catch(() => null),
        signal,
      );
      if (value === null) return { kind: 'failed', secret: secret.name };
      if (this.#sent.get(secret.placeholder) !== value) {
        this.#sent.set(secret.placeholder, value);
        this.#redactor = createRedactor([...this.#sent].map(([instead, of]) => ({ value: of, instead })));
      }
      filled = fillSecret(secret, value, filled.url, filled.headers);
    }
    return { kind: 'ready', ...filled };
  }

  /** Text that came back, with placeholders for values. */
  redact(text: string): string {
    return this.#redactor?.text(text) ?? text;
  }

  /**
   * For one body; `null` when no value left so far: nothing can come back. The usual forms of a value are found wherever
   * the stream is cut, rarer ones (a character escaped here and there) within one piece.
   */
  streamRedactor(): StreamRedactor | null {
    const whole = this.#redactor;
    if (whole === null) return null;
    const encoder = new TextEncoder();
    const cut = createStreamRedactor(
      [...this.#sent].flatMap(([placeholder, value]) =>
        secretForms(value).map(form => ({
          bytes: encoder.encode(form),
          instead: encoder.encode(placeholder),
        })),
      ),
    );
    return {
      push: bytes => whole.bytes(cut.push(bytes)),
      end: () => whole.bytes(cut.end()),
    };
  }
}

export function freshPlaceholder(name: string): string {
  return placeholderFor(name, crypto.getRandomValues(new Uint8Array(16)));
}

function checkValue(rules: SecretRules, name: string, value: unknown): void {
  if (!Object.hasOwn(rules, name)) {
    throw new SandboxError('INVALID_ARGUMENT', `name the hosts of the secret ${name} in policy.secrets`);
  }
  if (typeof value !== 'function' && !isSecretValue(value)) {
    throw new SandboxError(
      'INVALID_ARGUMENT',
      `the secret ${name} must be a function, or ${SECRET_CHARS.min} to ${SECRET_CHARS.max} printable ASCII characters`,
    );
  }
}

function once(given: string | SecretProvider, over: AbortSignal): () => Promise<string> {
  let value: Promise<string> | null = null;
  const ask = async (): Promise<string> => {
    const answer: unknown = typeof given === 'string' ? given : await given(over);
    if (!isSecretValue(answer)) throw new TypeError('not a value');
    return answer;
  };
  return () => {
    value ??= ask();
    return value;
  };
}
