/** Servers that answer with too much, too little, too slowly, or with something else. */
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { NetworkLimits } from '../../../src/policy/egress/index.ts';
import { startRaw } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, drain, once, origin, soon, type World } from './world.ts';

const MiB = 1024 * 1024;

function worldFor(port: number, limits: Partial<NetworkLimits> = {}): Promise<World> {
  return createWorld({
    allow: [`allowed.test:${port}`],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
    limits,
  });
}

async function raw(talk: Parameters<typeof startRaw>[0]): ReturnType<typeof startRaw> {
  const server = await startRaw(talk);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const FAILED = { kind: 'failed', failure: 'network' };

test('EG-SCN-027: an endless body is cut at the limit, and its connection is closed', async () => {
  const server = await origin((_, response) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const pour = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', pour);
    };
    pour();
  });
  const { egress, records } = await worldFor(server.port, { downloadBytes: 3 * MiB });
  const session = egress.open();
  const answer = await session.fetch({ url: `http://allowed.test:${server.port}/` });
  const { end, bytes } = await drain(answer);
  expect(end).toBe('limit');
  expect(bytes).toBeLessThanOrEqual(3 * MiB);
  await soon(() => server.open()).toBe(0);
  expect(records).toMatchObject([{ outcome: 'cut', status: 200 }]);
  // The limit is the run's: what comes after gets nothing either.
  const next = await session.fetch({ url: `http://allowed.test:${server.port}/` });
  expect(await drain(next)).toMatchObject({ end: 'limit', bytes: 0 });
  session.close();
});

test('a body of exactly the limit passes, one byte more does not', async () => {
  const server = await origin((request, response) =>
    response.end(Buffer.alloc(Number(request.url?.slice(1)))),
  );
  const { egress } = await worldFor(server.port, { downloadBytes: 1000 });
  const at = (size: number): string => `http://allowed.test:${server.port}/${size}`;
  const session = egress.open();
  expect(await drain(await session.fetch({ url: at(600) }))).toMatchObject({ end: 'end', bytes: 600 });
  expect(await drain(await session.fetch({ url: at(400) }))).toMatchObject({ end: 'end', bytes: 400 });
  expect(session.usage().bytesDown).toBe(1000);
  expect(await drain(await session.fetch({ url: at(1) }))).toMatchObject({ end: 'limit', bytes: 0 });
  session.close();
});

const CODINGS: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  ...(typeof zstdCompressSync === 'function' ? { zstd: zstdCompressSync } : {}),
};

test('codings are taken off', async () => {
  const text = 'citadel '.repeat(1000);
  const server = await origin((request, response) => {
    const [, name = ''] = (request.url ?? '').split('/');
    const pack = name === 'raw' ? deflateRawSync : CODINGS[name];
    response.writeHead(200, { 'Content-Encoding': name === 'raw' ? 'deflate' : name });
    response.end(pack?.(Buffer.from(text)));
  });
  const { egress } = await worldFor(server.port);
  for (const name of [...Object.keys(CODINGS), 'raw']) {
    const result = await once(egress, `http://allowed.test:${server.port}/${name}`);
    expect(result).toMatchObject({
      text,
      end: 'end',
      answer: { kind: 'response', response: { decoded: name === 'raw' ? 'deflate' : name } },
    });
  }
});

test('EG-SCN-028: a bomb is cut, by the limit of decoded bytes or by how much it expands', async () => {
  const bomb = Buffer.alloc(64 * MiB);
  const packed = new Map(Object.entries(CODINGS).map(([name, pack]) => [name, pack(bomb)]));
  const server = await origin((request, response) => {
    const name = request.url?.slice(1) ?? '';
    response.writeHead(200, { 'Content-Encoding': name });
    response.end(packed.get(name));
  });
  for (const limits of [{ downloadBytes: 4 * MiB, expansion: 100_000 }, { expansion: 100 }]) {
    const { egress, records } = await worldFor(server.port, limits);
    for (const name of packed.keys()) {
      const session = egress.open();
      const answer = await session.fetch({ url: `http://allowed.test:${server.port}/${name}` });
      const { end, bytes } = await drain(answer);
      expect(end).toBe('downloadBytes' in limits ? 'limit' : 'network');
      // Beyond the free first MiB at most what the wire has brought allows, and never the whole.
      expect(bytes).toBeLessThan(32 * MiB);
      session.close();
    }
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(
      new Set(['downloadBytes' in limits ? 'cut' : 'failed']),
    );
  }
});

