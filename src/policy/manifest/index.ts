/** What a plugin says of itself. Pure. */
export { filePathProblem, foldedPath } from './file-path.ts';
export { isPluginName, MANIFEST_CHARS, MANIFEST_FILE, parseManifest } from './parse.ts';
export { checkSchema } from './schema.ts';
export { compareVersions, parseVersion, type Version } from './semver.ts';
export type {
  AddressRequest,
  Author,
  ContentKind,
  FilesRequest,
  JsonSchema,
  Manifest,
  NamedRequest,
  NetworkRequest,
  Permissions,
} from './types.ts';
