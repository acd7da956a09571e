/** `citadel.json`: what a plugin is and asks for. A wish, never a grant. */
import type { Limits } from '../../core/limits.ts';
import type { HostRule } from '../egress/index.ts';

/** Why the author wants it, shown to whoever decides: 1 to 200 characters. */
interface Reasoned {
  readonly reason: string;
}

export type NetworkRequest = HostRule & Reasoned;

export interface AddressRequest extends Reasoned {
  /** As in `network.allowIp` of a policy. */
  readonly address: string;
}

export interface NamedRequest extends Reasoned {
  readonly name: string;
}

export interface FilesRequest extends Reasoned {
  /** A directory of the guest's own file system, such as `/data`. */
  readonly path: string;
  readonly access: 'read' | 'write';
}

/** At most 100 of each kind. Absent means none. */
export interface Permissions {
  readonly network: readonly NetworkRequest[];
  readonly addresses: readonly AddressRequest[];
  /** Modules the host supplies (JavaScript), or of the standard library (Python). */
  readonly modules: readonly NamedRequest[];
  readonly files: readonly FilesRequest[];
  /** Host functions, as in `functions` of a policy. */
  readonly functions: readonly NamedRequest[];
  /** Variables of the policy's `env`. */
  readonly env: readonly NamedRequest[];
  /** Secrets the policy lets leave, by name. */
  readonly secrets: readonly NamedRequest[];
}

/** What text in the output is, so that it is made safe before anybody shows it. */
export type ContentKind = 'html' | 'markdown' | 'url' | 'csv';

/** JSON Schema, in the subset docs/packages.md lists. */
export type JsonSchema = boolean | { readonly [key: string]: unknown };

export interface Author {
  readonly name: string;
  readonly email?: string;
  readonly url?: string;
}

/** A checked manifest with every default filled in. Deeply frozen. */
export interface Manifest {
  /** Lower case letters, digits and single `-` or `.` between them; 1 to 64 characters. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly runtime: 'javascript' | 'python' | 'wasm';
  readonly language: 'javascript' | 'typescript';
  /** Path of the program in the package. */
  readonly entry: string;
  /** JavaScript only: modules of the package itself, specifier → path. */
  readonly modules: Readonly<Record<string, string>>;
  /** WebAssembly only: the function to call, and what its bytes are read as. */
  readonly call: { readonly function?: string; readonly output?: 'auto' | 'json' | 'text' | 'bytes' };
  readonly description: string;
  readonly author: Author | null;
  readonly license: string;
  readonly permissions: Permissions;
  /** `true` accepts everything. */
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  /** `null`: the output is data. Otherwise every string in it is text of this kind. */
  readonly content: ContentKind | null;
  /** What the plugin needs at most; lowers the policy's. */
  readonly limits: Partial<Limits>;
}