test('codings on top of each other, unknown ones and broken ones are failures', async () => {
  const server = await origin((request, response) => {
    const data = gzipSync(Buffer.from('x'.repeat(5000)));
    switch (request.url) {
      case '/twice':
        response.writeHead(200, { 'Content-Encoding': 'gzip, gzip' });
        response.end(gzipSync(data));
        break;
      case '/unknown':
        response.writeHead(200, { 'Content-Encoding': 'rot13' });
        response.end('x');
        break;
      case '/garbage':
        response.writeHead(200, { 'Content-Encoding': 'gzip' });
        response.end('this is no gzip');
        break;
      default:
        response.writeHead(200, { 'Content-Encoding': 'gzip' });
        response.end(data.subarray(0, data.length - 10));
    }
  });
  const { egress } = await worldFor(server.port);
  const at = (path: string): string => `http://allowed.test:${server.port}${path}`;
  expect((await once(egress, at('/twice'))).answer).toEqual(FAILED);
  expect((await once(egress, at('/unknown'))).answer).toEqual(FAILED);
  expect((await once(egress, at('/garbage'))).end).toBe('network');
  expect((await once(egress, at('/cut'))).end).toBe('network');
});

test('a frame that asks for a window of 64 MiB is a failure', async ({ skip }) => {
  skip(CODINGS['zstd'] === undefined, 'this Node.js has no zstd');
  const data = Buffer.alloc(65 * MiB, 'x');
  const { ZSTD_c_windowLog: windowLog } = constants;
  const packed = [
    zstdCompressSync(data, { params: { [windowLog]: 26 } }),
    zstdCompressSync(data.subarray(MiB)),
  ];
  const server = await origin((request, response) => {
    response.writeHead(200, { 'Content-Encoding': 'zstd' });
    response.end(packed[Number(request.url?.slice(1))]);
  });
  const { egress } = await worldFor(server.port, { expansion: 100_000, downloadBytes: 128 * MiB });
  const ends: string[] = [];
  for (const path of [0, 1])
    ends.push((await once(egress, `http://allowed.test:${server.port}/${path}`)).end);
  expect(ends).toEqual(['network', 'end']);
});

test('EG-SCN-030: floods of headers are refused', async () => {
  const heads = {
    large: `X-Large: ${'x'.repeat(16 * MiB)}\r\n`,
    many: 'X: y\r\n'.repeat(100_000),
    cookies: 'Set-Cookie: a=b\r\n'.repeat(100_000),
    lines: 'X:\r\n'.repeat(1500),
  };
  for (const head of Object.values(heads)) {
    const server = await raw(socket => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${head}\r\nok`);
    });
    const { egress, records } = await worldFor(server.port);
    expect((await once(egress, `http://allowed.test:${server.port}/`)).answer).toEqual(FAILED);
    expect(records[0]?.fault).toMatch(/^headers/);
    await soon(() => server.open()).toBe(0);
  }
});

test('a flood of interim responses is refused, a few are not', async () => {
  const flood = await raw(socket => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(100)));
      if (!socket.destroyed) socket.once('drain', pour);
    };
    pour();
  });
  const few = await raw(socket => {
    socket.write(
      `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );
  });
  const world = await worldFor(flood.port);
  expect((await once(world.egress, `http://allowed.test:${flood.port}/`)).answer).toEqual(FAILED);
  expect(world.records[0]?.fault).toMatch(/^headers/);
  const { egress } = await worldFor(few.port);
  expect(await once(egress, `http://allowed.test:${few.port}/`)).toMatchObject({ text: 'ok', end: 'end' });
});

test('what is not HTTP, or is ambiguous, is a failure', async () => {
  const answers = [
    'SSH-2.0-OpenSSH_9.6\r\n',
    '-ERR unknown command\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\nab',
    'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n',
    'HTTP/0.9\r\n\r\n',
    '',
  ];
  for (const answer of answers) {
    const server = await raw(socket => socket.end(answer));
    const { egress } = await worldFor(server.port);
    expect({ answer, got: (await once(egress, `http://allowed.test:${server.port}/`)).answer }).toEqual({
      answer,
      got: FAILED,
    });
  }
});

test('a connection that breaks in the middle is a failure of the body', async () => {
  const kinds = {
    short: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this',
    chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nonly ',
  };
  for (const head of Object.values(kinds)) {
    const server = await raw(socket => {
      socket.write(head, () => socket.destroySoon());
    });
    const { egress } = await worldFor(server.port);
    expect((await once(egress, `http://allowed.test:${server.port}/`)).end).toBe('network');
  }
  const reset = await raw(socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this', () => socket.resetAndDestroy());
  });
  const { egress } = await worldFor(reset.port);
  expect((await once(egress, `http://allowed.test:${reset.port}/`)).end).toMatch(/^(network|failed)$/);
});

