/** Numbers of the operations behind the one host function; shared by the guest's side and the cell's. */
export const HOST_OP = {
  log: 0,
  now: 1,
  random: 2,
  urlParse: 3,
  urlSet: 4,
  utf8Encode: 5,
  utf8Decode: 6,
  deny: 7,
} as const;
