/** The command line with plugins that use the network: hosts, addresses, secrets, and what they would need. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { citadel, folder } from './cli.ts';

const { file } = folder();
const hits: string[] = [];
let server: Server;
let base = '';
let host = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.end('hello');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
  base = `http://${host}`;
});
afterAll(() => server.close());

const plugin = file(
  'asks.js',
  `export default async function ({ base }) {
    const first = await (await fetch(base + '/first?key=1')).text();
    await fetch(base + '/second', { method: 'POST', body: first });
    return first;
  }`,
);
const input = (): string[] => ['--input', JSON.stringify({ base })];
const LOOPBACK = '--allow-ip=127.0.0.1,::1';

describe('citadel run with a network', () => {
  it('lets a plugin reach what the options name, and shows each attempt with the cost', async () => {
    const ended = await citadel(['run', plugin, ...input(), `--allow-net=${host}`, LOOPBACK, '--report']);
    expect(ended).toMatchObject({ code: 0, out: 'hello\n' });
    expect(ended.err).toContain(`allowed by ${host}: GET ${base}/first?key=…: 200, complete, 5 bytes`);
  });

  it('says which rule would have allowed it', async () => {
    const ended = await citadel(['run', plugin, ...input()]);
    expect(ended).toMatchObject({ code: 3, out: '' });
    expect(ended.err).toContain(`denied network ${host}; add "${host}" to network.allow`);
  });

  it('asks with a secret the plugin never has', async () => {
    const policy = file(
      'policy.json',
      JSON.stringify({ secrets: { TOKEN: { hosts: [host], plaintext: true } } }),
    );
    const secret = file('token.txt', 'the-secret-value\n');
    const asking = file(
      'secret.js',
      'await fetch(input.base + "/secret", { headers: { authorization: env.TOKEN } }); console.log(env.TOKEN); env.TOKEN',
    );
    const ended = await citadel([
      'run', asking, ...input(), '--policy', policy, `--allow-net=${host}`, LOOPBACK, '--secret', `TOKEN=@${secret}`,
    ]); // biome-ignore format: a list
    expect(ended.code).toBe(0);
    expect(hits).toContain('GET /secret the-secret-value');
    expect(ended.out + ended.err).not.toContain('the-secret-value');
  });

  it('learns the least a plugin needs, which is then enough', async () => {
    const ended = await citadel(['run', plugin, ...input(), '--learn', LOOPBACK]);
    expect(ended.code).toBe(0);
    const learned = JSON.parse(ended.out) as unknown;
    const port = Number(host.split(':')[1]);
    expect(learned).toEqual({
      network: {
        allow: [
          {
            host: 'localhost',
            ports: [port],
            schemes: ['http'],
            methods: ['GET', 'POST'],
            paths: ['/first', '/second'],
          },
        ],
      },
    });
    const policy = file('learned.json', ended.out);
    expect(await citadel(['run', plugin, ...input(), '--policy', policy, LOOPBACK])).toMatchObject({
      code: 0,
      out: 'hello\n',
    });
    const other = file('other.js', 'await fetch(input.base + "/third")');
    expect((await citadel(['run', other, ...input(), '--policy', policy, LOOPBACK])).code).toBe(3);
  });

  it('never learns an address that is not public', async () => {
    const ended = await citadel(['run', plugin, ...input(), '--learn']);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.out)).toEqual({ network: {} });
    expect(ended.err).toContain('add "127.0.0.1" to network.allowIp');
  });
});
