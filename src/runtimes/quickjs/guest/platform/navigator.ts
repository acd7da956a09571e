import { global, TypeErrorCtor } from './primordials.ts';
import { only, Singleton } from './singleton.ts';
import { expose, hidden } from './webidl.ts';

const KEY = {};

class Navigator extends Singleton {
  readonly #brand = true;

  constructor(key?: unknown) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    super();
  }

  get userAgent(): string {
    this.#brand;
    return 'Citadel';
  }
}

export function installNavigator(): void {
  expose('Navigator', Navigator);
  hidden(global, 'navigator', only(Navigator, KEY));
}
