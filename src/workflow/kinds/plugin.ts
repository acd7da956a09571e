/** Plugins: their source in the workflow, or installed and known by name. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { SandboxError } from '../../core/errors.ts';
import type { ExecutionResult, RuntimeName } from '../../core/result.ts';
import type { Value } from '../../core/value.ts';
import type { RunOptions } from '../../host/api.ts';
import { fromBase64 } from '../../tools/base64.ts';
import { programSteps } from '../../tools/programs.ts';
import type { InspectionReport, ValidationReport } from '../../validate/index.ts';
import { breathe } from '../breathe.ts';
import { failure } from '../failure.ts';
import { anything, checkFields, choice, type Fields, into, isRecord, str, text, texts } from '../fields.ts';
import type { Call, Complain, NodeContext, NodeKind } from '../kind.ts';
import type { Config } from '../types.ts';
import { checkPolicy, policyOf } from './common.ts';

const utf8 = new TextEncoder();
const MAX_CODE = 50_000_000;

const PLUGIN: Fields = {
  name: text(256),
  runtime: choice('javascript', 'python', 'wasm'),
  code: text(MAX_CODE),
  language: choice('javascript', 'typescript'),
  entry: text(256),
  output: choice('auto', 'json', 'text', 'bytes'),
  args: anything,
  files: texts(100),
  limits: anything,
  policy: text(100),
  into,
};

/** Module bytes, as JSON holds them. Null for what is no base64. */
function bytesOf(code: string): Uint8Array<ArrayBuffer> | null {
  try {
    return fromBase64(code);
  } catch {
    return null;
  }
}

const runtimeOf = (config: Config): RuntimeName => str(config, 'runtime', 'javascript') as RuntimeName;

function programOf(config: Config): Pick<RunOptions, 'runtime' | 'code'> & Partial<RunOptions> {
  const runtime = runtimeOf(config);
  const code = str(config, 'code');
  const { args, files, limits } = config;
  const more = {
    ...(isRecord(limits) ? { limits: limits as NonNullable<RunOptions['limits']> } : {}),
    ...(isRecord(files) ? { files: files as Record<string, string> } : {}),
  };
  if (runtime !== 'wasm')
    return {
      runtime,
      code,
      ...more,
      ...(runtime === 'javascript'
        ? { language: str(config, 'language', 'javascript') as 'javascript' | 'typescript' }
        : {}),
    };
  const bytes = bytesOf(code);
  if (bytes === null) throw failure('INVALID_ARGUMENT', 'config.code of a module must be base64');
  const entry = str(config, 'entry');
  return {
    runtime,
    code: bytes,
    output: str(config, 'output', 'auto') as 'auto' | 'json' | 'text' | 'bytes',
    ...more,
    ...(entry === '' ? {} : { entry }),
    ...(Array.isArray(args) ? { args: args as readonly string[] } : {}),
  };
}

function checkCode(config: Config, complain: Complain, { services }: NodeContext): void {
  const runtime = runtimeOf(config);
  const code = str(config, 'code');
  const policy = services.policy(policyOf(config)) ?? {};
  if (runtime === 'python') return;
  const skipped = (why: string): void => complain.as('limit', 'warning', 'code', why);
  if (runtime === 'wasm') {
    complain.reading({
      tool: 'inspect',
      config: { policy },
      input: code,
      steps: programSteps(code.length),
      use(problems) {
        if (problems === null) complain.as('code', 'error', 'code', 'must be the base64 of a module');
        for (const { code: why, message } of (problems ?? []) as unknown as InspectionReport['problems'])
          complain.as('code', 'error', 'code', `${message} [${why}]`);
      },
      skipped,
    });
    return;
  }
  const language = str(config, 'language', 'javascript') as 'javascript' | 'typescript';
  complain.reading({
    tool: 'validate',
    config: { policy },
    input: { code, language },
    steps: programSteps(code.length),
    use(report) {
      // What may fail is for the author to know; what cannot begin does not run.
      for (const { rule, message, line, column } of (report as unknown as ValidationReport).problems)
        complain.as('code', rule === 'syntax' ? 'error' : 'warning', 'code', message, { line, column });
    },
    skipped,
  });
}

