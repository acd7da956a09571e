/** Ends a call with an error number of WASI; caught where the call came in, and never seen by anyone else. */
export class Errno {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}
