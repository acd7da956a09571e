/** Values on the wire between host and cell; the format is in value-format.ts. */
export { ProtocolError } from './error.ts';
export { decodeInput, decodeValue } from './value-decode.ts';
export { encodeValue } from './value-encode.ts';
export type { ValueCaps } from './value-format.ts';
