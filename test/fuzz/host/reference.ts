/** How fast this thread is just now, against the machine on which the bounds were chosen: others may have its core's other half. */

const TEXT: string = JSON.stringify(
  Array.from({ length: 4_000 }, (_, i) => ({ id: i, name: `n${i}`, tags: ['a', 'b'], at: i / 3 })),
);
/** CPU of one round there, idle: Node.js 26.10, two cores of a server. */
const NOMINAL_MS = 1.4;
/** The clock of a thread's CPU counts in steps of some milliseconds. */
const PARSES = 20;
const ROUNDS = 3;

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** 1 on that machine when it is idle, 2 where everything takes twice the CPU; never less than 1. */
export function slowness(): number {
  let least = Number.POSITIVE_INFINITY;
  let kept = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const before = cpuMs();
    for (let n = 0; n < PARSES; n++) kept += (JSON.parse(TEXT) as readonly unknown[]).length;
    least = Math.min(least, (cpuMs() - before) / PARSES);
  }
  return kept === 0 ? 1 : Math.max(1, least / NOMINAL_MS);
}
