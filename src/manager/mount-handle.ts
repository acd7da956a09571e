/** A directory of a browser (OPFS, or one that a person picked) as a mount. Its handle never enters a cell. */
import { SandboxError } from '../core/errors.ts';
import { checkRelativePath } from '../gateway/index.ts';
import type { FileMount } from './types.ts';

const FILES = 10_000;

/** @param write true lets runs change it. Default false */
export function handleMount(
  root: FileSystemDirectoryHandle,
  { write = false }: { write?: boolean } = {},
): FileMount {
  return {
    async read(bytes) {
      const files = new Map<string, Uint8Array>();
      let left = bytes;
      const walk = async (directory: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
        for await (const [name, handle] of directory.entries()) {
          const path = `${prefix}${name}`;
          if (!checkRelativePath(path).allowed) continue;
          if (handle.kind === 'directory') {
            await walk(handle as FileSystemDirectoryHandle, `${path}/`);
            continue;
          }
          const file = await (handle as FileSystemFileHandle).getFile();
          left -= file.size;
          if (left < 0 || files.size >= FILES)
            throw new SandboxError('INPUT_TOO_LARGE', 'the mount holds more than limits.fileBytes');
          files.set(path, new Uint8Array(await file.arrayBuffer()));
        }
      };
      await walk(root, '');
      return files;
    },
    ...(write
      ? {
          async write(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
            for (const [path, contents] of files) {
              const decision = checkRelativePath(path);
              if (!decision.allowed)
                throw new SandboxError(
                  'OUTPUT_REFUSED',
                  `the plugin left a file that cannot be kept: ${decision.problem}`,
                );
              const parts = decision.path.split('/');
              const name = parts.pop() as string;
              let directory = root;
              for (const part of parts)
                directory = await directory.getDirectoryHandle(part, { create: true });
              const stream = await (await directory.getFileHandle(name, { create: true })).createWritable();
              await stream.write(new Uint8Array(contents));
              // What was written takes the file's place only now, as a whole.
              await stream.close();
            }
          },
        }
      : {}),
  };
}