test('what breaks together with the head is a failure of the body, and never its end', async () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const packed = gzipSync(Buffer.from('hello')).toString('latin1');
  const coded = `${head}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`;
  const answers = [
    // Garbage after a complete answer is nobody's business.
    [`${head}Content-Length: 5\r\n\r\nhello and more`, 'hello end'],
    [`${head}Content-Length: 5\r\n\r\nhello${head}\r\n`, 'hello end'],
    [`${coded}${packed}${head}`, 'hello end'],
    [`${head}Content-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n`, ' end'],
    // Garbage within one is not.
    [`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n`, 'network'],
    [`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello and more`, 'network'],
    [`${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`, 'network'],
    [`${coded}${packed.slice(0, -9)}XXXXXXXXX`, 'network'],
  ] as const;
  for (const [answer, wanted] of answers) {
    const server = await raw(socket => socket.end(answer, 'latin1'));
    const { egress } = await worldFor(server.port);
    const { text, end } = await once(egress, `http://allowed.test:${server.port}/`);
    expect([answer, end === 'end' ? `${text} end` : end]).toEqual([answer, wanted]);
  }
});

test('a body that has arrived is read to its end although its connection is gone', async () => {
  const KiB = 1024;
  for (const size of [1, 64 * KiB, 100 * KiB, 128 * KiB, 160 * KiB, 200 * KiB, 300 * KiB, 1024 * KiB]) {
    for (const coding of [null, 'gzip']) {
      const body = Buffer.alloc(size, 'x').map(() => Math.floor(Math.random() * 256));
      const sent = coding === null ? body : gzipSync(body);
      const server = await raw(socket => {
        const about = coding === null ? '' : `Content-Encoding: ${coding}\r\n`;
        socket.write(`HTTP/1.1 200 OK\r\n${about}Content-Length: ${sent.length}\r\n\r\n`);
        socket.end(sent);
      });
      const { egress } = await worldFor(server.port);
      const session = egress.open();
      const answer = await session.fetch({ url: `http://allowed.test:${server.port}/` });
      // Nobody reads for a while.
      await new Promise(resolve => setTimeout(resolve, 30));
      expect(await drain(answer)).toMatchObject({ end: 'end', bytes: size });
      session.close();
    }
  }
});

test('EG-SCN-033: hostile names and values of headers arrive as plain text', async () => {
  const server = await origin((_, response) => {
    response.writeHead(200, [
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['hasOwnProperty', '1'],
    ] as never);
    response.end();
  });
  const { egress } = await worldFor(server.port);
  const { answer } = await once(egress, `http://allowed.test:${server.port}/`);
  if (answer.kind !== 'response') throw new Error('no response');
  expect(answer.response.headers).toEqual(
    expect.arrayContaining([
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]),
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a server that trickles, or says nothing, is left when the request is out of time', async () => {
  const server = await origin((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200);
    const timer = setInterval(() => response.write('.'), 10);
    response.on('close', () => clearInterval(timer));
  });
  const { egress, records } = await worldFor(server.port, { requestTimeoutMs: 1500 });
  expect((await once(egress, `http://allowed.test:${server.port}/silent`)).answer).toEqual(FAILED);
  const { answer, end } = await once(egress, `http://allowed.test:${server.port}/trickle`);
  expect([answer.kind, end]).toEqual(['response', 'network']);
  expect(records.map(({ outcome, fault }) => [outcome, fault])).toEqual([
    ['failed', 'timeout'],
    ['failed', 'timeout'],
  ]);
  await soon(() => server.open()).toBe(0);
});

test('responses without a body have none, whatever their headers say', async () => {
  const server = await origin((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { 'Content-Encoding': 'gzip' });
    response.end();
  });
  const { egress } = await worldFor(server.port);
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
    ['GET', 200],
  ] as const) {
    const url = `http://allowed.test:${server.port}/${status}`;
    expect(await once(egress, { url, method })).toMatchObject({
      text: '',
      end: 'end',
      answer: { kind: 'response', response: { status } },
    });
  }
});
