/** stdout and stderr that outlive their reader: `citadel run … | head -1` ends quietly. */
import { ERROR_TABLE } from '../core/errors.ts';
import { cleanLine, cleanText } from '../core/text.ts';

export interface Output {
  out(text: string): void;
  /** One line `citadel: …` on stderr. */
  note(message: string): void;
  /** Lines on stderr as they are, already fit for a terminal. */
  err(text: string): void;
}

export function openOutput(): Output {
  const gone = new Set<NodeJS.WriteStream>();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      gone.add(stream);
      // A full disk is not a reader that left: say it where it can still be said.
      if (error.code !== 'EPIPE' && stream === process.stdout) {
        process.exitCode = ERROR_TABLE.INTERNAL.exitCode;
        process.stderr.write(`citadel: could not write to stdout (${error.code}); check where it goes\n`);
      }
    });
  }
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (!gone.has(stream)) stream.write(text);
  };
  return {
    out: text => write(process.stdout, text),
    note: message => write(process.stderr, `citadel: ${cleanLine(message, 4096)}\n`),
    err: text => write(process.stderr, text),
  };
}

/** Guest text in lines of its own: what follows the first is indented, so that no line of it passes for another's. */
export function block(prefix: string, text: string): string {
  const lines = cleanText(text, 16_384).split('\n');
  return `${prefix}${lines.join(`\n${' '.repeat(prefix.length)}`)}\n`;
}
