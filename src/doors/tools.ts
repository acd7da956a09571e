/** Tools of an agent, as MCP and AI libraries describe them, as host functions. */
import { SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import type { CallContext, FunctionSchema, HostFunction, HostFunctions } from '../host/functions/types.ts';

export interface Tool {
  /** Characters that no name of a host function has become `_`: `get-weather` is `get_weather`. */
  readonly name: string;
  readonly description?: string;
  /** What its one argument must be, in the keywords docs/packages.md lists, or a Standard Schema. */
  readonly inputSchema?: FunctionSchema;
  readonly outputSchema?: FunctionSchema;
  readonly call: (input: unknown, context: CallContext) => unknown;
}

/** A group with one function for each tool. @throws SandboxError INVALID_ARGUMENT when two would have one name */
export function tools(list: readonly Tool[]): HostFunctions {
  const group: Record<string, HostFunction> = Object.create(null);
  for (const { name, description, inputSchema, outputSchema, call } of list) {
    const own = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[^A-Za-z])/, 'tool_');
    if (Object.hasOwn(group, own))
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `rename a tool: ${JSON.stringify(cleanLine(name, 60))} and another are both ${own} for plugins`,
      );
    group[own] = {
      call: (input, context) => call(input, context),
      ...(description === undefined ? {} : { description: description.slice(0, 2_000) }),
      ...(inputSchema === undefined ? {} : { input: inputSchema }),
      ...(outputSchema === undefined ? {} : { output: outputSchema }),
    };
  }
  return group;
}
