/** What people do: run, stop, step, open, share. */
import { assemble, FLOWS, type FlowDocument } from '../examples/workflows/index.ts';
import type { Client } from './client.ts';
import { readExample } from './example-files.ts';
import { store } from './store.ts';

/** Typing is checked when it pauses for this long. */
const CHECK_MS = 250;

let client: Promise<Client> | undefined;

/** The engine and what makes cells: another program, fetched when it is first needed. */
function engine(): Promise<Client> {
  client ??= import('./client.ts')
    .then(({ startClient }) => startClient(events => store.take(events)))
    .then(ready => {
      store.set({ capabilities: ready.capabilities });
      return ready;
    });
  return client;
}

function fail(error: unknown): void {
  store.set({ phase: 'idle', notice: error instanceof Error ? error.message : String(error) });
}

let typedPython = false;
export const pythonWasTyped = (): void => {
  typedPython = true;
};

let timer: ReturnType<typeof setTimeout> | undefined;
let checks = 0;

async function check(): Promise<void> {
  const number = ++checks;
  const { document, secrets } = store.get();
  const ready = await engine();
  const { check: found, error } = await ready.check({
    document: JSON.stringify(document),
    secrets,
    python: typedPython,
  });
  // The document has changed since: a newer answer is on its way.
  if (number === checks)
    store.set(found === null ? { settingsError: error } : { check: found, settingsError: null });
}

export function checkSoon(delay: number = CHECK_MS): void {
  clearTimeout(timer);
  timer = setTimeout(() => void check().catch(fail), delay);
}

export async function run(
  how: { readonly stepwise?: boolean; readonly resume?: boolean } = {},
): Promise<void> {
  const { phase, document, secrets, record } = store.get();
  if (phase === 'starting' || phase === 'running') return;
  const resume = how.resume === true ? record : null;
  store.begin(resume !== null);
  try {
    const ready = await engine();
    const outcome = await ready.run({
      document: JSON.stringify(document),
      secrets,
      stepwise: how.stepwise ?? false,
      resume,
    });
    if (outcome.kind === 'done')
      store.set({ phase: 'done', record: outcome.record, waiting: null, download: null });
    else store.set({ phase: 'done', refused: outcome.error, waiting: null, download: null });
  } catch (error) {
    fail(error);
  }
}

export const stop = (): void =>
  void engine()
    .then(ready => ready.stop())
    .catch(fail);

/** Starts a run that waits before each node, or lets the next node begin. */
export function step(): void {
  const { phase, waiting } = store.get();
  if (phase === 'running' && waiting !== null)
    void engine()
      .then(ready => ready.step())
      .catch(fail);
  else void run({ stepwise: true });
}

export async function openExample(name: string): Promise<void> {
  const example = FLOWS.find(flow => flow.name === name);
  if (example === undefined) return;
  try {
    const base = new URL('api', location.href).href;
    const document = await assemble(example, { read: readExample, base });
    store.load(document, example.secrets ?? {}, name);
    checkSoon(0);
  } catch (error) {
    fail(error);
  }
}

export function openDocument(document: FlowDocument): void {
  store.load(document);
  checkSoon(0);
}
