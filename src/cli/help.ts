/** What `--help` prints. */
import { ERROR_TABLE } from '../core/errors.ts';

const EXIT_CODES = `Exit codes: 0 success, ${ERROR_TABLE.GUEST_ERROR.exitCode} the plugin failed, ${ERROR_TABLE.INVALID_ARGUMENT.exitCode} wrong usage, ${ERROR_TABLE.POLICY_DENIED.exitCode} denied by the policy,
${ERROR_TABLE.TIMEOUT.exitCode} out of time or fuel, ${ERROR_TABLE.MEMORY_LIMIT.exitCode} out of memory, ${ERROR_TABLE.CANCELLED.exitCode} interrupted, ${ERROR_TABLE.INTERNAL.exitCode} a defect here`;

export const HELP: string = `citadel: run plugins nobody has reviewed

  citadel run FILE [options]        run a plugin and print its result
  citadel validate FILE [options]   say what would fail, without running it
  citadel inspect FILE [options]    say what a WebAssembly module is, wants and would be given
  citadel check-url [URL ...]       say what a policy's network rules decide
  citadel egress-proxy [options]    send requests of pages that cannot pin addresses
  citadel pack DIR --out FILE       pack a plugin with its citadel.json; also keygen, sign, verify, explain
  citadel types FILE --out DIR      write what editors know of host functions (docs/functions.md)
  citadel install FILE --store DIR  install a package; also upgrade, uninstall, list, exec, audit
  citadel --version

citadel run --help, citadel validate --help and citadel inspect --help list the options.
`;

export const RUN_HELP: string = `citadel run FILE [options]

Runs one plugin in a fresh sandbox. The result goes to stdout, the plugin's console to stderr.
FILE is JavaScript or TypeScript (.ts): an ES module with export default, a body with return,
or a script whose last expression is the value. It is Python (.py): main(input), or else the last
expression, is the value (docs/python.md). Or it is a WebAssembly module (.wasm): a WASI command,
an Extism plugin, or functions over numbers (docs/native.md). - reads it from stdin.

  --input JSON|@FILE|-       the plugin's input, as JSON
  --policy FILE              what the plugin may do, as JSON (docs/policy.md); default: nothing
  --timeout TIME             500ms, 5s, 2m                        default 5s
  --memory SIZE              64MB, 1GB; 1 MB is 1024 * 1024       default 64MB
  --fuel N                   deterministic CPU quota
  --allow-net=HOST,...       hosts the plugin may reach (docs/network.md); --deny-net=HOST,... takes some back
  --allow-ip=CIDR,...        addresses, and special-purpose ones such as 127.0.0.1; --deny-ip=CIDR,...
  --secret NAME=@FILE        the value of a secret of the policy, from a file or env:VARIABLE; repeatable
  --learn                    print the least network policy under which the plugin runs: it is run again
                             with each denial granted, so what it sends is sent again too
  --allow-module NAME=FILE   let the plugin import NAME, from this source; repeatable
  --env NAME=VALUE           a variable in the plugin's env; repeatable
  --ext js|ts|py|wasm        what it is, when FILE does not tell
  --report                   add what the run cost, on stderr
  --json                     print exactly one ExecutionResult as JSON on stdout

WebAssembly only:
  --entry NAME               the exported function to call
  --arg TEXT                 an argument of a WASI command; repeatable
  --output json|text|bytes   what the answer is read as                  default: what fits

Python only:
  --package FILE.whl[#sha256=HEX]   let the plugin import a wheel of pure Python; repeatable

Python and WebAssembly:
  --file GUESTPATH=FILE      put a copy of FILE where the plugin can read it; repeatable
  --save GUESTDIR=DIR        let the plugin write there, and save what it leaves in DIR; repeatable

${EXIT_CODES}.
`;

export const INSPECT_HELP: string = `citadel inspect FILE [options]

Says what a WebAssembly module is, which functions can be called, what it imports, and what would
keep it from running. Nothing of it is run or compiled. - reads it from stdin.

  --policy FILE              hold it against this policy; default: the empty one
  --memory SIZE              hold it against this limit
  --json                     print the InspectionReport as JSON

Exit codes: 0 it would be let in, otherwise the exit code its run would end with.
`;

export const VALIDATE_HELP: string = `citadel validate FILE [options]

Says what would fail before anything runs, as file:line:column. FILE is JavaScript, TypeScript or
Python, which Python itself reads. - reads the program from stdin.

  --policy FILE              check against this policy; default: the empty one
  --allow-module NAME=FILE   take this module as allowed; repeatable
  --package FILE.whl[#sha256=HEX]   Python only: take the wheel's modules as there; repeatable
  --ext js|ts|py             the language, when FILE does not tell
  --json                     print the ValidationReport as JSON

Exit codes: 0 nothing would fail, 1 something would, 2 wrong usage.
`;

export const TYPES_HELP: string = `citadel types FILE --out DIR

Writes host.d.ts for TypeScript and the stubs host/__init__.pyi … for Python, so that editors and type checkers
know the host functions a plugin may call. FILE is JSON: name → { description, input, output }, with schemas
as docs/packages.md lists them. A program that has the functions at hand calls functionTypes() instead.

  --out DIR                  where the files go
`;
