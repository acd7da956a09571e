/** Expressions and conditions, evaluated in the JavaScript sandbox: many items in one guest, or each in its own. */
import { SandboxError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import { programSteps } from '../../tools/programs.ts';
import { asFailure, failedItem, failure } from '../failure.ts';
import { checkFields, type Field, type Fields, isRecord, str, text } from '../fields.ts';
import type { Call, Complain, NodeContext, NodeKind, Outputs, Worker } from '../kind.ts';
import type { Config } from '../types.ts';
import { checkPolicy, policyOf } from './common.ts';

/** Items of one guest in batch mode. */
const CHUNK = 500;
const BEFORE = 'const evaluate = (item, index, vars) => (';

/**
 * The expression, and around it what calls it: a failure of one item is that item's. The first line is the author's own, so
 * that lines in messages are right.
 */
const programOf = (expression: string): string => `${BEFORE}${expression}
);
export default ({ items, first, vars }) => items.map((item, i) => {
  try {
    return { value: evaluate(item, first + i, vars) };
  } catch (error) {
    let name = 'Error', message = 'something that has no text was thrown';
    try { name = String(error?.name ?? typeof error).slice(0, 100); message = String(error?.message ?? error).slice(0, 1000); } catch {}
    return { name, message };
  }
});`;

interface SyntaxProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

function checkExpression(expression: string, path: string, complain: Complain): void {
  // What closes the one kind of bracket does not close the other.
  const input = [programOf(expression), `[${expression}\n]`];
  complain.reading({
    tool: 'syntax',
    config: {},
    input,
    steps: programSteps(2 * (BEFORE.length + expression.length)),
    use(result) {
      const [error, listError] = result as unknown as readonly (SyntaxProblem | null)[];
      if (error)
        complain.as('code', 'error', path, error.message, {
          line: error.line,
          column: Math.max(1, error.line === 1 ? error.column - BEFORE.length : error.column),
        });
      else if (listError)
        complain.as('code', 'error', path, 'must be one expression, such as item.price * 2', {
          line: 1,
          column: 1,
        });
    },
    skipped: why => complain.as('limit', 'warning', path, why),
  });
}

/** Values of an expression for items, in their order; a failure in place of a value. */
async function evaluate(
  { services, config, node }: NodeContext,
  program: string,
  items: readonly Value[],
  call: Call,
): Promise<readonly (Value | SandboxError)[]> {
  const result = await services.sandbox(policyOf(config)).run({
    runtime: 'javascript',
    code: program,
    fileName: `${node.id}.js`,
    plugin: 'citadel workflow logic',
    input: { items, first: call.index, vars: call.vars },
    signal: call.signal,
    onLog: entry => call.log(entry),
  });
  call.account.report(result.report);
  if (!result.success) throw result.error;
  const { data } = result;
  if (!Array.isArray(data) || data.length !== items.length)
    throw failure('NODE_FAILED', 'the expression gave something other than one value for each item');
  return data.map((one: Value): Value | SandboxError => {
    if (isRecord(one) && Object.hasOwn(one, 'value')) return (one as { value: Value }).value;
    const { name = 'Error', message = '' } = isRecord(one) ? (one as { name?: Value; message?: Value }) : {};
    return failure('GUEST_ERROR', `${String(name)}: ${String(message)}`);
  });
}

/** What a value of the expression means for its item. */
type Sort = (item: Value, value: Value, config: Config) => readonly [port: string, item: Value] | null;

function worker(context: NodeContext, sort: Sort, fresh: boolean): Worker {
  const program = programOf(str(context.config, 'expression'));
  const { config } = context;
  return {
    fresh,
    async item(item, call) {
      const [value] = await evaluate(context, program, [item], call);
      if (value instanceof SandboxError) throw value;
      const sorted = sort(item, value as Value, config);
      return sorted === null ? {} : { [sorted[0]]: [sorted[1]] };
    },
    async batch({ in: items = [] }, call) {
      const outputs: Record<string, Value[]> = Object.create(null);
      const put = (port: string, item: Value): void => {
        outputs[port] ??= [];
        outputs[port].push(item);
      };
      for (let at = 0; at < items.length; at += CHUNK) {
        const chunk = items.slice(at, at + CHUNK);
        const values = await evaluate(context, program, chunk, { ...call, index: at });
        for (const [i, item] of chunk.entries()) {
          const value = values[i];
          if (value instanceof SandboxError) {
            put('error', failedItem(item, value));
            continue;
          }
          try {
            const sorted = sort(item, value as Value, config);
            if (sorted !== null) put(...sorted);
          } catch (error) {
            put('error', failedItem(item, asFailure(error)));
          }
        }
      }
      return outputs as Outputs;
    },
  };
}

const EXPRESSION: Fields = { expression: text(10_000, true), policy: text(100) };

function kind(outputs: NodeKind['outputs'], sort: Sort, more: Fields = {}, fresh = false): NodeKind {
  return {
    inputs: ['in'],
    outputs,
    modes: ['batch', 'item'],
    check(config, complain, context) {
      if (!checkFields(config, { ...EXPRESSION, ...more }, complain)) return;
      checkExpression(str(config, 'expression'), 'expression', complain);
      checkPolicy(config, complain, context);
    },
    open: context => worker(context, sort, fresh),
  };
}

/** The value in the item's place. */
export const logicMap: NodeKind = kind(
  () => ['out'],
  (_item, value) => ['out', value],
  {},
  true,
);

/** The items for which the expression is true. */
export const logicFilter: NodeKind = kind(
  () => ['out'],
  (item, value) => (value ? ['out', item] : null),
);

/** Each item on one of two ways. */
export const logicIf: NodeKind = kind(
  () => ['true', 'false'],
  (item, value) => [value ? 'true' : 'false', item],
);

const MAX_CASES = 50;
const PORT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const cases: Field = {
  required: true,
  problem: value =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_CASES &&
    value.every(one => typeof one === 'string' && PORT.test(one) && one !== 'error' && one !== 'other')
      ? null
      : `must be a list of 1 to ${MAX_CASES} names of ports, other than error and other`,
};

const casesOf = (config: Config): readonly string[] => {
  const { cases: list } = config as { cases?: unknown };
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
};

/** Each item on the way its value names; `other` where none does. */
export const logicSwitch: NodeKind = kind(
  config => [...casesOf(config), 'other'],
  (item, value, config) => {
    const name = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    return [casesOf(config).includes(name) ? name : 'other', item];
  },
  { cases },
);
