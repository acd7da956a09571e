/**
 * The wire form of a value: `u8 mode`, then binary JSON as QuickJS 2025-09-13 reads and writes it:
 *
 *   u8 version, leb128 n, atom[n] (strings), value
 *   string := leb128 (length << 1 | wide), then length bytes (Latin-1) or length UTF-16LE units
 *   key    := leb128 (integer << 1 | 1), or leb128 ((atom index + 1) << 1)
 *
 * In mode 1, used only when a Map or Set occurs anywhere, every container is wrapped so that decoding is
 * unambiguous: arrays are ['A', ...items], plain objects ['O', [key, value, ...]], Maps ['M', [key, value, ...]]
 * and Sets ['S', [...items]]; everything else stays as it is.
 */
export const MODE_PLAIN = 0;
export const MODE_TAGGED = 1;
/** BC_VERSION of the engine. */
export const FORMAT_VERSION = 5;

export const TAG_NULL = 1;
export const TAG_UNDEFINED = 2;
export const TAG_FALSE = 3;
export const TAG_TRUE = 4;
/** Zigzag leb128. */
export const TAG_INT = 5;
export const TAG_FLOAT = 6;
export const TAG_STRING = 7;
export const TAG_OBJECT = 8;
export const TAG_ARRAY = 9;
/** leb128 byte count, two's complement, little-endian; 0 bytes is 0n. */
export const TAG_BIGINT = 10;
/** u8 kind, leb128 length, leb128 offset, then the buffer as a value. */
export const TAG_TYPED_ARRAY = 14;
/** leb128 length, leb128 maximum (2³²−1: not resizable), bytes. */
export const TAG_BUFFER = 15;
export const TAG_REGEXP = 16;
/** The time as a number value. */
export const TAG_DATE = 17;
/** A boxed primitive. */
export const TAG_BOXED = 18;
/** leb128 index of a container met before, in the order their tags were met. */
export const TAG_REFERENCE = 19;
/** Not on any wire: a Map or Set in the encoder's own notes, before they are rewritten in mode 1. */
export const TAG_NOTE_MAP = 64;
export const TAG_NOTE_SET = 65;

/** Typed array kind of Uint8Array. */
export const KIND_UINT8 = 2;

/** Containers inside containers. The engine's own readers and writers recurse, and so do most consumers. */
export const MAX_DEPTH = 500;
/** Objects, arrays, Maps, Sets, Dates and byte arrays in one value: two bytes on the wire cost ~100 in memory. */
export const MAX_CONTAINERS = 2_000_000;
/** The engine's largest BigInt: 1,048,576 bits. */
export const MAX_BIGINT_BYTES = 131_072;
/** A lone `undefined` crosses whatever the byte cap: a limit of 0 bytes means "no value", not "no run". */
export const MIN_VALUE_BYTES = 4;

export interface ValueCaps {
  /** Largest encoded size, mode byte included. */
  readonly bytes: number;
}
