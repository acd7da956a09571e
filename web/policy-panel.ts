/** The policy as its JSON text, with fields for the limits people change most. The text is the truth. */
import { DEFAULT_LIMITS, type LimitName } from '../src/core/limits.ts';
import { byId, showMessage } from './dom.ts';
import { createEditor } from './editor.ts';
import { type ReadJson, readJson } from './json.ts';

export interface PolicyPanel {
  /** Null when it is no JSON; the panel then says why. */
  read(): string | null;
  setText(text: string): void;
  /** What the host says about a policy that is JSON, or null when it is good. */
  showError(message: string | null): void;
}

interface Field {
  readonly input: HTMLInputElement;
  readonly limit: LimitName;
  /** What one of the field's units is in the limit's. */
  readonly unit: number;
}

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function createPolicyPanel(changed: () => void): PolicyPanel {
  const error = byId('policy-error', HTMLParagraphElement);
  const field = (id: string, limit: LimitName, unit: number): Field => {
    const input = byId(id, HTMLInputElement);
    // The default; in a narrow field a trillion is easier to read as 1e12.
    const shown = DEFAULT_LIMITS[limit] / unit;
    input.placeholder = shown < 1e7 ? String(shown) : shown.toExponential().replace('+', '');
    return { input, limit, unit };
  };
  const fields: readonly Field[] = [
    field('limit-timeout', 'timeoutMs', 1),
    field('limit-memory', 'memoryBytes', 1024 * 1024),
    field('limit-fuel', 'fuel', 1),
  ];
  const editor = createEditor(byId('policy', HTMLDivElement), {
    label: 'Policy, as JSON',
    language: 'json',
    lineNumbers: false,
    changed() {
      showInFields();
      changed();
    },
  });
  const parse = (): ReadJson => readJson(editor.text(), 'policy');

  function showInFields(): void {
    const policy = parse();
    // While the text is no object there is nothing the fields could change.
    const limits = policy.ok && isObject(policy.value) ? (policy.value['limits'] ?? {}) : null;
    for (const { input, limit, unit } of fields) {
      input.disabled = !isObject(limits);
      if (!isObject(limits) || document.activeElement === input) continue;
      const value = limits[limit];
      input.value = typeof value === 'number' ? String(Math.round((value / unit) * 1000) / 1000) : '';
    }
  }

  function takeFromField({ input, limit, unit }: Field): void {
    const policy = parse();
    if (!policy.ok || !isObject(policy.value)) return;
    const { limits = {}, ...rest } = policy.value;
    if (!isObject(limits)) return;
    const { [limit]: _, ...others } = limits;
    // A number that is out of range is for the host to refuse, with its range.
    const next = input.value === '' ? others : { ...limits, [limit]: Math.round(Number(input.value) * unit) };
    editor.setText(JSON.stringify({ ...rest, limits: next }, null, 2));
  }

  for (const one of fields) {
    one.input.addEventListener('input', () => takeFromField(one));
    one.input.addEventListener('blur', showInFields);
  }

  return {
    read() {
      const policy = parse();
      if (policy.ok) return editor.text();
      showMessage(error, policy.message);
      editor.markOffset(policy.offset, policy.message);
      return null;
    },
    setText: text => editor.setText(text),
    showError(message) {
      showMessage(error, message);
      editor.setMarks([]);
    },
  };
}
