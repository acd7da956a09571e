/** The audit log in a file: a JSON line for each record. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { AuditRecord, AuditSink } from '../../audit/index.ts';

/** A record is far shorter; the last line is looked for in so much. */
const TAIL_BYTES = 1024 * 1024;

/**
 * Appends to a file. A line that a crash cut short is removed before the log goes on.
 * @param sync true waits for the disk after each batch. Default false
 */
export async function fileSink(path: string, sync: boolean = false): Promise<AuditSink> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  const last = await lastRecord(file);
  return {
    last: async () => last,
    async write(records) {
      await file.appendFile(records.map(record => `${JSON.stringify(record)}\n`).join(''));
      if (sync) await file.datasync();
    },
    close: () => file.close(),
  };
}

async function lastRecord(file: FileHandle): Promise<AuditRecord | null> {
  const { size } = await file.stat();
  if (size === 0) return null;
  const start = Math.max(0, size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const tail = buffer.subarray(0, bytesRead);
  const end = tail.lastIndexOf(10);
  if (end < 0) {
    if (start > 0) throw new Error('the last line of the audit log is too long');
    await file.truncate(0);
    return null;
  }
  if (end + 1 < tail.length) await file.truncate(start + end + 1);
  const line = tail.subarray(tail.lastIndexOf(10, end - 1) + 1, end).toString('utf8');
  return JSON.parse(line) as AuditRecord;
}
