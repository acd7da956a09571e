import { ErrorCtor, indexOf, parseIntOf, slice } from './primordials.ts';
import { constants, expose, toStr } from './webidl.ts';

const CONSTANTS: readonly string[] = [
  'INDEX_SIZE_ERR', 'DOMSTRING_SIZE_ERR', 'HIERARCHY_REQUEST_ERR', 'WRONG_DOCUMENT_ERR', 'INVALID_CHARACTER_ERR',
  'NO_DATA_ALLOWED_ERR', 'NO_MODIFICATION_ALLOWED_ERR', 'NOT_FOUND_ERR', 'NOT_SUPPORTED_ERR', 'INUSE_ATTRIBUTE_ERR',
  'INVALID_STATE_ERR', 'SYNTAX_ERR', 'INVALID_MODIFICATION_ERR', 'NAMESPACE_ERR', 'INVALID_ACCESS_ERR',
  'VALIDATION_ERR', 'TYPE_MISMATCH_ERR', 'SECURITY_ERR', 'NETWORK_ERR', 'ABORT_ERR', 'URL_MISMATCH_ERR',
  'QUOTA_EXCEEDED_ERR', 'TIMEOUT_ERR', 'INVALID_NODE_TYPE_ERR', 'DATA_CLONE_ERR',
]; // biome-ignore format: a table

/** Names that still have a code: one string takes a tenth of the heap an object would. */
const CODES =
  ' IndexSizeError:1 HierarchyRequestError:3 WrongDocumentError:4 InvalidCharacterError:5 NoModificationAllowedError:7' +
  ' NotFoundError:8 NotSupportedError:9 InUseAttributeError:10 InvalidStateError:11 SyntaxError:12' +
  ' InvalidModificationError:13 NamespaceError:14 InvalidAccessError:15 TypeMismatchError:17 SecurityError:18' +
  ' NetworkError:19 AbortError:20 URLMismatchError:21 QuotaExceededError:22 TimeoutError:23' +
  ' InvalidNodeTypeError:24 DataCloneError:25';

function codeOf(name: string): number {
  const at = indexOf(name, ':') < 0 ? indexOf(CODES, ' ' + name + ':') : -1;
  return at < 0 ? 0 : parseIntOf(slice(CODES, at + name.length + 2));
}

interface Parts {
  readonly name: string;
  readonly message: string;
  readonly code: number;
}

class DOMException extends ErrorCtor {
  readonly #message: string;
  readonly #name: string;

  constructor(message: unknown = '', name: unknown = 'Error') {
    super();
    this.#message = toStr(message);
    this.#name = toStr(name);
  }

  override get name(): string {
    return this.#name;
  }

  override get message(): string {
    return this.#message;
  }

  get code(): number {
    return codeOf(this.#name);
  }

  static parts(value: object): Parts | undefined {
    return #name in value
      ? { name: value.#name, message: value.#message, code: codeOf(value.#name) }
      : undefined;
  }
}

/** Name, message and code of a DOMException, undefined for anything else. */
export const domExceptionParts: (value: object) => Parts | undefined = DOMException.parts;

export function domException(name: string, message: string): Error {
  return new DOMException(message, name);
}

export function installDomException(): void {
  // Not for guests.
  delete (DOMException as Partial<typeof DOMException>).parts;
  expose('DOMException', DOMException);
  constants(DOMException, CONSTANTS, 1);
}
