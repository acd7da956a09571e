/** The page: puts its parts together, and says in the page when one of them fails. */
import { showCapabilities } from './capability-view.ts';
import { type Client, startClient } from './client.ts';
import { createCodePanel } from './code-panel.ts';
import { byId, element, showMessage } from './dom.ts';
import { examples, type LoadedExample, modules } from './examples.ts';
import { createInputPanel } from './input-panel.ts';
import { createLogsView } from './logs-view.ts';
import { createPolicyPanel } from './policy-panel.ts';
import type { Outcome } from './protocol.ts';
import { reportView } from './report-view.ts';
import { resultView } from './result-view.ts';

/** Typing is checked when it pauses for this long. */
const CHECK_MS = 200;

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
    const { validation, policyError } = await client.check({
      code: code.text(),
      language: code.language(),
      policy: read ?? 'null',
    });
    // The text has changed since: a newer answer is on its way.
    if (number !== checks) return;
    code.show(validation);
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
    setRunning(true);
    say('running', 'Running…');
    const language = code.language();
    const own = loaded?.language === language ? loaded.fileName : null;
    try {
      show(
        await client.run({
          code: code.text(),
          language,
          fileName: own ?? (language === 'typescript' ? 'plugin.ts' : 'plugin.js'),
          input: given,
          policy: rules,
          modules,
        }),
      );
    } finally {
      setRunning(false);
    }
  }

  function load(name: string): void {
    loaded = examples.find(example => example.name === name);
    if (loaded === undefined) return;
    code.set(loaded.language, loaded.code);
    input.set(loaded.inputKind, loaded.input);
    policy.setText(loaded.policy);
    clear();
    say('idle', 'Ready');
    const rules = policy.read();
    if (rules !== null) client.warm({ policy: rules, modules }).catch(fatal);
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
  picker.addEventListener('change', () => load(picker.value));
  load(picker.value);
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
