/** What the one host function does. Arguments come from a guest: each is coerced and capped here. */

import { NET_REDIRECTS } from '../../protocol/net.ts';
import type { NetLink } from '../cell/net.ts';
import { MAX_RANDOM_BYTES } from '../cell/random.ts';
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { NULL_VALUE, readTexts, writeBuffer, writeNumber, writeText, writeTexts } from './bjson.ts';
import { type CallAnswer, callAnswer, encodedArguments } from './doors/answers.ts';
import type { Engine } from './engine.ts';
import { CALL_ANSWER, CALL_UNABLE, CALL_UNENCODED, HOST_OP } from './guest/ops.ts';
import { parseUrl, setUrlPart, type UrlParts } from './ops/url.ts';
import { hasPrivateFields } from './private-fields.ts';
import type { Values } from './values.ts';

export interface BridgeHooks {
  log(level: number, text: string): void;
  readonly net: NetLink;
  /** Milliseconds since the run began, whole. */
  elapsed(): number;
  /** Keeps the thread until a call has its answer. */
  wait(id: number): Uint8Array;
  /** The answer that a guest takes next. */
  held: CallAnswer | null;
  random(bytes: number): Uint8Array;
}

/** The order in which a URL's parts cross. guest/main.ts takes them apart. */
const parts = (url: UrlParts | null): Uint8Array =>
  url === null
    ? NULL_VALUE
    : writeTexts([
        url.href, url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search,
        url.hash, url.origin,
      ]); // biome-ignore format: a table

/** Longer arguments are cut. The guest's side sends no longer ones (guest/parts.ts): it is not trusted to. */
const MAX_ARGUMENT_BYTES = 512 * 1024;

/** Answers a `JSValue *`, or 0 for undefined. */
export function callHost(
  engine: Engine,
  values: Values,
  hooks: BridgeHooks,
  argc: number,
  argv: number,
): number {
  const argument = (i: number): number =>
    i < argc ? engine.fn.QTS_ArgvGetJSValueConstPointer(argv, i) : values.undefined;
  const text = (i: number): string => {
    const buffer = values.encode(argument(i));
    const [first = ''] = readTexts(values.view(buffer).subarray(0, MAX_ARGUMENT_BYTES));
    values.free(buffer);
    return first;
  };
  const number = (i: number): number => values.number(argument(i));

  switch (number(0)) {
    case HOST_OP.log:
      hooks.log(number(1), text(2));
      return 0;
    case HOST_OP.now:
      return values.decode(writeNumber(hooks.elapsed()));
    case HOST_OP.random: {
      const bytes = number(1);
      if (!(bytes >= 0 && bytes <= MAX_RANDOM_BYTES)) return 0;
      return values.decode(writeBuffer(hooks.random(Math.floor(bytes))));
    }
    case HOST_OP.urlParse:
      return values.decode(
        parts(parseUrl(text(1), values.typeOf(argument(2)) === 'string' ? text(2) : undefined)),
      );
    case HOST_OP.urlSet:
      return values.decode(parts(setUrlPart(text(1), text(2), text(3))));
    case HOST_OP.utf8Encode:
      return values.decode(writeBuffer(utf8Encode(text(1))));
    case HOST_OP.utf8Decode: {
      const decoded = utf8Decode(values.view(argument(1)).slice(0, MAX_ARGUMENT_BYTES), number(2) === 1);
      return values.decode(decoded === null ? NULL_VALUE : writeText(decoded));
    }
    case HOST_OP.netFetch: {
      const buffer = values.encode(argument(1));
      const view = values.view(buffer);
      const texts = view.length <= MAX_ARGUMENT_BYTES ? readTexts(view) : [];
      values.free(buffer);
      const [url, method, redirect, ...headers] = texts;
      if (url === undefined || method === undefined || redirect === undefined)
        return values.decode(writeNumber(0));
      const body = values.typeOf(argument(2)) === 'undefined' ? null : values.view(argument(2));
      return values.decode(
        writeNumber(
          hooks.net.fetch('message', {
            url,
            method,
            headers,
            body,
            redirect: NET_REDIRECTS.find(name => name === redirect) ?? 'error',
          }),
        ),
      );
    }
    case HOST_OP.netRead:
      hooks.net.read('message', number(1), number(2));
      return 0;
    case HOST_OP.netCancel:
      hooks.net.cancel(number(1));
      return 0;
    case HOST_OP.privateFields:
      return values.decode(writeNumber(hasPrivateFields(engine, values.context, argument(1)) ? 1 : 0));
    case HOST_OP.call:
    case HOST_OP.callSync: {
      const sync = number(0) === HOST_OP.callSync;
      if (sync && !hooks.net.canWait) return values.decode(writeNumber(CALL_UNABLE));
      const args = encodedArguments(engine, values, argument(2), number(3) === 1);
      if (args === null) return values.decode(writeNumber(CALL_UNENCODED));
      const id = hooks.net.call(sync ? 'window' : 'message', number(1), args);
      if (!sync || id === 0) return values.decode(writeNumber(id));
      hooks.held = callAnswer(hooks.wait(id));
      // Nobody can ask for its items.
      if (hooks.held.kind === CALL_ANSWER.items) hooks.net.cancel(id);
      return values.decode(writeNumber(hooks.held.kind));
    }
    case HOST_OP.callTake: {
      const { held } = hooks;
      hooks.held = null;
      return held === null ? 0 : values.decode(held.value);
    }
    default:
      return 0;
  }
}
