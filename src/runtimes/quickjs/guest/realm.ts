/** Settings of a job, applied to a realm no guest code has touched. */
import { defineProperty, freeze, getOwn, getPrototypeOf } from './platform/primordials.ts';

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

/** Removes what a dotted path names; a path that leads nowhere has nothing to remove. */
function block(path: string): void {
  // The relatives inherit from Function itself: whoever has one of them has it.
  if (path === 'Function') {
    block('AsyncFunction');
    block('GeneratorFunction');
    block('AsyncGeneratorFunction');
  }
  const compiler = COMPILERS[path];
  if (compiler !== undefined) {
    // The constructor is reached through every function's prototype, wherever its name went.
    const prototype = getPrototypeOf(compiler() as object) as object;
    defineProperty(prototype, 'constructor', { value: undefined, writable: false, configurable: false });
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
