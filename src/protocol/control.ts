/**
 * The control area: a SharedArrayBuffer the cell allocates and the host maps (Node.js; in a browser only what a
 * cross-origin isolated page allows). The host uses it to stop a guest that never returns to its event loop, and
 * to read logs of a guest that is busy. The cell can write all of it, so the host believes nothing in it: the
 * watchdog's deadline and termination do not depend on it.
 */
export const CONTROL_BYTES: number = 64 * 1024;

/** Index into the Int32Array over the area: id of the run that shall stop; 0 means none. Written by the host. */
export const CONTROL_STOP = 0;
/** Why: one of the STOP_ reasons. Written by the host before CONTROL_STOP. */
export const CONTROL_REASON = 1;
/** Bytes of log frames at CONTROL_LOG_OFFSET; the cell sets it from 0 and notifies, the host copies and sets 0. */
export const CONTROL_LOG_LENGTH = 2;
/** Byte offset of the log window. */
export const CONTROL_LOG_OFFSET = 64;

export const STOP_CANCEL = 1;
export const STOP_TIMEOUT = 2;
