import { domException } from './dom-exception.ts';
import {
  Bytes,
  global,
  indexOf,
  NumberToString,
  TypeErrorCtor,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
  typedArraySet,
} from './primordials.ts';
import { only, Singleton } from './singleton.ts';
import { expose, hidden, host, need } from './webidl.ts';

const QUOTA = 65_536;
const KEY = {};
const INTEGER_ARRAYS =
  ' Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array ';

class Crypto extends Singleton {
  readonly #brand = true;

  constructor(key?: unknown) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    super();
  }

  getRandomValues(array: unknown): unknown {
    this.#brand;
    need(arguments.length, 1, 'Crypto.getRandomValues');
    const name = typedArrayName(array);
    if (name === undefined || indexOf(INTEGER_ARRAYS, ' ' + name + ' ') < 0) {
      throw domException(
        'TypeMismatchError',
        'getRandomValues: the argument must be a typed array of integers',
      );
    }
    const length = typedArrayByteLength(array);
    if (length > QUOTA) {
      throw domException(
        'QuotaExceededError',
        'getRandomValues: ' + length + ' bytes asked for, at most ' + QUOTA + ' at once',
      );
    }
    const bytes = new Bytes(typedArrayBuffer(array), typedArrayByteOffset(array), length);
    typedArraySet(bytes, new Bytes(host.random(length)));
    return array;
  }

  randomUUID(): string {
    this.#brand;
    const bytes = new Bytes(host.random(16));
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    let text = '';
    for (let i = 0; i < 16; i++) {
      const byte = bytes[i] as number;
      text +=
        (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') +
        (byte < 16 ? '0' : '') +
        NumberToString(byte, 16);
    }
    return text;
  }
}

export function installCrypto(): void {
  expose('Crypto', Crypto);
  hidden(global, 'crypto', only(Crypto, KEY));
}
