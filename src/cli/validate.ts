/** `citadel validate`. */
import { basename } from 'node:path';
import { ERROR_TABLE } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { type CheckOptions, createSandbox, type PluginSecurityPolicy } from '../index.ts';
import { type ValidationReport, validate } from '../validate/index.ts';
import { type OptionTable, onlyFile, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readCode } from './files.ts';
import { VALIDATE_HELP } from './help.ts';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { PACKAGE_OPTION, readPackages } from './packages.ts';
import { kindOf, POLICY_OPTIONS, readSettings } from './settings.ts';

const OPTIONS: OptionTable = { ...POLICY_OPTIONS, package: PACKAGE_OPTION };

export async function validateCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(VALIDATE_HELP);
    return 0;
  }
  const file = onlyFile(args, 'validate');
  const language = kindOf(file, args);
  if (language === 'wasm') throw usage(`validate reads scripts; write citadel inspect ${display(file)}`);
  if (language !== 'python' && args.has('package'))
    throw usage('--package is for Python; name a .py file, or add --ext py');
  const { policy } = await readSettings(args);
  const code = await readCode(file);
  const report =
    language === 'python'
      ? await validatePython(policy, {
          runtime: 'python',
          code,
          packages: await readPackages(args, output),
          ...(file === '-' ? {} : { fileName: cleanLine(basename(file), 256) }),
        })
      : validate({ runtime: 'javascript', language, code, policy });
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

async function validatePython(
  policy: PluginSecurityPolicy,
  options: CheckOptions,
): Promise<ValidationReport> {
  const sandbox = createSandbox({ policy });
  try {
    return await sandbox.validate(options);
  } finally {
    await sandbox.close();
  }
}
