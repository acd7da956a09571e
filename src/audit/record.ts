/** One decision in the audit log, and what ties it to the one before. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export type AuditKind = 'install' | 'upgrade' | 'uninstall' | 'grant' | 'denial' | 'run' | 'egress' | 'call';

/** What is said of a decision: short plain values, by name. Inputs, results and secrets have no place here. */
export type AuditFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface AuditRecord {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO time. */
  readonly at: string;
  readonly kind: AuditKind;
  readonly facts: AuditFacts;
  /** Hash of the record before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 of the record without this field, as it is written: a JSON line in this order of fields. */
  readonly hash: string;
}

export const FIRST: string = '0'.repeat(64);

export function recordHash({ seq, at, kind, facts, prev }: Omit<AuditRecord, 'hash'>): string {
  return bytesToHex(sha256(new TextEncoder().encode(JSON.stringify([seq, at, kind, facts, prev]))));
}
