/** Numbers of the operations behind the one host function; shared by the guest's side and the cell's. */
export const HOST_OP = {
  log: 0,
  now: 1,
  random: 2,
  urlParse: 3,
  urlSet: 4,
  utf8Encode: 5,
  utf8Decode: 6,
  netFetch: 7,
  netRead: 8,
  netCancel: 9,
  call: 10,
  callSync: 11,
  callTake: 12,
  privateFields: 13,
} as const;

/** In the order of their numbers: see `NetAnswer`. */
export const NET_ANSWERS: readonly ['response', 'denied', 'failed', 'data', 'end', 'error'] = [
  'response', 'denied', 'failed', 'data', 'end', 'error',
]; // biome-ignore format: a list

/** Kinds of what a call is answered with; beyond those of the network. */
export const CALL_ANSWER = { value: 6, tagged: 7, fault: 8, items: 9 } as const;
/** `call` and `callSync` answer these where there is no number or kind: what was given does not cross as it is, no thread can wait. */
export const CALL_UNENCODED = -1;
export const CALL_UNABLE = -2;
