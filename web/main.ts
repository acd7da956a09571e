/** The page: puts its parts together, and says in the page when one of them fails. */
import { showCapabilities } from './capability-view.ts';
import { type Client, startClient } from './client.ts';
import { createCodePanel } from './code-panel.ts';
import { byId, element, showMessage } from './dom.ts';
import { examples, type LoadedExample, modules } from './examples.ts';
import { createInputPanel } from './input-panel.ts';
import { createLogsView } from './logs-view.ts';
import type { OpenedModule } from './module-panel.ts';
import { CannotOpen, onOpen, readPlugin } from './open-file.ts';
import { createPolicyPanel } from './policy-panel.ts';
import type { Language, Outcome, RunRequest } from './protocol.ts';
import { reportView } from './report-view.ts';
import { resultView } from './result-view.ts';

/** Typing is checked when it pauses for this long. */
const CHECK_MS = 200;

const EXTENSIONS: Readonly<Record<Language, string>> = {
  javascript: 'js',
  typescript: 'ts',
  python: 'py',
};

type State = 'idle' | 'running' | 'success' | 'failure';

function fatal(reason: unknown): void {
  const text = reason instanceof Error ? reason.message : String(reason);
  byId('boot', HTMLParagraphElement).hidden = true;
  showMessage(byId('fatal', HTMLDivElement), `The playground failed. ${text}`);
}

