/** Runs the workflow in three languages against a server on this machine, and shows its progress and what came of it. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorkflowEngine, openSqlite, type RunEvent, type RunRecord } from '../src/workflow.ts';
import { assemble, FLOWS, type FlowDocument } from './workflows/index.ts';

const read = async (file: string): Promise<string> =>
  (await readFile(new URL(file, import.meta.url))).toString(file.endsWith('.wasm') ? 'base64' : 'utf8');

/** What the playground's static files answer, from a server of our own. */
async function serve(): Promise<{ readonly base: string; close(): void }> {
  const server = createServer((request, response) => {
    const [, name = ''] = /^\/api\/(rates|weather)\.json$/.exec(request.url ?? '') ?? [];
    if (name === '') response.writeHead(404).end();
    else
      void read(`../web/public/api/${name}.json`).then(text =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(text),
      );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { base: `http://localhost:${port}/api`, close: () => void server.close() };
}

function engineFor({ settings }: FlowDocument) {
  const { policies, database } = settings;
  return createWorkflowEngine({
    policies,
    databases:
      database === null
        ? {}
        : {
            main: {
              open: () => openSqlite({ setup: database.setup }),
              verbs: database.verbs as readonly ('select' | 'insert')[],
              tables: database.tables,
            },
          },
  });
}

function show(event: RunEvent): void {
  if (event.type === 'log')
    console.log(`  ${event.node}: [${event.entry.level}] ${event.entry.text.trimEnd()}`);
  if (event.type === 'node-end') {
    const { status, inputs, outputs, ms } = event.record;
    const count = (ports: typeof inputs): number =>
      Object.values(ports).reduce((sum, list) => sum + list.length, 0);
    console.log(
      `  ${event.node.padEnd(10)} ${status.padEnd(8)} ${String(count(inputs)).padStart(4)} → ${String(count(outputs)).padStart(4)} items  ${ms.toFixed(0).padStart(6)} ms`,
    );
  }
}

/** The example of that name, run here. `quiet` leaves out the progress. */
export async function runFlow(name: string, quiet = false): Promise<RunRecord> {
  const example = FLOWS.find(flow => flow.name === name);
  if (example === undefined) throw new Error(`there is no workflow ${name}`);
  const server = await serve();
  try {
    const document = await assemble(example, { read, base: server.base });
    await using engine = engineFor(document);
    const { input, vars } = document.settings;
    return await engine.run(document.workflow, { input, vars, ...(quiet ? {} : { onEvent: show }) });
  } finally {
    server.close();
  }
}
