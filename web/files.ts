/** Documents that leave the page and come back: as a file, in a link, and in the browser's own storage. */
import type { FlowDocument } from '../examples/workflows/index.ts';

const KEY = 'citadel-playground';
/** Longer links are cut by programs that pass them on. */
const LINK_CHARS = 32_000;
const MAX_BYTES = 20_000_000;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What somebody else wrote: only its outline is looked at here, the engine's check says the rest. @throws Error with what to do */
export function readDocument(text: string): FlowDocument {
  if (text.length > MAX_BYTES) throw new Error('Choose a smaller file: this one has more than 20 MB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('Choose a workflow that was exported here: this is no JSON');
  }
  const workflow = isRecord(value) ? (value['workflow'] ?? value) : null;
  if (!isRecord(workflow) || !Array.isArray(workflow['nodes']) || !Array.isArray(workflow['edges']))
    throw new Error('Choose a workflow that was exported here: this has no nodes and edges');
  const nodes = workflow['nodes'].filter(
    (node): node is FlowDocument['workflow']['nodes'][number] =>
      isRecord(node) && typeof node['id'] === 'string' && typeof node['kind'] === 'string',
  );
  const edges = workflow['edges'].filter(
    (edge): edge is FlowDocument['workflow']['edges'][number] =>
      isRecord(edge) && typeof edge['from'] === 'string' && typeof edge['to'] === 'string',
  );
  const given = isRecord(value) && isRecord(value['settings']) ? value['settings'] : {};
  const { input = {}, vars, policies, database } = given as Partial<FlowDocument['settings']>;
  return {
    workflow: { ...(workflow as unknown as FlowDocument['workflow']), nodes, edges },
    settings: {
      input,
      vars: isRecord(vars) ? vars : {},
      policies: isRecord(policies) ? { default: {}, ...policies } : { default: {} },
      database: isRecord(database) ? database : null,
    },
  };
}

export function download(document: FlowDocument): void {
  const name = (document.workflow.name ?? 'workflow').replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase();
  save(`${name}.json`, JSON.stringify(document, null, 2));
}

export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = Object.assign(window.document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const pipe = async (bytes: Uint8Array<ArrayBuffer>, through: ReadableWritablePair): Promise<Uint8Array> =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());

/** The whole document, packed, behind `#`: no server ever sees it. @throws Error when it is too long for a link */
export async function linkTo(document: FlowDocument): Promise<string> {
  const packed = await pipe(
    new TextEncoder().encode(JSON.stringify(document)),
    new CompressionStream('deflate-raw'),
  );
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  const hash = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  if (hash.length > LINK_CHARS) throw new Error('Export it as a file instead: it is too long for a link');
  return `${location.origin}${location.pathname}#w=${hash}`;
}

/** Null when the address holds none. */
export async function fromLink(): Promise<FlowDocument | null> {
  const [, hash] = /^#w=([\w-]+)$/.exec(location.hash) ?? [];
  if (hash === undefined) return null;
  const bytes = Uint8Array.from(atob(hash.replaceAll('-', '+').replaceAll('_', '/')), char =>
    char.charCodeAt(0),
  );
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  // A small link must not become a large text.
  const reader = unpacked.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MAX_BYTES) throw new Error('The link holds more than 20 MB');
    parts.push(value);
  }
  return readDocument(await new Blob(parts).text());
}

/** Storage may be full or forbidden: then there is nothing to continue from, and nothing else changes. */
export function keep(document: FlowDocument, key: string = KEY): void {
  try {
    localStorage.setItem(key, JSON.stringify(document));
  } catch {
    // See above.
  }
}

export function kept(key: string = KEY): FlowDocument | null {
  try {
    const text = localStorage.getItem(key);
    return text === null ? null : readDocument(text);
  } catch {
    return null;
  }
}
