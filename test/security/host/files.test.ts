/** A Python plugin whose files the host would not take is told so by its own system; its cell is healthy. */
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/index.ts';

const sandbox = createSandbox({
  policy: {
    files: { write: ['/out'] },
    limits: { fileBytes: 20_000, fileCount: 20, timeoutMs: 60_000, maxExecutionTimeMs: 120_000 },
  },
});
afterAll(() => sandbox.close());

const tries = (what: string): string =>
  `import os\ntry:\n    ${what.replaceAll('\n', '\n    ')}\n    said = None\nexcept OSError as error:\n    said = error.strerror\nsaid`;
const LONG = 'd'.repeat(200);

const CASES: readonly (readonly [id: string, what: string, code: string, said: string])[] = [
  ['HOST-NAME-001', 'an escape in a name', 'open("/out/\\x1b[31m", "w")', 'Illegal byte sequence'],
  ['HOST-NAME-002', 'a control character of C1', 'open("/out/\\x9b", "w")', 'Illegal byte sequence'],
  ['HOST-NAME-003', 'bytes that are no UTF-8', 'open(b"/out/\\xff", "w")', 'Illegal byte sequence'],
  ['HOST-NAME-004', 'a directory', 'os.mkdir("/out/a\\x07")', 'Illegal byte sequence'],
  [
    'HOST-NAME-005',
    'a new name',
    'open("/out/a", "w").close()\nos.rename("/out/a", "/out/a\\nb")',
    'Illegal byte sequence',
  ],
  ['HOST-NAME-006', 'a link', 'os.symlink("/out/a", "/out/l\\x01")', 'Illegal byte sequence'],
  [
    'HOST-NAME-007',
    'a path that is too long',
    `p = "/out"\nfor _ in range(6):\n    p += "/${LONG}"\n    os.mkdir(p)`,
    'Filename too long',
  ],
  [
    'HOST-NAME-008',
    'a path that a move makes too long',
    `p = "/out"\nfor _ in range(4):\n    p += "/${LONG}"\n    os.mkdir(p)\nopen(p + "/${LONG}", "w").close()\nos.mkdir("/out/${'e'.repeat(200)}")\nos.rename("/out/${LONG}", "/out/${'e'.repeat(200)}/${LONG}")`,
    'Filename too long',
  ],
  [
    'HOST-NAME-009',
    'more bytes than limits.fileBytes',
    'with open("/out/a", "wb") as f:\n    f.write(b"x" * 30_000)',
    'No space left on device',
  ],
  [
    'HOST-NAME-010',
    'more files than limits.fileCount',
    'for i in range(30):\n    open(f"/out/{i}", "w").close()',
    'No space left on device',
  ],
];

describe('files of a Python plugin', () => {
  it.each(CASES)(
    '%s %s',
    async (_, __, code, said) => {
      const result = await sandbox.run({ runtime: 'python', code: tries(code) });
      expect(result).toMatchObject({ success: true, data: said, report: { terminated: false } });
    },
    60_000,
  );
});
