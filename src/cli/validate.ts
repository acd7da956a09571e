/** `citadel validate`. */
import { ERROR_TABLE } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { validate } from '../validate/index.ts';
import { onlyFile, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readCode } from './files.ts';
import { VALIDATE_HELP } from './help.ts';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { kindOf, POLICY_OPTIONS, readSettings } from './settings.ts';

export async function validateCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, POLICY_OPTIONS);
  if (args.has('help')) {
    output.out(VALIDATE_HELP);
    return 0;
  }
  const file = onlyFile(args, 'validate');
  const language = kindOf(file, args);
  if (language === 'wasm') throw usage(`validate reads scripts; write citadel inspect ${display(file)}`);
  if (language === 'python')
    throw usage('validate reads JavaScript and TypeScript so far; run the program instead');
  const { policy } = await readSettings(args);
  const report = validate({ runtime: 'javascript', language, code: await readCode(file), policy });
  if (args.has('json')) {
    output.out(`${toJson(report, 2)}\n`);
  } else {
    for (const { line, column, severity, message, rule } of report.problems) {
      output.out(`${display(file)}:${line}:${column}: ${severity}: ${cleanLine(message, 1024)} [${rule}]\n`);
    }
    if (report.truncated) output.note('there are more problems; correct these first');
  }
  return report.valid ? 0 : ERROR_TABLE.GUEST_SYNTAX.exitCode;
}
