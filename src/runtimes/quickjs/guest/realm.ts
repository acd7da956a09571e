/** Settings of a job, applied to a realm no guest code has touched. */
import {
  defineProperty,
  EvalErrorCtor,
  freeze,
  getOwn,
  getPrototypeOf,
  setPrototypeOf,
} from './platform/primordials.ts';

export interface Setup {
  readonly env: Record<string, string>;
  readonly blocked: readonly string[];
}

/** Functions that compile text, by the name of their constructor: none but the first is a global. */
const COMPILERS: Readonly<Record<string, () => unknown>> = {
  Function: () => () => {},
  AsyncFunction: () => async () => {},
  GeneratorFunction: () => function* () {},
  AsyncGeneratorFunction: () => async function* () {},
};

function hide(object: object, key: string): void {
  const own = getOwn(object, key);
  if (own === undefined) return;
  if (own.configurable === true) {
    Reflect.deleteProperty(object, key);
  } else if (own.writable === true) {
    defineProperty(object, key, { value: undefined, writable: false });
  }
}

function define(name: string, value: unknown): void {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Throws whenever it is called or constructed. */
function muteFunction(name: string): object {
  // `new.target` keeps the minifier from making an arrow function of it, which nobody could construct or extend.
  const mute = function (): never {
    const called = new.target === undefined ? name : 'new ' + name;
    throw new EvalErrorCtor(called + ': policy.blockedFunctions lets no code be made of text');
  };
  defineProperty(mute, 'name', { value: name });
  defineProperty(mute, 'length', { value: 1 });
  return mute;
}

const muted: Map<string, object> = new Map();

/**
 * Puts a constructor that only throws where a function's prototype leads to the real one, and hands it over. Much code asks
 * whether a value is an `instanceof Function` without ever making a function of text; nothing leads to the real one any more.
 */
function muteConstructor(name: string, example: () => unknown): object {
  const made = muted.get(name);
  if (made !== undefined) return made;
  const prototype = getPrototypeOf(example() as object) as object;
  const mute = muteFunction(name);
  defineProperty(mute, 'prototype', { value: prototype, writable: false });
  // As the standard has them: Function's can be written, the relatives' cannot.
  defineProperty(prototype, 'constructor', {
    value: mute,
    writable: name === 'Function',
    configurable: true,
  });
  muted.set(name, mute);
  return mute;
}

/** Removes what a dotted path names; a path that leads nowhere has nothing to remove. */
function block(path: string): void {
  if (path === 'eval') {
    define(path, muteFunction(path));
    return;
  }
  const compiler = COMPILERS[path];
  if (compiler !== undefined) {
    const mute = muteConstructor(path, compiler);
    if (path !== 'Function') return;
    define(path, mute);
    // The relatives inherit from Function itself: whoever has one of them has it.
    for (const name of Object.keys(COMPILERS)) {
      if (name !== path) setPrototypeOf(muteConstructor(name, COMPILERS[name] as () => unknown), mute);
    }
    return;
  }
  const names = path.split('.');
  const last = names.pop() as string;
  let owner: unknown = globalThis;
  for (const name of names) {
    const own =
      (typeof owner === 'object' || typeof owner === 'function') && owner !== null
        ? getOwn(owner, name)
        : undefined;
    owner = own?.value;
  }
  if ((typeof owner === 'object' || typeof owner === 'function') && owner !== null) hide(owner, last);
}

export function prepareRealm({ env, blocked }: Setup): object {
  const frozen = freeze(Object.assign(Object.create(null) as Record<string, string>, env));
  defineProperty(globalThis, 'env', {
    value: frozen,
    writable: false,
    // A script may declare a variable of that name.
    configurable: true,
    enumerable: false,
  });
  for (const path of blocked) block(path);
  return freeze({ env: frozen });
}
