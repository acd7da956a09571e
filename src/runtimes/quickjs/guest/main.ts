/**
 * The guest-side half of the runtime: evaluated once inside QuickJS when the snapshot is made. Takes the one host
 * function off the global object, installs the platform, and hands the cell the functions it calls.
 */
import { denial, isDenial, refuseModule } from './denial.ts';
import type { GuestHost, PlatformHandle, UrlRecord } from './host.ts';
import { HOST_OP, NET_ANSWERS } from './ops.ts';
import { decodeInParts, encodeInParts, randomInParts } from './parts.ts';
import { installPlatform } from './platform/index.ts';
import { hidesState } from './platform/opaque.ts';
import { getPrototypeOf, jsonParse, ObjectPrototype, setPrototypeOf } from './platform/primordials.ts';
import { claimed, list, ordinary } from './platform/webidl.ts';
import { prepareRealm, type Setup } from './realm.ts';
import { tagValue, untagValue } from './tagged.ts';
import { describeThrown, detailOf } from './thrown.ts';

export interface GuestEntry {
  /** Applies a job's settings, before any guest code. Answers the context object of module functions. */
  setup(settings: string): object;
  setInput(value: unknown, tagged: boolean): void;
  nextTimer(): number;
  fireTimers(nowMs: number): void;
  isDenial(error: unknown): number;
  /** An answer of the network; `kind` indexes NET_ANSWERS. */
  receive(kind: number, id: number, value: unknown): void;
  /** [name, message, stack]; runs as little of the guest as can be. */
  describe(thrown: unknown): string[];
  /** What else there is to say of it, as data of protocol/thrown.ts. */
  detail(thrown: unknown): unknown;
  /** Whether the run has made objects that the engine would write as empty ones. */
  isClaimed(): number;
  /** The value in tagged form, or the reason why it cannot cross. `privately`: the program has classes with private fields. */
  tag(value: unknown, privately: boolean): unknown;
  /** Installs what is not part of every guest (doors.ts): calls `install` with what it needs. Answers what that answers. */
  extend(install: (tools: Tools) => unknown, settings: string): unknown;
  /** The error of an import that the policy does not allow. */
  refuse(specifier: string): Error;
}

/** What an extension shares with the platform. */
export interface Tools {
  readonly bridge: Bridge;
  readonly denial: typeof denial;
  readonly tag: typeof tagValue;
  readonly untag: typeof untagValue;
  readonly parse: typeof jsonParse;
  /** JSON. */
  readonly settings: string;
}

export type Bridge = (op: number, ...args: unknown[]) => unknown;

const global = globalThis as unknown as Record<string, unknown>;
const bridge = global['__host'] as Bridge;
// The guest must not find it.
delete global['__host'];

/** In the order in which they cross (bridge.ts). */
const URL_PARTS: readonly (keyof UrlRecord)[] = [
  'href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin',
]; // biome-ignore format: a list

function urlRecord(texts: string[] | null): UrlRecord | null {
  if (texts === null) return null;
  const record: Record<string, string> = setPrototypeOf({}, null);
  for (let i = 0; i < URL_PARTS.length; i++) record[URL_PARTS[i] as string] = texts[i] as string;
  return record as unknown as UrlRecord;
}

const host: GuestHost = {
  log: (level, text) => {
    bridge(HOST_OP.log, level, text);
  },
  now: () => bridge(HOST_OP.now) as number,
  random: bytes => randomInParts(size => bridge(HOST_OP.random, size) as ArrayBuffer, bytes),
  url: (op, a, b, c) =>
    urlRecord(bridge(op === 'parse' ? HOST_OP.urlParse : HOST_OP.urlSet, a, b, c) as string[] | null),
  utf8Encode: text => encodeInParts(part => bridge(HOST_OP.utf8Encode, part) as ArrayBuffer, text),
  utf8Decode: (bytes, fatal) =>
    decodeInParts(
      (part, strict) => bridge(HOST_OP.utf8Decode, part, strict ? 1 : 0) as string | null,
      bytes,
      fatal,
    ),
  netFetch: (url, method, redirect, headers, body) => {
    const texts: string[] = list();
    texts[0] = url;
    texts[1] = method;
    texts[2] = redirect;
    for (let i = 0; i < headers.length; i++) texts[3 + i] = headers[i] as string;
    return bridge(HOST_OP.netFetch, ordinary(texts), body === null ? undefined : body) as number;
  },
  netRead: (id, mostBytes) => {
    bridge(HOST_OP.netRead, id, mostBytes);
  },
  netCancel: id => {
    bridge(HOST_OP.netCancel, id);
  },
};
const platform: PlatformHandle = installPlatform(host);

// No global leads to these; the platform itself uses no asynchronous function (platform/primordials.ts).
let asynchronous = async function* () {}.prototype as object;
for (asynchronous = getPrototypeOf(asynchronous) as object; asynchronous !== ObjectPrototype; ) {
  hidesState(asynchronous, 'async iterator');
  asynchronous = getPrototypeOf(asynchronous) as object;
}

const hidesPrivate = (object: object): boolean => bridge(HOST_OP.privateFields, object) === 1;

export const entry: GuestEntry = {
  setup: settings => prepareRealm(jsonParse(settings) as Setup),
  setInput: (value, tagged) => {
    global['input'] = tagged ? untagValue(value) : value;
  },
  nextTimer: platform.nextTimer,
  fireTimers: platform.fireTimers,
  receive: (kind, id, value) => platform.receive(NET_ANSWERS[kind] ?? 'error', id, value),
  isDenial: error => (isDenial(error) ? 1 : 0),
  describe: describeThrown,
  detail: detailOf,
  isClaimed: () => (claimed ? 1 : 0),
  tag: (value, privately) => tagValue(value, privately ? hidesPrivate : undefined),
  refuse: refuseModule,
  extend: (install, settings) =>
    install({ bridge, denial, tag: tagValue, untag: untagValue, parse: jsonParse, settings }),
};
