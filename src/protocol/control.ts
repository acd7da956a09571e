/**
 * The control area: a SharedArrayBuffer the cell allocates and the host maps (Node.js; in a browser only what a
 * cross-origin isolated page allows). The host uses it to stop a guest that never returns to its event loop, and
 * to read logs of a guest that is busy. The cell can write all of it, so the host believes nothing in it: the
 * watchdog's deadline and termination do not depend on it.
 */
export const CONTROL_BYTES: number = 320 * 1024;

/** Index into the Int32Array over the area: id of the run that shall stop; 0 means none. Written by the host. */
export const CONTROL_STOP = 0;
/** Why: one of the STOP_ reasons. Written by the host before CONTROL_STOP. */
export const CONTROL_REASON = 1;
/**
 * Bytes of frames at CONTROL_OUT_OFFSET; the cell sets it from 0 and notifies, the host copies and sets 0. Negative when
 * the message goes on in the next window.
 */
export const CONTROL_OUT_LENGTH = 2;
/**
 * Bytes of a network reply at CONTROL_REPLY_OFFSET; the host sets it from 0 and notifies, the cell copies and sets 0.
 * Negative when the reply goes on in the next window.
 */
export const CONTROL_REPLY_LENGTH = 3;
/** Id of the run the reply is for. Written by the host before CONTROL_REPLY_LENGTH. */
export const CONTROL_REPLY_RUN = 4;
/**
 * Id of the run that the cell has begun, and before it when: the lower 32 bits of `Date.now()`. Written by the cell; from its start
 * NONE_BEGUN, which says that it will.
 */
export const NONE_BEGUN = -1;
export const CONTROL_BEGUN = 5;
export const CONTROL_BEGUN_AT = 6;
/** Byte offset and size of the window for frames of a cell whose guest keeps the thread: logs, and requests. */
export const CONTROL_OUT_OFFSET = 64;
export const CONTROL_OUT_BYTES: number = 64 * 1024 - CONTROL_OUT_OFFSET;
/** Byte offset and size of the window for replies to such a guest. */
export const CONTROL_REPLY_OFFSET: number = 64 * 1024;
export const CONTROL_REPLY_BYTES: number = CONTROL_BYTES - CONTROL_REPLY_OFFSET;

export const STOP_CANCEL = 1;
export const STOP_TIMEOUT = 2;
