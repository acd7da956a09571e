/** The page's side of one cell: a hidden frame of an origin of its own, with the warden in it. */
import type { EngineName } from '../../protocol/engines.ts';
import { type CellAssets, loadCellAssets } from './assets.ts';
import { type FrameOrder, type FrameReport, TRUSTED_TYPES_POLICY } from './wire.ts';

export interface Frame {
  stop(runId: number, reason: number): void;
  reply(runId: number, bytes: Uint8Array): void;
  /** Destroys the cell; never waits. */
  end(): void;
}

export interface BrowserOptions {
  /**
   * Address of a served `sandbox.html` (the package has it in dist/assets) instead of an inline document, for pages
   * whose own Content-Security-Policy or Trusted Types an inline document would inherit.
   */
  readonly sandboxUrl?: string | null;
}

/** A frame whose script was refused never answers; the page's policy is the usual reason. */
const ANSWER_MS = 10_000;

let sandboxUrl: string | null = null;

export function configureBrowser(options: BrowserOptions): void {
  if (options.sandboxUrl !== undefined) sandboxUrl = options.sandboxUrl;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createHTML(text: string): string },
  ): { createHTML(text: string): string };
}

let trust: ((html: string) => string) | null = null;

/** Pages with Trusted Types refuse a plain string as a document. */
function trusted(html: string): string {
  if (trust === null) {
    trust = text => text;
    try {
      const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
      const policy = types?.createPolicy(TRUSTED_TYPES_POLICY, { createHTML: text => text });
      if (policy !== undefined) trust = text => policy.createHTML(text);
    } catch {
      // The page lists its policies and this is not one of them. It may still take plain strings.
    }
  }
  return trust(html);
}

function setDocument(iframe: HTMLIFrameElement, html: string): void {
  try {
    iframe.srcdoc = trusted(html);
  } catch {
    throw new Error(
      `Allow the Trusted Types policy ${TRUSTED_TYPES_POLICY} in the page, or serve dist/assets/sandbox.html and ` +
        'name it with configureBrowser({ sandboxUrl }): the page refuses an inline document',
    );
  }
}

function element(): HTMLIFrameElement {
  const iframe = document.createElement('iframe');
  // Without allow-same-origin the frame gets an origin nobody else has: no cookies, no storage, no access to the page.
  iframe.setAttribute('sandbox', 'allow-scripts');
  // Delegates nothing but shared memory, and that only where the page itself has it.
  iframe.setAttribute('allow', 'cross-origin-isolated');
  iframe.setAttribute('referrerpolicy', 'no-referrer');
  iframe.setAttribute('aria-hidden', 'true');
  iframe.tabIndex = -1;
  iframe.hidden = true;
  iframe.style.display = 'none';
  return iframe;
}

/**
 * Makes a frame whose worker talks on `data`. `gone` is called at most once, never during this call, and not after
 * `end`.
 */
export function startFrame(
  engine: EngineName,
  data: MessagePort,
  gone: (reason: string) => void,
  load: (name: EngineName) => Promise<CellAssets> = loadCellAssets,
): Frame {
  const { port1: control, port2: wardenControl } = new MessageChannel();
  let iframe: HTMLIFrameElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watch: MutationObserver | null = null;
  let open = true;

  const release = (): void => {
    open = false;
    clearTimeout(timer);
    control.onmessage = null;
    watch?.disconnect();
    control.postMessage({ type: 'end' } satisfies FrameOrder);
    // Its worker goes with it, also when the warden never reads the order.
    iframe?.remove();
  };
  const fail = (reason: string): void => {
    if (!open) return;
    release();
    gone(reason);
    // After the reason is told: a host elsewhere would see the port close first, and know less.
    data.close();
  };

  const start = async (): Promise<void> => {
    const assets = await load(engine);
    if (!open) return;
    iframe = element();
    const { promise: loaded, resolve: hasLoaded } = Promise.withResolvers<void>();
    let loads = 0;
    iframe.onload = () => {
      loads++;
      if (!open) return;
      // Nothing navigates a frame of ours: whatever is in it now is not the warden.
      if (loads > 1) {
        fail('the sandbox frame was navigated');
        return;
      }
      hasLoaded();
    };
    control.onmessage = ({ data: report }: MessageEvent<FrameReport>) => {
      if (report.type === 'up') clearTimeout(timer);
      else fail(String(report.reason));
    };
    if (sandboxUrl === null) setDocument(iframe, assets.document);
    else iframe.src = sandboxUrl;
    // Beside the body, not in it: pages empty their body. A frame that is taken out all the same took its worker along.
    const place = document.documentElement;
    watch = new MutationObserver(() => {
      if (iframe?.parentNode !== place) fail('the sandbox frame was removed from the page');
    });
    watch.observe(place, { childList: true });
    place.append(iframe);
    const init = await assets.init;
    if (!open) return;
    timer = setTimeout(
      () =>
        fail(
          'Allow the sandbox frame in the Content-Security-Policy of the page, or serve dist/assets/sandbox.html and ' +
            'name it with configureBrowser({ sandboxUrl }): the script of the frame did not start',
        ),
      ANSWER_MS,
    );
    await loaded;
    // The frame's origin is opaque and has no name, so the target cannot be more precise; what is sent is public.
    if (open) iframe.contentWindow?.postMessage(init, '*', [wardenControl, data]);
  };
  start().catch((error: unknown) => fail(error instanceof Error ? error.message : 'the cell did not start'));

  return {
    stop(runId, reason) {
      if (open) control.postMessage({ type: 'stop', runId, reason } satisfies FrameOrder);
    },
    reply(runId, bytes) {
      if (open) control.postMessage({ type: 'reply', runId, bytes } satisfies FrameOrder);
    },
    end() {
      if (!open) return;
      release();
      data.close();
    },
  };
}
