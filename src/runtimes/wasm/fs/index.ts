export { Errno } from './errno.ts';
export { contentBytes, DirNode, FILE_TYPES, FileNode, type LinkNode, type Node } from './nodes.ts';
export type { FileQuota } from './quota.ts';
export { find, named, type Place, resolve } from './resolve.ts';
export { FileTree, type Mount } from './tree.ts';
