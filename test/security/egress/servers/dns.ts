/** A DNS server on loopback that says what a test wants said, and remembers what it was asked. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { AddressInfo } from 'node:net';

export interface DnsQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'other';
}

/** What a name has. `rcode` 2 is SERVFAIL, 3 NXDOMAIN; `silent` never answers. */
export interface DnsAnswer {
  readonly a?: readonly string[];
  readonly aaaa?: readonly (readonly number[])[];
  readonly cname?: string;
  readonly rcode?: number;
  readonly silent?: boolean;
  readonly delayMs?: number;
}

/** Called for each question; `undefined` is NXDOMAIN. A function that counts can rebind. */
export type Zone = (question: DnsQuestion, asked: number) => DnsAnswer | undefined;

export interface DnsServer extends AsyncDisposable {
  /** For `servers` of the resolver. */
  readonly address: string;
  readonly questions: readonly DnsQuestion[];
  zone: Zone;
}

const A = 1;
const CNAME = 5;
const AAAA = 28;

export async function startDns(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const questions: DnsQuestion[] = [];
  const times = new Map<string, number>();
  const server = { zone };
  const timers = new Set<NodeJS.Timeout>();

  socket.on('message', (message, peer) => {
    const { name, code, end } = parseQuestion(message);
    const type = code === A ? 'A' : code === AAAA ? 'AAAA' : 'other';
    const question: DnsQuestion = { name, type };
    questions.push(question);
    const key = `${name} ${type}`;
    const asked = (times.get(key) ?? 0) + 1;
    times.set(key, asked);
    const answer = server.zone(question, asked) ?? { rcode: 3 };
    if (answer.silent === true) return;
    const reply = encode(message, end, code, answer);
    if (answer.delayMs === undefined) send(reply, peer);
    else timers.add(setTimeout(() => send(reply, peer), answer.delayMs));
  });
  const send = (reply: Buffer, peer: RemoteInfo): void => socket.send(reply, peer.port, peer.address);

  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    questions,
    get zone() {
      return server.zone;
    },
    set zone(next) {
      server.zone = next;
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      await new Promise<void>(resolve => {
        socket.close(() => resolve());
      });
    },
  };
}

function parseQuestion(message: Buffer): { name: string; code: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), code: message.readUInt16BE(at + 1), end: at + 5 };
}

function encode(query: Buffer, end: number, code: number, answer: DnsAnswer): Buffer {
  const records: Buffer[] = [];
  // Names point back at the question, or at the name before.
  const question = Buffer.from([0xc0, 12]);
  let owner: Buffer = question;
  if (answer.cname !== undefined) {
    const target = encodeName(answer.cname);
    records.push(record(owner, CNAME, target));
    owner = target;
  }
  if (code === A) {
    for (const address of answer.a ?? []) {
      records.push(record(owner, A, Buffer.from(address.split('.').map(Number))));
    }
  }
  if (code === AAAA) {
    for (const groups of answer.aaaa ?? []) {
      records.push(record(owner, AAAA, Buffer.from(groups.flatMap(group => [group >> 8, group & 255]))));
    }
  }
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (answer.rcode ?? 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map(label => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  // TTL 0: remembering it would be a fault.
  fixed.writeUInt32BE(0, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}
