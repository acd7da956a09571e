/** What of the manager needs a disk: `citadel-sandbox/manager/node`. */
export { fileSink } from './manager/node/audit-file.ts';
export { directoryMount, type OpenedFile, openBelow } from './manager/node/mount.ts';
export { directoryStore } from './manager/node/store-directory.ts';
