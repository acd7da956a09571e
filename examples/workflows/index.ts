/**
 * Workflows to look at, as data: the terminal (`npm start`) and the playground run the same ones. Names files and reads
 * none: `assemble` puts their contents in.
 */
import type { PluginSecurityPolicy } from '../../src/index.ts';
import type { Json, Workflow, WorkflowNode } from '../../src/workflow.ts';

/** What a run is given beside the workflow. The workflow is the author's; all of this is the operator's. */
export interface Settings {
  readonly input: Json;
  readonly vars: Readonly<Record<string, Json>>;
  readonly policies: Readonly<Record<string, PluginSecurityPolicy>>;
  /** The database `main`, in memory. */
  readonly database: {
    readonly setup: string;
    readonly verbs: readonly string[];
    readonly tables: readonly string[];
  } | null;
}

/** A file the playground opens and saves. */
export interface FlowDocument {
  readonly workflow: Workflow;
  readonly settings: Settings;
}

export interface FlowExample {
  readonly name: string;
  readonly title: string;
  /** One or two lines: what it shows. */
  readonly about: string;
  readonly kind: 'useful' | 'hostile';
  readonly document: FlowDocument;
  /** node → the file of its code, below `examples/`. A `.wasm` becomes base64. */
  readonly code: Readonly<Record<string, string>>;
  /** Values of secrets. They are no part of the document: it can be shared. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Key of the input → a text file below `examples/`. */
  readonly inputFiles?: Readonly<Record<string, string>>;
}

const at = (column: number, row: number): { x: number; y: number } => ({ x: column * 230, y: row * 120 });

const node = (
  id: string,
  kind: string,
  title: string,
  place: WorkflowNode['position'],
  more: Partial<WorkflowNode> = {},
): WorkflowNode => ({ id, kind, title, ...more, ...(place === undefined ? {} : { position: place }) });

const settings = (given: Partial<Settings> = {}): Settings => ({
  input: {},
  vars: {},
  policies: { default: {} },
  database: null,
  ...given,
});

/** Where the files of the playground, or of the local server of `npm start`, are: the only address these may ask. */
export const BASE = '{{BASE}}';
const HOST = '{{HOST}}';

/** What lets a plugin reach the server the page itself came from. */
const OWN_SERVER: PluginSecurityPolicy['network'] = { allowIp: [HOST] };

