/** Whether a log is whole. */
import { type AuditRecord, FIRST, recordHash } from './record.ts';

export type AuditVerdict =
  | { readonly ok: true; readonly records: number; readonly head: string }
  /** `at` is the number of the first line that is wrong, from 1. */
  | { readonly ok: false; readonly at: number; readonly problem: string };

/**
 * Checks a log from its first record to its last.
 * @param lines JSON, one record each; empty lines are an error like any other
 * @param head what the last record's hash should be: without it, records missing at the end cannot be noticed
 */
export async function verifyAudit(
  lines: AsyncIterable<string> | Iterable<string>,
  head?: string,
): Promise<AuditVerdict> {
  let prev = FIRST;
  let seq = 0;
  for await (const line of lines) {
    seq++;
    const wrong = (problem: string): AuditVerdict => ({ ok: false, at: seq, problem });
    let record: AuditRecord;
    try {
      record = JSON.parse(line) as AuditRecord;
    } catch {
      return wrong('it is not JSON');
    }
    if (typeof record !== 'object' || record === null) return wrong('it is no record');
    if (record.seq !== seq)
      return wrong(`it has the number ${String(record.seq).slice(0, 20)} instead of ${seq}`);
    if (record.prev !== prev) return wrong('it does not follow the record before it');
    if (record.hash !== recordHash(record)) return wrong('it was changed');
    // Nothing may stand beside what the hash covers.
    const { at, kind, facts, hash } = record;
    if (line !== JSON.stringify({ seq, at, kind, facts, prev, hash }))
      return wrong('it is not written as it was');
    prev = record.hash;
  }
  if (head !== undefined && head !== prev)
    return { ok: false, at: seq + 1, problem: 'records are missing at its end' };
  return { ok: true, records: seq, head: prev };
}