function start(client: Client, logs: ReturnType<typeof createLogsView>): void {
  const status = byId('status', HTMLParagraphElement);
  const runButton = byId('run', HTMLButtonElement);
  const stopButton = byId('stop', HTMLButtonElement);
  const picker = byId('example', HTMLSelectElement);
  const result = byId('result', HTMLDivElement);
  const report = byId('report', HTMLDivElement);

  let isRunning = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let checks = 0;
  let loaded: LoadedExample | undefined;
  /** Names of files that were opened. */
  let opened: Partial<Record<Language, string>> | null = null;

  const say = (state: State, text: string): void => {
    status.dataset['state'] = state;
    status.textContent = text;
  };
  const checkSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void check().catch(fatal), CHECK_MS);
  };
  const code = createCodePanel(checkSoon);
  const policy = createPolicyPanel(checkSoon);
  const input = createInputPanel();

  async function check(): Promise<void> {
    const number = ++checks;
    const read = policy.read();
    const kind = code.kind();
    if (kind === 'wasm' && code.module.opened() === null) return;
    const { policyError, ...found } =
      kind === 'wasm'
        ? await client.inspect(read ?? 'null')
        : await client.check({ code: code.text(), language: kind, policy: read ?? 'null', modules });
    // The text has changed since: a newer answer is on its way.
    if (number !== checks) return;
    if ('inspection' in found) code.module.show(found.inspection);
    else code.show(found.validation);
    if (read !== null) policy.showError(policyError?.message ?? null);
  }

  function clear(): void {
    logs.clear();
    result.replaceChildren(element('p', 'note', 'Nothing yet.'));
    report.replaceChildren(element('p', 'note', 'Nothing yet.'));
  }

  /** Disabled for clicks, but the focus stays where it was. */
  function setRunning(next: boolean): void {
    isRunning = next;
    runButton.setAttribute('aria-disabled', String(next));
    stopButton.setAttribute('aria-disabled', String(!next));
  }

  function show(outcome: Outcome): void {
    result.replaceChildren(resultView(outcome, code.goTo));
    if (outcome.kind === 'refused') {
      report.replaceChildren(element('p', 'note', 'Nothing ran.'));
      say('failure', `Not run: ${outcome.error.code}`);
      return;
    }
    report.replaceChildren(reportView(outcome.report));
    const took = `${outcome.report.usage.wallMs.toFixed(0)} ms`;
    if (outcome.kind === 'success') say('success', `Succeeded in ${took}`);
    else if (outcome.error.code === 'CANCELLED') say('failure', `Stopped after ${took}`);
    else say('failure', `Ended with ${outcome.error.code} after ${took}`);
  }

  async function run(): Promise<void> {
    if (isRunning) return;
    const given = input.read();
    const rules = policy.read();
    clear();
    if (given === null || rules === null) {
      say('failure', `Not run: correct the ${given === null ? 'input' : 'policy'} first`);
      return;
    }
    const request = requestFor({ input: given, policy: rules, modules });
    if (request === null) {
      say('failure', 'Not run: open a module first');
      return;
    }
    setRunning(true);
    say('running', 'Running…');
    try {
      show(await client.run(request));
    } finally {
      setRunning(false);
    }
  }

  /** Null when there is nothing to run yet. */
  function requestFor(given: Pick<RunRequest, 'input' | 'policy' | 'modules'>): RunRequest | null {
    const kind = code.kind();
    if (kind === 'wasm') {
      const module = code.module.opened();
      if (module === null) return null;
      const { name, entry, args, output, files } = module;
      return { kind: 'module', ...given, fileName: name, entry, args, output, files };
    }
    const own = loaded?.kind === kind ? loaded.fileName : null;
    const fileName = own ?? opened?.[kind] ?? `plugin.${EXTENSIONS[kind]}`;
    return { kind: 'script', ...given, code: code.text(), language: kind, fileName };
  }

  /** A later choice of the person's makes an earlier one, whose file is still coming, stale. */
  let choices = 0;

  async function load(name: string): Promise<void> {
    const number = ++choices;
    const example = examples.find(one => one.name === name);
    if (example === undefined) return;
    const bytes = example.kind === 'wasm' ? await example.load() : null;
    if (number !== choices) return;
    loaded = example;
    opened = null;
    if (example.kind !== 'wasm') code.set(example.kind, example.code);
    else if (bytes !== null) await openModule(bytes, { ...example.module, name: example.fileName });
    input.set(example.inputKind, example.input);
    policy.setText(example.policy);
    clear();
    say('idle', 'Ready');
    const rules = policy.read();
    if (rules !== null) client.warm({ policy: rules, modules }, example.kind).catch(fatal);
  }

  async function openModule(bytes: Uint8Array, module: OpenedModule): Promise<void> {
    await client.open(bytes);
    code.module.open(module);
    code.setModule();
    checkSoon();
  }

  async function open(file: File): Promise<void> {
    const number = ++choices;
    const plugin = await readPlugin(file);
    if (number !== choices || isRunning) return;
    loaded = undefined;
    if (plugin.kind === 'script') {
      opened = { [plugin.language]: plugin.name };
      code.set(plugin.language, plugin.text);
    } else {
      await openModule(plugin.bytes, { name: plugin.name, files: {}, entry: '', args: [], output: 'auto' });
    }
    clear();
    say('idle', `Opened ${plugin.name}`);
  }

  const runOrSay = (): void =>
    void run().catch((error: unknown) => {
      say('failure', 'Not run');
      fatal(error);
    });
  runButton.addEventListener('click', runOrSay);
  stopButton.addEventListener('click', () => {
    if (isRunning) client.stop().catch(fatal);
  });
  // Before the editors see it: to them it means a new line.
  document.addEventListener(
    'keydown',
    event => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      runOrSay();
    },
    { capture: true },
  );
  picker.append(
    ...examples.map(({ name, title, fileName }) => {
      const option = element('option', '', `${fileName}: ${title}`);
      option.value = name;
      return option;
    }),
  );
  picker.addEventListener('change', () => void load(picker.value).catch(fatal));
  onOpen(file => {
    open(file).catch((error: unknown) => {
      if (error instanceof CannotOpen) say('failure', error.message);
      else fatal(error);
    });
  });
  void load(picker.value).catch(fatal);
}

addEventListener('error', event => fatal(event.error ?? event.message));
addEventListener('unhandledrejection', event => fatal(event.reason));
try {
  const logs = createLogsView(byId('logs', HTMLDivElement), byId('logs-note', HTMLSpanElement));
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) byId('shortcut', HTMLElement).textContent = '⌘↩';
  const client = await startClient(logs.add);
  showCapabilities(client.capabilities);
  byId('app', HTMLElement).hidden = false;
  start(client, logs);
  byId('boot', HTMLParagraphElement).hidden = true;
} catch (error) {
  fatal(error);
}