const orders: FlowExample = {
  name: 'orders',
  title: 'Orders in three languages',
  about:
    'Reads 500 orders, fetches rates, branches, and puts JavaScript, Python, WebAssembly and a database to work.',
  kind: 'useful',
  code: {
    lines: 'workflows/plugins/order-lines.js',
    statistics: 'workflows/plugins/region-statistics.py',
    instalment: 'native/finance/finance.wasm',
  },
  inputFiles: { csv: 'data/orders.csv' },
  document: {
    settings: settings({
      input: { csv: '' },
      vars: { base: BASE, large: 200_000 },
      policies: { default: {}, web: { network: OWN_SERVER, limits: {} } },
      database: {
        setup:
          'create table totals(region text primary key, orders integer, euros numeric, dollars numeric);',
        verbs: ['select', 'insert'],
        tables: ['totals'],
      },
    }),
    workflow: {
      version: 1,
      name: 'Orders in three languages',
      nodes: [
        node('start', 'input', 'A file of orders', at(0, 0)),
        node('parse', 'utils.csv', 'Read the CSV', at(1, 0), { config: { from: '$.csv', numbers: true } }),
        node('each', 'logic.split', 'Each order', at(2, 0)),
        node('lines', 'plugin', 'Value of an order', at(3, 0), {
          concurrency: 16,
          config: { runtime: 'javascript', code: '' },
        }),
        node('open', 'logic.filter', 'Not cancelled', at(4, 0), {
          config: { expression: "item.status !== 'cancelled'" },
        }),
        node('large', 'logic.if', 'Large?', at(5, 0), {
          config: { expression: 'item.cents > vars.large' },
        }),
        node('loan', 'logic.map', 'Paid in a year', at(3, 1.15), {
          config: { expression: '[item.cents / 100, 0.06, 12]' },
        }),
        node('instalment', 'plugin', 'Monthly instalment', at(4, 1.15), {
          concurrency: 16,
          config: { runtime: 'wasm', code: '', entry: 'payment' },
        }),
        node('small', 'logic.collect', 'The others', at(3, 2.1), { config: { into: 'orders' } }),
        node('count', 'logic.map', 'How many', at(4, 2.1), {
          config: { expression: '({ small: item.orders.length })' },
        }),
        node('statistics', 'plugin', 'Statistics of regions', at(2, 3.1), {
          mode: 'batch',
          config: { runtime: 'python', code: '' },
        }),
        node('rates', 'http', 'Exchange rate', at(0, 3.1), {
          config: { url: '{{ vars.base | raw }}/rates.json', policy: 'web' },
          retry: { attempts: 3, delayMs: 200 },
        }),
        node('rate', 'logic.split', 'Rate of each region', at(1, 3.7), { config: { from: '$.regions' } }),
        node('join', 'logic.merge', 'With its rate', at(3, 3.4), { config: { by: 'key', key: '$.region' } }),
        node('save', 'db', 'Keep the totals', at(4, 3.4), {
          mode: 'batch',
          config: {
            sql: 'insert into totals (region, orders, euros, dollars) values ($1, $2, $3, round($3 * $4, 2))',
            params: ['$.region', '$.orders', '$.total', '$.usd'],
          },
        }),
        node('done', 'logic.collect', 'When all are in', at(5, 3.4)),
        node('report', 'db', 'Report', at(5, 2.1), {
          config: { sql: 'select region, orders, euros, dollars from totals order by euros desc' },
        }),
      ],
      edges: [
        { from: 'start', to: 'parse' },
        { from: 'parse', to: 'each' },
        { from: 'each', to: 'lines' },
        { from: 'lines', to: 'open' },
        { from: 'open', to: 'large' },
        { from: 'large', out: 'true', to: 'loan' },
        { from: 'loan', to: 'instalment' },
        { from: 'large', out: 'false', to: 'small' },
        { from: 'small', to: 'count' },
        { from: 'open', to: 'statistics' },
        { from: 'start', to: 'rates' },
        { from: 'rates', to: 'rate' },
        { from: 'statistics', to: 'join' },
        { from: 'rate', to: 'join', in: 'with' },
        { from: 'join', to: 'save' },
        { from: 'save', to: 'done' },
        { from: 'done', to: 'report' },
      ],
    },
  },
};

const LEADS =
  'name,email,employees\nAda,ada@analytical.example,420\nGrace,grace@navy.example,90\nLinus,linus@gmail.com,3\nNo Mail,,12\nMargaret,margaret@apollo.example,800\n';

const enrich: FlowExample = {
  name: 'enrich-csv',
  title: 'Enrich a CSV',
  about: 'Each row is scored by a plugin in a guest of its own; a row that fails leaves by the error edge.',
  kind: 'useful',
  code: { score: 'workflows/plugins/score-lead.js' },
  document: {
    settings: settings({ input: { csv: LEADS } }),
    workflow: {
      version: 1,
      name: 'Enrich a CSV',
      nodes: [
        node('start', 'input', 'Leads', at(0, 0.5)),
        node('parse', 'utils.csv', 'Read the CSV', at(1, 0.5), { config: { from: '$.csv' } }),
        node('each', 'logic.split', 'Each row', at(2, 0.5)),
        node('score', 'plugin', 'Score', at(3, 0.5), { config: { runtime: 'javascript', code: '' } }),
        node('all', 'logic.collect', 'All rows', at(4, 0.2)),
        node('csv', 'utils.csv', 'Write the CSV', at(5, 0.2), { config: { op: 'format' } }),
        node('bad', 'logic.collect', 'Rows to look at', at(4, 1.2)),
      ],
      edges: [
        { from: 'start', to: 'parse' },
        { from: 'parse', to: 'each' },
        { from: 'each', to: 'score' },
        { from: 'score', to: 'all' },
        { from: 'all', to: 'csv' },
        { from: 'score', out: 'error', to: 'bad' },
      ],
    },
  },
};

