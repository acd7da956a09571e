/** Templates of an HTTP node, as pieces. */
import type { Value } from '../../core/value.ts';
import type { Piece } from '../../tools/fill.ts';
import type { Call } from '../kind.ts';
import type { Services } from '../services.ts';

export type { Piece } from '../../tools/fill.ts';

/** What templates see, and the end of their work. */
export interface Scene {
  readonly view: Readonly<Record<string, unknown>>;
  readonly item: Value;
  readonly call: Pick<Call, 'signal'>;
}

export interface Fill {
  /** @throws SandboxError NODE_FAILED */
  pieces(scene: Scene): Promise<readonly Piece[]>;
}

/** What to fill templates in with. */
export type Filler = (source: string) => Fill;

const digits = (): string => crypto.getRandomValues(new Uint32Array(4)).join('');

export const fillerOf =
  ({ tools, limits }: Services): Filler =>
  source => {
    const pieces: readonly Piece[] = source === '' ? [] : [{ kind: 'text', text: source }];
    if (!source.includes('{')) return { pieces: async () => pieces };
    const tool = tools.open('fill', { text: source, chars: limits.templateChars });
    return {
      pieces: async ({ view, call }) =>
        (await tool(
          { view: view as Value, mark: digits() },
          { signal: call.signal },
        )) as unknown as readonly Piece[],
    };
  };
