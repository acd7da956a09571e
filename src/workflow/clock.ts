/** Timers that may wait longer than the platform's, which take 31 bits of milliseconds. */
const LONGEST_MS = 0x7fff_ffff;

/** Calls once, after so many milliseconds. Returns what keeps it from doing so. */
export function setTimer(ms: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(
      () => (left > LONGEST_MS ? wait(left - LONGEST_MS) : call()),
      Math.min(left, LONGEST_MS),
    );
  };
  wait(Math.max(0, ms));
  return () => clearTimeout(timer);
}