/** One plugin between an input and its result. */
function single(
  given: Omit<FlowExample, 'document' | 'code'> & {
    readonly file: string;
    readonly node?: Partial<WorkflowNode>;
    readonly settings?: Partial<Settings>;
  },
): FlowExample {
  const { file, node: more = {}, settings: own = {}, ...rest } = given;
  const runtime = file.endsWith('.py') ? 'python' : 'javascript';
  return {
    ...rest,
    code: { plugin: `workflows/plugins/${file}` },
    document: {
      settings: settings(own),
      workflow: {
        version: 1,
        name: given.title,
        nodes: [
          node('start', 'input', 'Input', at(0, 0)),
          { ...node('plugin', 'plugin', file, at(1, 0), { config: { runtime, code: '', ...more.config } }) },
        ],
        edges: [{ from: 'start', to: 'plugin' }],
      },
    },
  };
}

const image: FlowExample = {
  name: 'image-filter',
  title: 'Image filter in WebAssembly',
  about:
    'JavaScript draws a picture, a module written in AssemblyScript finds its edges. The bytes are shown as what they are.',
  kind: 'useful',
  code: { draw: 'workflows/plugins/draw-image.js', edges: 'native/image-edges/image-edges.wasm' },
  document: {
    settings: settings({ input: { size: 160 } }),
    workflow: {
      version: 1,
      name: 'Image filter in WebAssembly',
      nodes: [
        node('start', 'input', 'Size', at(0, 0)),
        node('draw', 'plugin', 'Draw', at(1, 0), { config: { runtime: 'javascript', code: '' } }),
        node('edges', 'plugin', 'Find edges', at(2, 0), {
          config: { runtime: 'wasm', code: '', output: 'bytes' },
        }),
      ],
      edges: [
        { from: 'start', to: 'draw' },
        { from: 'draw', to: 'edges' },
      ],
    },
  },
};

const inject: FlowExample = {
  name: 'inject',
  title: 'Inject SQL',
  about:
    'One item tries to end the statement early, one node asks for a table nobody listed. The value stays a value, the table stays closed.',
  kind: 'hostile',
  code: {},
  document: {
    settings: settings({
      input: [{ name: 'lamp' }, { name: "' or 1=1; drop table stock; --" }],
      database: {
        setup:
          "create table stock(name text, amount integer); insert into stock values ('lamp', 3), ('desk', 5);\ncreate table users(name text, password text); insert into users values ('root', 'hunter2');",
        verbs: ['select'],
        tables: ['stock'],
      },
    }),
    workflow: {
      version: 1,
      name: 'Inject SQL',
      nodes: [
        node('start', 'input', 'Names', at(0, 0.5)),
        node('find', 'db', 'Find by name', at(1, 0), {
          config: {
            sql: 'select name, amount from stock where name = $1',
            params: ['$.name'],
            rows: 'list',
            into: 'found',
          },
        }),
        node('steal', 'db', 'Read the users', at(1, 1.1), {
          config: { sql: 'select name, password from users' },
        }),
        node('caught', 'logic.collect', 'What was refused', at(2, 1.1)),
      ],
      edges: [
        { from: 'start', to: 'find' },
        { from: 'start', to: 'steal' },
        { from: 'steal', out: 'error', to: 'caught' },
      ],
    },
  },
};