/**
 * The trust domain of a source: the same plugin in two nodes is one plugin and may find its own cell again; another one
 * never does.
 */
const domainOf = (config: Config): string =>
  `workflow plugin ${bytesToHex(sha256(utf8.encode(`${runtimeOf(config)} ${str(config, 'code')}`)))}`;

/** What is too large for its guest is not read any more. @throws SandboxError CODE_TOO_LARGE */
function checkSize({ config, services }: NodeContext): void {
  const limits = services.rules(policyOf(config))?.limits;
  const name = runtimeOf(config) === 'wasm' ? 'moduleBytes' : 'codeBytes';
  const { length } = str(config, 'code');
  // Base64 has white space and padding, too.
  const most =
    limits === undefined ? 0 : name === 'moduleBytes' ? 2 * limits.moduleBytes + 16 : limits.codeBytes;
  if (length > most)
    throw new SandboxError(
      'CODE_TOO_LARGE',
      `config.code has ${length} characters; limits.${name} = ${limits?.[name]}`,
    );
}

type Prepared = Pick<RunOptions, 'runtime' | 'code' | 'plugin'> & Partial<RunOptions>;

async function run(
  { services, config }: NodeContext,
  program: Prepared | null,
  input: Value,
  call: Call,
): Promise<Value> {
  const name = str(config, 'name');
  let result: ExecutionResult;
  if (program === null) {
    const { manager } = services;
    if (manager === undefined) throw new SandboxError('INVALID_ARGUMENT', 'the engine has no plugin manager');
    result = await manager.execute(name, input, {
      signal: call.signal,
      onLog: entry => call.log(entry),
      ...(call.caller === undefined ? {} : { caller: call.caller }),
    });
  } else {
    result = await services.sandbox(policyOf(config)).run({
      ...program,
      input,
      signal: call.signal,
      onLog: entry => call.log(entry),
    });
  }
  call.account.report(result.report);
  if (!result.success) throw result.error;
  return result.data;
}

/** `item`: each item is the input of a run of its own. `batch`: the list of all items is the input of one run. */
export const plugin: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item', 'batch'],
  check(config, complain, context) {
    if (!checkFields(config, PLUGIN, complain)) return;
    const installed = str(config, 'name') !== '';
    if (installed === (config['code'] !== undefined)) {
      complain('code', 'or config.name is needed, and not both: a source, or an installed plugin');
      return;
    }
    if (installed) {
      if (context.services.manager === undefined)
        complain.as(
          'permission',
          'error',
          'name',
          'names an installed plugin, but the engine has no plugin manager',
        );
      return;
    }
    if (checkPolicy(config, complain, context)) checkCode(config, complain, context);
  },
  open(context) {
    const { config } = context;
    const name = str(config, 'into');
    checkSize(context);
    const program = str(config, 'name') === '' ? { ...programOf(config), plugin: domainOf(config) } : null;
    return {
      fresh: name === '',
      item: async (item, call) => ({
        out: [call.budget.place(item, name, await run(context, program, item, call))],
      }),
      async batch({ in: items = [] }, call) {
        const data = await run(context, program, items, call);
        const out: readonly Value[] = Array.isArray(data) ? data : [data];
        if (name === '') return { out };
        if (out.length !== items.length)
          throw failure(
            'NODE_FAILED',
            `config.into needs one result for each of ${items.length} items, got ${out.length}`,
          );
        const placed: Value[] = [];
        for (const [i, item] of items.entries()) {
          await breathe();
          placed.push(call.budget.place(item, name, out[i]));
        }
        return { out: placed };
      },
    };
  },
};
