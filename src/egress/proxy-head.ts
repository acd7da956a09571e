/** What a client of the proxy asks for: hostile input, parsed once. */
import type { Header } from '../platform/net.ts';
import {
  type ByteSource,
  decodeJson,
  lengthAt,
  MOST_HEAD_BYTES,
  type ProxyRequestHead,
} from '../platform/net-frames.ts';

/** Header lines of one request. */
const MOST_HEADERS = 1000;

/** `null` when it is not what a client of ours would send. */
export async function readRequestHead(source: ByteSource): Promise<ProxyRequestHead | null> {
  try {
    const start = await source.take(4);
    if (start === null) return null;
    const length = lengthAt(start);
    if (length > MOST_HEAD_BYTES) return null;
    const text = await source.take(length);
    return text === null ? null : checkHead(decodeJson(text));
  } catch {
    return null;
  }
}

function checkHead(given: unknown): ProxyRequestHead | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  const { url, method, headers, hasBody } = given as Partial<Record<keyof ProxyRequestHead, unknown>>;
  if (typeof url !== 'string' || typeof method !== 'string' || typeof hasBody !== 'boolean') return null;
  if (!Array.isArray(headers) || headers.length > MOST_HEADERS) return null;
  const checked: Header[] = [];
  for (const header of headers as readonly unknown[]) {
    if (!Array.isArray(header) || header.length !== 2) return null;
    const [name, value] = header as readonly unknown[];
    if (typeof name !== 'string' || typeof value !== 'string') return null;
    checked.push([name, value]);
  }
  return { url, method, headers: checked, hasBody };
}
