/** A grant and a change of one, line by line, for people. */
import { cleanLine } from '../../core/text.ts';
import type { Grant, PermissionDiff } from './types.ts';

const quote = (text: string): string =>
  text === '' ? '' : `; the author says: ${JSON.stringify(cleanLine(text, 200))}`;

export function explainGrant({ plugin, version, lines, policy }: Grant): readonly string[] {
  const shown = lines.map(({ verdict, kind, subject, given, why, reason }) => {
    const what = verdict === 'partly' ? `${subject}, as ${given}` : subject;
    return cleanLine(`${verdict} ${kind} ${what} — ${why}${quote(reason)}`, 1000);
  });
  const { timeoutMs, memoryBytes } = policy.limits ?? {};
  return [
    `${plugin} ${version}`,
    ...(shown.length === 0 ? ['asks for nothing'] : shown),
    `runs for at most ${timeoutMs} ms in at most ${memoryBytes} bytes`,
  ];
}

export function explainDiff({ widened, dropped }: PermissionDiff): readonly string[] {
  return [
    ...widened.map(({ kind, subject, reason }) => cleanLine(`new ${kind} ${subject}${quote(reason)}`, 1000)),
    ...dropped.map(({ kind, subject }) => cleanLine(`no longer ${kind} ${subject}`, 1000)),
  ];
}
