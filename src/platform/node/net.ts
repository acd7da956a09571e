/**
 * Requests in Node.js: `node:http` on a connection of our own making. No agent takes part, and with it no pool of
 * connections, no proxy from the environment, no second resolution of the name.
 */
import { type ClientRequest, type IncomingMessage, request as send } from 'node:http';
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { type Header, NetError, type NetPlatform, type NetRequest, type NetResponse } from '../net.ts';
import { createBody, readerOf, type StreamReader } from './net-body.ts';
import { connect } from './net-connect.ts';
import { ACCEPTED, codingOf } from './net-decode.ts';
import { createResolve, type DnsOptions } from './net-dns.ts';
import { writeBody } from './net-upload.ts';

export interface NodeNetOptions {
  readonly dns?: DnsOptions;
  /** Authorities in PEM, on top of those that come with Node.js. */
  readonly extraAuthorities?: readonly string[];
}

export function createNodeNet(options: NodeNetOptions = {}): NetPlatform {
  const context = secureContext(options.extraAuthorities ?? []);
  return {
    capabilities: () => ({ dnsPinned: true, redirectsSeen: true, cookiesSeen: true }),
    now: () => performance.now(),
    resolve: createResolve(options.dns),
    request: request => perform(request, context),
  };
}

/** Made when first needed: reading the authorities takes tens of milliseconds. */
function secureContext(extra: readonly string[]): () => tls.SecureContext {
  let made: tls.SecureContext | null = null;
  return () => {
    made ??= tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(extra.length > 0 ? { ca: [...usualAuthorities(), ...extra] } : {}),
    });
    return made;
  };
}

/** Those of Node.js, and of its environment (NODE_EXTRA_CA_CERTS) where it can tell. */
function usualAuthorities(): readonly string[] {
  return typeof tls.getCACertificates === 'function' ? tls.getCACertificates() : tls.rootCertificates;
}

async function perform(request: NetRequest, context: () => tls.SecureContext): Promise<NetResponse> {
  const url = new URL(request.url);
  const isSecure = url.protocol === 'https:';
  // Certificates and server names know no trailing dot, and addresses no brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const addresses = isIP(host) === 0 ? (request.addresses ?? []) : [host];
  if (addresses.length === 0) throw new NetError('connect', 'no vetted address');
  const socket = await connect(
    {
      host,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      addresses,
      secure: isSecure ? context() : null,
    },
    request.signal,
  );
  const address = socket.remoteAddress ?? null;
  try {
    const { response, client, raw } = await exchange(request, url, socket);
    const head = headOf(request, response);
    const body = createBody({
      raw,
      coding: head.decoded,
      expansion: request.limits.expansion,
      signal: request.signal,
      release() {
        client.destroy();
        socket.destroy();
      },
    });
    return { ...head, address, body };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function exchange(
  request: NetRequest,
  url: URL,
  socket: Socket,
): Promise<{ response: IncomingMessage; client: ClientRequest; raw: StreamReader }> {
  const { body, signal, limits } = request;
  return new Promise((resolve, reject) => {
    const client = send({
      createConnection: () => socket,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: wireHeaders(request, url),
      setHost: false,
      insecureHTTPParser: false,
      maxHeaderSize: limits.headerBytes,
    });
    // All of them: lines beyond Node's own limit would be dropped without a word.
    client.maxHeadersCount = 0;
    let interim = 0;
    let answered: { readonly response: IncomingMessage; readonly raw: StreamReader } | null = null;
    const fail = (error: NetError): void => {
      signal.removeEventListener('abort', abort);
      if (answered === null) {
        client.destroy();
        reject(error);
        return;
      }
      // Not the client: it would empty the body, and cut would look like complete. What comes after a complete answer
      // is nobody's business.
      if (!answered.response.complete) answered.raw.fail(error);
      socket.destroy();
    };
    const abort = (): void => fail(new NetError('aborted', 'aborted before the response'));
    client.on('information', () => {
      interim += 1;
      if (interim > limits.interimResponses) fail(new NetError('headers', 'too many interim responses'));
    });
    const switched = (): void => fail(new NetError('protocol', 'switched protocols, which nobody asked for'));
    client.on('upgrade', switched);
    client.on('connect', switched);
    client.on('error', (error: NodeJS.ErrnoException) => {
      const fault =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? 'headers'
          : /^HPE_/.test(error.code ?? '')
            ? 'protocol'
            : 'reset';
      fail(new NetError(fault, `${error.code ?? 'error'}: ${error.message}`, error));
    });
    client.on('response', response => {
      signal.removeEventListener('abort', abort);
      answered = { response, raw: readerOf(response, 'reset') };
      resolve({ ...answered, client });
    });
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    writeBody(client, body).catch((error: unknown) => {
      fail(error instanceof NetError ? error : new NetError('unknown', 'could not send the body', error));
    });
  });
}

/** What servers expect of a client, as long as the guest says nothing else. */
const DEFAULTS: readonly Header[] = [
  ['Accept', '*/*'],
  ['User-Agent', 'citadel-sandbox'],
];

/** Framing, Host and codings are ours; a list, because a table would merge and reorder. */
function wireHeaders({ method, headers, body }: NetRequest, url: URL): string[] {
  const framing: Header[] =
    body === null
      ? method === 'GET' || method === 'HEAD'
        ? []
        : [['Content-Length', '0']]
      : body instanceof Uint8Array
        ? [['Content-Length', String(body.length)]]
        : [['Transfer-Encoding', 'chunked']];
  const own: Header[] = [
    ['Host', url.host],
    ['Connection', 'close'],
    ['Accept-Encoding', wantsPlain(headers) ? 'identity' : ACCEPTED],
  ];
  for (const [name, value] of DEFAULTS) {
    if (!headers.some(([given]) => given.toLowerCase() === name.toLowerCase())) own.push([name, value]);
  }
  // Codings are taken off here: which ones are understood is not the guest's to say.
  const given = headers.filter(([name]) => name.toLowerCase() !== 'accept-encoding');
  return [...own, ...given, ...framing].flat();
}

/** A range of a coded body is of no use to anyone; and who asks for no coding gets none. */
function wantsPlain(headers: readonly Header[]): boolean {
  const codings = valuesOf(headers, 'accept-encoding');
  return (
    valuesOf(headers, 'range').length > 0 ||
    (codings.length === 1 && codings[0]?.trim().toLowerCase() === 'identity')
  );
}

function headOf(
  { method, limits }: NetRequest,
  response: IncomingMessage,
): Omit<NetResponse, 'address' | 'body'> {
  const status = response.statusCode ?? 0;
  const { rawHeaders } = response;
  if (status < 200 || status > 599) throw new NetError('protocol', `status ${status}`);
  if (rawHeaders.length > limits.headerLines * 2) throw new NetError('headers', 'too many header lines');
  const headers: Header[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  }
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  const decoded = hasBody ? codingOf(valuesOf(headers, 'content-encoding')) : null;
  return { status, statusText: response.statusMessage ?? '', headers, decoded };
}

function valuesOf(headers: readonly Header[], wanted: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}
