/** In which words a value is refused. */
import { ProtocolError } from './error.ts';

export const malformed = (what: string): ProtocolError => new ProtocolError(`malformed value: ${what}`);
export const unsupported = (what: string): ProtocolError =>
  new ProtocolError(`the value contains ${what}`, 'unsupported');
export const costsTooMuch = (most: number): ProtocolError =>
  new ProtocolError(`the value takes more than ${most} bytes of memory outside of the plugin`, 'too-large');
export const takesTooLong = (most: number): ProtocolError =>
  new ProtocolError(
    `the value has more parts than can be read in ${Math.round(most / 1e6)} ms, as estimated; return them as text or bytes`,
    'too-large',
  );
export const unfoldsTooFar = (most: number): ProtocolError =>
  new ProtocolError(
    `the value unfolds to more than ${most} bytes: what is shared counts wherever it stands, and so do keys`,
    'too-large',
  );
