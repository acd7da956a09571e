/**
 * Cell → host frames: little-endian binary, several may follow each other in one message.
 *
 *   frame     := u8 type, u32 id, u32 length, payload[length]
 *   READY     := (empty)
 *   PONG      := (empty)
 *   WITHDRAWN := (empty)
 *   LOADED    := (empty)               a module was taken, or found wanting: its runs will say so
 *   LOG       := record*           while a run goes on
 *   DONE      := u8 outcome, f64 guestMs, f64 cpuMs, f64 fuel, f64 memoryBytes (NaN: not measured),
 *                u32 droppedLogs, u32 droppedDenials, u32 line, u32 column (0: none),
 *                text name, text message, text stack, u32 n, denial[n], bytes value, bytes files, bytes records,
 *                and where there is more to say of what was thrown: bytes detail
 *   record    := u8 level, f64 atMs, text
 *   denial    := u8 kind, text subject
 *   FAILED    := text              the shell could not start the engine, or lost it
 *   NET       := u8 op, u8 way, u32 request, then of the op (protocol/net.ts)
 *                fetch: u8 redirect, text url, text method, u32 n, (text name, text value)[n], u8 hasBody, bytes body
 *                read: u32 mostBytes      cancel: (empty)      call: u32 index, bytes arguments
 *   text      := u32 byteLength, UTF-8      bytes := u32 byteLength, raw
 */
export const FRAME_READY = 1;
export const FRAME_PONG = 2;
export const FRAME_WITHDRAWN = 3;
export const FRAME_LOG = 4;
export const FRAME_DONE = 5;
export const FRAME_FAILED = 6;
export const FRAME_LOADED = 7;
export const FRAME_NET = 8;

/** DONE outcomes. A closed list: anything else is a protocol violation. */
export type Outcome =
  | 'ok'
  | 'GUEST_ERROR'
  | 'GUEST_SYNTAX'
  | 'NEVER_SETTLES'
  | 'OUTPUT_UNSUPPORTED'
  | 'STACK_OVERFLOW'
  | 'TIMEOUT'
  | 'FUEL_EXHAUSTED'
  | 'MEMORY_LIMIT'
  | 'OUTPUT_TOO_LARGE'
  | 'MODULE_DENIED'
  | 'POLICY_DENIED'
  | 'CANCELLED'
  | 'CELL_CRASHED'
  | 'WASM_INVALID'
  | 'IMPORT_DENIED'
  | 'ENTRY_NOT_FOUND'
  | 'INPUT_UNSUPPORTED';

export const OUTCOMES: readonly Outcome[] = [
  'ok',
  'GUEST_ERROR',
  'GUEST_SYNTAX',
  'NEVER_SETTLES',
  'OUTPUT_UNSUPPORTED',
  'STACK_OVERFLOW',
  'TIMEOUT',
  'FUEL_EXHAUSTED',
  'MEMORY_LIMIT',
  'OUTPUT_TOO_LARGE',
  'MODULE_DENIED',
  'POLICY_DENIED',
  'CANCELLED',
  'CELL_CRASHED',
  'WASM_INVALID',
  'IMPORT_DENIED',
  'ENTRY_NOT_FOUND',
  'INPUT_UNSUPPORTED',
];

export const LOG_LEVELS: readonly ['debug', 'log', 'info', 'warn', 'error'] = [
  'debug',
  'log',
  'info',
  'warn',
  'error',
];
export const DENIAL_KINDS: readonly ['network', 'module'] = ['network', 'module'];

/** Caps the parser enforces whatever a frame says, in UTF-8 bytes or entries. */
export const FRAME_CAPS: Readonly<
  Record<'name' | 'message' | 'stack' | 'detail' | 'denials' | 'subject', number>
> = Object.freeze({
  name: 1024,
  message: 16 * 1024,
  stack: 32 * 1024,
  detail: 64 * 1024,
  denials: 100,
  subject: 1024,
});
