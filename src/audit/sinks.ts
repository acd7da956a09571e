/** Sinks that need nothing of a platform. */
import type { AuditSink } from './log.ts';
import type { AuditRecord } from './record.ts';

/** Keeps the newest records. @param max at most so many; older ones are dropped. Default 10,000 */
export function memorySink(max: number = 10_000): AuditSink & { readonly records: readonly AuditRecord[] } {
  const records: AuditRecord[] = [];
  return {
    records,
    last: async () => records.at(-1) ?? null,
    write(more) {
      records.push(...more);
      if (records.length > max) records.splice(0, records.length - max);
    },
  };
}

/** One JSON line for each record. @param print default `console.log` */
export function consoleSink(print: (line: string) => void = line => console.log(line)): AuditSink {
  return {
    write(records) {
      for (const record of records) print(JSON.stringify(record));
    },
  };
}
