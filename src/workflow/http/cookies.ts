/** Cookies of one run, under one policy. They are kept by RFC 6265: what a server set goes back to it, and to nobody else. */
import { Cookie, CookieJar } from 'tough-cookie';
import type { CookieStore } from '../../egress/index.ts';
import { failure } from '../failure.ts';

/** Of one jar, and characters of one cookie. */
const MOST = 1_000;
const CHARS = 4_096;

/** Keyed by a run: they end with it. */
const jars: WeakMap<object, Map<string, RunCookies>> = new WeakMap();

export class RunCookies implements CookieStore {
  // Secure is for https alone, on this machine as well.
  readonly #jar: CookieJar = new CookieJar(undefined, {
    allowSecureOnLocal: false,
    prefixSecurity: 'silent',
  });
  #count = 0;
  #isFull = false;

  header(url: string): string | null {
    const text = this.#jar.getCookieStringSync(url, { http: true });
    return text === '' ? null : text;
  }

  take(url: string, lines: readonly string[]): void {
    for (const line of lines) {
      if (line.length > CHARS) continue;
      if (this.#count >= MOST) {
        this.#isFull = true;
        return;
      }
      const cookie = Cookie.parse(line);
      // What the rules refuse is not kept: another host's, a public suffix's, Secure over http.
      if (
        cookie !== undefined &&
        this.#jar.setCookieSync(cookie, url, { http: true, ignoreError: true }) !== undefined
      )
        this.#count += 1;
    }
  }

  /** @throws SandboxError NODE_FAILED when servers set more than a jar holds */
  check(): void {
    if (this.#isFull) throw failure('NODE_FAILED', `servers set cookies more than ${MOST} times in this run`);
  }
}

export function cookiesOf(run: object, policy: string): RunCookies {
  let ofRun = jars.get(run);
  if (ofRun === undefined) {
    ofRun = new Map();
    jars.set(run, ofRun);
  }
  let jar = ofRun.get(policy);
  if (jar === undefined) {
    jar = new RunCookies();
    ofRun.set(policy, jar);
  }
  return jar;
}
