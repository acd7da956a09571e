/**
 * A peer said something a healthy one never says (`malformed`), something the engine can write down but {@link Value} has no
 * place for (`unsupported`), or something that would cost its reader too much (`too-large`). The first means the cell is broken
 * or hostile; the others are a guest that returned, say, a cycle, or a hundred thousand references to one long text: its run
 * fails, its cell is fine.
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly reason: 'malformed' | 'unsupported' | 'too-large';

  constructor(message: string, reason: ProtocolError['reason'] = 'malformed') {
    super(message);
    this.reason = reason;
  }
}
