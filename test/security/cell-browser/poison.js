// The engine's place, taken by an attacker who changes every intrinsic the shell might use and keeps what it is called
// with: the way to a port or an event object would be through a hook that the shell's own code calls.
// biome-ignore lint/correctness/noUnusedVariables: the shell finds it by its name
var citadelProgram = (() => {
  const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const tagOf = Object.prototype.toString;
  const kept = [];
  let calls = 0;
  let hooked = 0;

  const keep = values => {
    calls++;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if ((typeof value === 'object' && value !== null) || typeof value === 'function')
        kept[kept.length] = value;
    }
  };

  /** Wraps each function of an object, so that it reports its `this`, its arguments and its result. */
  function hook(target) {
    for (const key of ownKeys(target)) {
      const found = getOwnPropertyDescriptor(target, key);
      if (key === 'constructor' || !found.configurable) continue;
      const wrap = original =>
        typeof original !== 'function'
          ? original
          : function (...values) {
              const result = new.target ? Reflect.construct(original, values) : apply(original, this, values);
              keep([this, ...values, result]);
              return result;
            };
      hooked++;
      if ('value' in found) {
        const wrapped = wrap(found.value);
        if (wrapped === found.value) continue;
        for (const name of ownKeys(found.value)) {
          if (name === 'prototype') wrapped.prototype = found.value.prototype;
        }
        defineProperty(target, key, { ...found, value: wrapped });
      } else defineProperty(target, key, { ...found, get: wrap(found.get), set: wrap(found.set) });
    }
  }

  /** Names that engine or browser code might look up on plain objects. */
  function trap() {
    // Not `get`, `set` and `value`: this program's own property descriptors would break.
    for (const name of ['data', 'ports', 'then', 'transfer', 'source', 'target', 'includeUserActivation']) {
      defineProperty(Object.prototype, name, {
        configurable: true,
        get() {
          keep([this]);
          return undefined;
        },
        set(value) {
          keep([this, value]);
        },
      });
    }
  }

  function createProgram() {
    let out = null;
    return {
      asset: (_name, bytes) => new Uint8Array(bytes),
      boot: () => '',
      control: () => null,
      inbox: bytes => new Uint8Array(bytes),
      begin(_id, code) {
        if (code === 'poison') {
          // Prototypes of functions and iterators last: the wrappers use them.
          const typed = Object.getPrototypeOf(Uint8Array.prototype);
          hook(Promise.prototype);
          hook(DataView.prototype);
          hook(typed);
          hook(Map.prototype);
          hook(Set.prototype);
          trap();
          Error.prepareStackTrace = (_error, frames) => {
            keep([frames, ...frames]);
            return '';
          };
          for (const name of ['push', 'shift', 'splice', 'findIndex', 'join', 'map']) {
            const original = Array.prototype[name];
            Array.prototype[name] = function (...values) {
              keep([this, values[0]]);
              return apply(original, this, values);
            };
          }
          for (const name of ['call', 'apply', 'bind']) {
            const original = Function.prototype[name];
            Function.prototype[name] = function (...values) {
              keep([this, values[0], values[1]]);
              return apply(original, this, values);
            };
          }
          for (const name of ['Uint8Array', 'Number', 'String', 'DataView', 'Reflect', 'Object', 'Promise']) {
            const original = globalThis[name];
            globalThis[name] = new Proxy(original, {
              apply(target, self, values) {
                keep([self, ...values]);
                return apply(target, self, values);
              },
              construct(target, values) {
                keep(values);
                return new target(...values);
              },
              get(target, key) {
                keep([target[key]]);
                return target[key];
              },
            });
          }
          const iterate = Array.prototype[Symbol.iterator];
          Array.prototype[Symbol.iterator] = function () {
            kept[kept.length] = this;
            calls++;
            return apply(iterate, this, []);
          };
        }
      },
      step() {
        const hosts = [];
        const plain =
          /^\[object (Object|Array|Function|Uint8Array|ArrayBuffer|DataView|Array Iterator|Error|Number|String|Arguments|AsyncFunction|GeneratorFunction|Promise|Map|Set|Reflect)\]$/;
        const browser = /postMessage|setTimeout|getRandomValues|addEventListener|onmessage|Port|Channel/;
        // Looking at what was kept runs into hooks, too.
        const count = kept.length;
        for (let i = 0; i < count; i++) {
          const tag = apply(tagOf, kept[i], []);
          const name = tag === '[object Function]' ? kept[i].name : '';
          if (!plain.test(tag) || browser.test(name)) hosts[hosts.length] = `${tag}${name}`;
        }
        const text = `${hooked > 0} ${calls > 0} [${hosts}]`;
        out = new Uint8Array(text.length);
        for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
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
