/** What a host function throws to tell its guest something. */

/**
 * The only exception of a host function whose name and message reach the guest: at most 256 and 4,096 characters, without
 * control characters. Everything else that a host function throws is "failed" there.
 */
export class HostFunctionError extends Error {
  override readonly name: string;

  /** @param options.name what the guest finds as the error's name, such as `NotFound`. Default `HostFunctionError` */
  constructor(message: string, options: { readonly name?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = options.name ?? 'HostFunctionError';
  }
}
