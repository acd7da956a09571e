/** What editors and type checkers know of host functions: written from their schemas. */
import { type Declared, declareFunctions } from '../host/functions/registry.ts';
import type { HostFunctions } from '../host/functions/types.ts';
import type { Signature } from './signatures.ts';
import { pythonStubs } from './types-python.ts';
import { typescriptDeclarations } from './types-typescript.ts';

const signatureOf = ({ name, description, declared, input, output }: Declared): Signature => ({
  name,
  description,
  input: declared ? input : null,
  output,
});

/**
 * Files by path: `host.d.ts` for TypeScript, and the stubs of the Python package `host`. A Standard Schema says nothing of its
 * type, so what it describes is `unknown` there.
 * @throws SandboxError INVALID_ARGUMENT, as createSandbox does
 */
export function functionTypes(functions: HostFunctions): Readonly<Record<string, string>> {
  return typesOf(declareFunctions(functions, 'functions').list.map(signatureOf));
}

export function typesOf(signatures: readonly Signature[]): Readonly<Record<string, string>> {
  return { 'host.d.ts': typescriptDeclarations(signatures), ...pythonStubs(signatures) };
}
