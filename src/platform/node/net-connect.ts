/** A connection to one of the vetted addresses, and to nobody else. */
import { BlockList, connect as connectTcp, isIP, isIPv6, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { NetError, type NetFault } from '../net.ts';

export interface Target {
  /** A name without a trailing dot, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  /** `null`: plain HTTP. */
  readonly secure: SecureContext | null;
}

/** How long one address may keep quiet before the next one is tried as well. */
const ATTEMPT_MS = 300;
/** Addresses tried at most: a name with hundreds of them must not become a scan. */
const MOST_ATTEMPTS = 6;

function familyOf(address: string): 4 | 6 {
  return isIPv6(address) ? 6 : 4;
}

export function connect(target: Target, signal: AbortSignal): Promise<Socket> {
  const { secure, port } = target;
  const addresses = target.addresses.slice(0, MOST_ATTEMPTS);
  // Answers what was vetted, whatever it is asked: there is no second resolution that could say something else.
  const lookup: LookupFunction = (_name, options, callback) => {
    const all = addresses.map(address => ({ address, family: familyOf(address) }));
    const [first] = all;
    if (first === undefined) callback(new Error('no vetted address'), '', 4);
    else if (options.all === true) callback(null, all);
    else callback(null, first.address, first.family);
  };
  const isName = isIP(target.host) === 0;
  const options = {
    host: target.host,
    port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    noDelay: true,
  };
  return new Promise((resolve, reject) => {
    const socket: Socket =
      secure === null
        ? connectTcp(options)
        : connectTls({
            ...options,
            secureContext: secure,
            // The name that was asked for, although the connection goes to an address. Without one (an address is no
            // server name in TLS) the certificate has to hold the address.
            ...(isName ? { servername: target.host } : {}),
            rejectUnauthorized: true,
            ALPNProtocols: ['http/1.1'],
          });
    const settle = (error?: NetError): void => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', fail);
      socket.removeListener('close', close);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      // Errors may follow the one that was reported.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const abort = (): void => settle(new NetError('aborted', 'aborted while connecting'));
    const fail = (error: Error): void => settle(new NetError(faultOf(error), describe(error), error));
    const close = (): void => settle(new NetError('connect', 'closed while connecting'));
    socket.on('error', fail);
    socket.on('close', close);
    socket.once(secure === null ? 'connect' : 'secureConnect', () => {
      if (isVetted(socket.remoteAddress, addresses)) settle();
      else settle(new NetError('connect', `connected to ${socket.remoteAddress}, which was not vetted`));
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** The last line of defence: asks the operating system whom the connection goes to. */
export function isVetted(remote: string | undefined, addresses: readonly string[]): boolean {
  if (remote === undefined) return false;
  const vetted = new BlockList();
  for (const address of addresses) vetted.addAddress(address, familyOf(address) === 6 ? 'ipv6' : 'ipv4');
  return vetted.check(remote, familyOf(remote) === 6 ? 'ipv6' : 'ipv4');
}

function faultOf(error: Error): NetFault {
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  return /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_OSSL)/.test(code)
    ? 'tls'
    : 'connect';
}

function describe(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? error.message : `${code}: ${error.message}`;
}
