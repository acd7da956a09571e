/** Builds the globals a guest sees. Evaluated once, before the snapshot and before any guest code. */

import { isDenial } from '../denial.ts';
import type { GuestHost, PlatformHandle } from '../host.ts';
import { installAbort } from './abort.ts';
import { installBase64 } from './base64.ts';
import { installBlob } from './blob.ts';
import { installByteText } from './byte-text.ts';
import { installConsole } from './console.ts';
import { installCrypto } from './crypto.ts';
import { installDomException } from './dom-exception.ts';
import { installEvent } from './event.ts';
import { installEventTarget } from './event-target.ts';
import { installFetch, receive } from './fetch.ts';
import { installFormData } from './form-data.ts';
import { installFromAsync } from './from-async.ts';
import { installHeaders } from './headers.ts';
import { installNavigator } from './navigator.ts';
import { nameOpaque } from './opaque.ts';
import { installPerformance } from './performance.ts';
import { global } from './primordials.ts';
import { installReadableStream } from './readable-stream.ts';
import { installRequest } from './request.ts';
import { installResponse } from './response.ts';
import { installStructuredClone } from './structured-clone.ts';
import { installTextDecoder } from './text-decoder.ts';
import { installTextEncoder } from './text-encoder.ts';
import { fireTimers, installTimers, nextTimer } from './timers.ts';
import { installUrl } from './url.ts';
import { installUrlSearchParams } from './url-search-params.ts';
import { hidden, linkHost, unclaim } from './webidl.ts';

export type { GuestHost, PlatformHandle } from '../host.ts';

export function installPlatform(host: GuestHost): PlatformHandle {
  linkHost(host);
  installDomException();
  installTimers();
  installConsole();
  installBase64();
  installByteText();
  installFromAsync();
  installTextEncoder();
  installTextDecoder();
  installStructuredClone();
  installEvent();
  installEventTarget();
  installAbort();
  installUrlSearchParams();
  installUrl();
  installCrypto();
  installPerformance();
  installNavigator();
  installHeaders();
  installReadableStream();
  installBlob();
  installFormData();
  installRequest();
  installResponse();
  installFetch();
  hidden(global, 'self', global);
  nameOpaque();
  unclaim();
  return { nextTimer, fireTimers, isDenial, receive };
}
