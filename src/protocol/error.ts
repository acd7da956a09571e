/**
 * A peer said something a healthy one never says, or (`unsupported`) something the engine can write down but
 * {@link Value} has no place for. The first means the cell is broken or hostile; the second is a guest that
 * returned, say, a cycle or a RegExp: its run fails, its cell is fine.
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly reason: 'malformed' | 'unsupported';

  constructor(message: string, reason: 'malformed' | 'unsupported' = 'malformed') {
    super(message);
    this.reason = reason;
  }
}
