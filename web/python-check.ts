/** Checks of Python programs: Python itself reads them, in a cell of the sandbox that would run them. */
import { type Sandbox, SandboxError, type ValidationReport } from '../src/index.ts';
import type { Diagnosis, Program, Rules } from './protocol.ts';

const NOTHING: ValidationReport = { valid: true, form: null, problems: [], truncated: false };

/** A report for a program that could not be read. */
function unread(error: SandboxError): ValidationReport {
  const message = `the program could not be checked: ${error.message}`;
  const problem = {
    rule: 'syntax',
    severity: 'error',
    message,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
  } as const;
  return { ...NOTHING, valid: false, problems: [problem] };
}

async function read(sandbox: Sandbox, code: string): Promise<ValidationReport> {
  try {
    return await sandbox.validate({ runtime: 'python', code });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    // The rules have changed since, and with them the sandbox: a newer check is on its way.
    return error.code === 'CANCELLED' || error.code === 'CLOSED' ? NOTHING : unread(error);
  }
}

/** @param sandboxFor throws for rules that are wrong */
export function createPythonCheck(
  sandboxFor: (rules: Rules) => Promise<Sandbox>,
): (program: Program) => Promise<Diagnosis> {
  return async ({ code, policy, modules }) => {
    let sandbox: Sandbox;
    try {
      sandbox = await sandboxFor({ policy, modules });
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      // Without a policy nothing is known of what it grants: only the syntax is told.
      const { problems, ...rest } = await read(await sandboxFor({ policy: '{}', modules: {} }), code);
      const syntax = problems.filter(problem => problem.rule === 'syntax');
      const validation = { ...rest, problems: syntax, valid: syntax.length === 0 };
      return { validation, policyError: error.toJSON() };
    }
    return { validation: await read(sandbox, code), policyError: null };
  };
}
