/** The standard library as compiled files, together with the driver. Deterministic. */
import { readdirSync, readFileSync } from 'node:fs';
import { root } from '../stamp.ts';
import { Interpreter } from './interpreter.ts';
import { readPinned } from './pin.ts';
import { timeZones } from './tzdata.ts';

/** Where compile_stdlib.py finds them. */
const TIME_ZONES = '/tmp/zones';
const GUEST = `${root}src/runtimes/pyodide/guest/`;

export function buildStdlib(module: WebAssembly.Module): Uint8Array<ArrayBuffer> {
  const python = new Interpreter(module, readPinned('python_stdlib.zip'));
  for (const name of readdirSync(GUEST, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.py'),
  ))
    python.write(`/tmp/driver/${name}`, readFileSync(GUEST + name));
  for (const [zone, file] of timeZones()) python.write(`${TIME_ZONES}/${zone}`, file);
  python.run(readFileSync(new URL('./compile_stdlib.py', import.meta.url), 'utf8'));
  return python.read('/tmp/stdlib.zip');
}
