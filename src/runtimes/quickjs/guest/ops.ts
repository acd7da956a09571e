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
  privateFields: 10,
} as const;

/** In the order of their numbers: see `NetAnswer`. */
export const NET_ANSWERS: readonly ['response', 'denied', 'failed', 'data', 'end', 'error'] = [
  'response', 'denied', 'failed', 'data', 'end', 'error',
]; // biome-ignore format: a list
