/** Builds the globals a guest sees. Evaluated once, before the snapshot and before any guest code. */
import type { GuestHost, PlatformHandle } from '../host.ts';
import { installConsole } from './console.ts';
import { WeakSetCtor, WeakSetHas } from './primordials.ts';
import { fireTimers, installTimers, nextTimer } from './timers.ts';
import { isObject, linkHost } from './webidl.ts';

export type { GuestHost, PlatformHandle } from '../host.ts';

const denials: WeakSet<object> = new WeakSetCtor();

export function installPlatform(host: GuestHost): PlatformHandle {
  linkHost(host);
  installTimers();
  installConsole();
  return {
    nextTimer,
    fireTimers,
    isDenial: error => isObject(error) && WeakSetHas(denials, error),
  };
}