export const FLOWS: readonly FlowExample[] = [
  enrich,
  orders,
  single({
    name: 'secret',
    title: 'Call an API with a secret',
    about:
      'The plugin holds a placeholder. It becomes the secret on its way out, and only to the host it is for.',
    kind: 'useful',
    file: 'weather-advice.js',
    secrets: { TOKEN: 'not-a-real-token-1234' },
    settings: {
      policies: {
        default: {
          network: OWN_SERVER,
          env: { API: BASE },
          secrets: { TOKEN: { hosts: ['{{HOSTNAME}}'], plaintext: true } },
        },
      },
    },
  }),
  image,
  single({
    name: 'statistics',
    title: 'Statistics in Python',
    about: 'CPython with its standard library, in the page: two samples compared.',
    kind: 'useful',
    file: 'survey.py',
    settings: {
      input: { before: [12.1, 11.4, 13.0, 12.7, 11.9, 12.2], after: [13.4, 13.9, 12.8, 14.2, 13.1, 13.6] },
    },
  }),
  single({
    name: 'steal',
    title: 'Send data away',
    about:
      'A helper that formats prices also posts every order to somebody else. The request is denied, and named.',
    kind: 'hostile',
    file: 'steal-data.js',
    settings: { input: [{ id: 'A1000', customer: 'Acme, Inc.', cents: 187_920 }] },
  }),
  single({
    name: 'escape',
    title: 'Try to escape (JavaScript)',
    about: 'Thirteen ways out of a sandbox, and what stopped each.',
    kind: 'hostile',
    file: 'escape.js',
    settings: { input: { customer: 'Acme, Inc.' } },
  }),
  single({
    name: 'escape-python',
    title: 'Try to escape (Python)',
    about: 'Subprocesses, sockets, the disk, C: nine ways, none of which leads anywhere.',
    kind: 'hostile',
    file: 'escape.py',
  }),
  single({
    name: 'endless',
    title: 'Loop for ever',
    about: 'A loop that catches whatever is thrown into it. Stop it, or watch the limit end it.',
    kind: 'hostile',
    file: 'endless.js',
  }),
  single({
    name: 'memory',
    title: 'Take all memory',
    about: 'Allocates until the limit of its guest; the page does not notice.',
    kind: 'hostile',
    file: 'memory.js',
  }),
  inject,
];

export interface Surroundings {
  /** The contents of a file below `examples/`; a `.wasm` as base64. */
  read(file: string): Promise<string>;
  /** Such as `http://127.0.0.1:8080/api`: where `rates.json` and `weather.json` are. */
  readonly base: string;
}

/** The document of an example, with the files in it and the address of the server there is. */
export async function assemble(example: FlowExample, { read, base }: Surroundings): Promise<FlowDocument> {
  const { hostname, host, port } = new URL(base);
  const local = hostname === 'localhost' || hostname.startsWith('127.');
  const network = {
    allow: [host.startsWith('127.') ? `localhost:${port}` : host],
    // Node.js looks where a name leads, and what leads to this machine has to be allowed as such.
    ...(local ? { allowIp: [`127.0.0.1:${port}`, `[::1]:${port}`] } : {}),
  };
  const filled = JSON.stringify(example.document)
    .replaceAll(JSON.stringify(OWN_SERVER), JSON.stringify(network))
    .replaceAll(BASE, base)
    .replaceAll('{{HOSTNAME}}', host);
  const document = JSON.parse(filled) as FlowDocument;
  const code = new Map<string, string>();
  for (const [id, file] of Object.entries(example.code)) code.set(id, await read(file));
  const texts: [string, string][] = [];
  for (const [key, file] of Object.entries(example.inputFiles ?? {})) texts.push([key, await read(file)]);
  return {
    workflow: {
      ...document.workflow,
      nodes: document.workflow.nodes.map(one =>
        code.has(one.id) ? { ...one, config: { ...one.config, code: code.get(one.id) as string } } : one,
      ),
    },
    settings: {
      ...document.settings,
      input: texts.length === 0 ? document.settings.input : Object.fromEntries(texts),
    },
  };
}
