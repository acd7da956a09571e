/** In the browser: runs the cases it is handed, as texts, because that is what reaches a page. */
import { runCase, type SuiteOutcome } from './case.ts';

export interface PackedCase {
  readonly name: string;
  readonly code: string;
  readonly manifest: string;
  readonly files: Readonly<Record<string, string>>;
}

const unpack = (base64: string): Uint8Array => Uint8Array.from(atob(base64), char => char.charCodeAt(0));

(globalThis as { runPacked?: unknown }).runPacked = ({
  name,
  code,
  manifest,
  files,
}: PackedCase): Promise<SuiteOutcome> =>
  runCase({
    name,
    code: unpack(code),
    manifest: JSON.parse(manifest),
    files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, unpack(text)])),
  });
