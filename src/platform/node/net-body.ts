/** A response's body, pulled piece by piece, with its coding taken off and its expansion bounded. */
import type { Duplex, Readable } from 'node:stream';
import { type NetBody, NetError } from '../net.ts';
import { createDecoder } from './net-decode.ts';

export interface BodySource {
  /** As on the wire. */
  readonly raw: NetBody;
  readonly coding: string | null;
  /** See `NetLimits.expansion`. */
  readonly expansion: number;
  /** Ends the connection. Called once, at the end or when cancelled. */
  readonly release: () => void;
  readonly signal: AbortSignal;
}

/** Small bodies of one repeated byte may expand as they like. */
const FREE_BYTES = 1024 * 1024;

export function createBody(source: BodySource): NetBody {
  const body = source.coding === null ? source.raw : decoded(source.raw, source.coding, source.expansion);
  let over = false;
  let broken: NetError | null = null;
  const finish = (): void => {
    if (over) return;
    over = true;
    source.signal.removeEventListener('abort', abort);
    body.cancel();
    source.release();
  };
  const abort = (): void => {
    broken ??= new NetError('aborted', 'aborted while its body arrived');
    finish();
  };
  if (source.signal.aborted) abort();
  else source.signal.addEventListener('abort', abort, { once: true });
  return {
    async read() {
      if (broken !== null) throw broken;
      if (over) return null;
      try {
        const bytes = await body.read();
        if (bytes === null) finish();
        return bytes;
      } catch (error) {
        broken ??=
          error instanceof NetError ? error : new NetError('unknown', 'could not read the body', error);
        finish();
        throw broken;
      }
    },
    cancel() {
      if (!over) broken ??= new NetError('aborted', 'cancelled');
      finish();
    },
  };
}

export interface StreamReader extends NetBody {
  /** What went wrong elsewhere: reading ends with it. */
  fail(error: NetError): void;
}

/**
 * A stream as reads. At most one read may wait. To be made where the stream is handed over: what happens to it a moment
 * later is told only to those who listen already.
 */
export function readerOf(stream: Readable, fault: 'reset' | 'decode'): StreamReader {
  let error: NetError | null = null;
  let ended = false;
  let wake: (() => void) | null = null;
  const signal = (): void => {
    wake?.();
    wake = null;
  };
  const fail = (cause?: Error): void => {
    if (!ended) error ??= new NetError(fault, cause?.message ?? 'ended in the middle', cause);
    signal();
  };
  stream.on('readable', signal);
  stream.on('end', () => {
    ended = true;
    signal();
  });
  stream.on('error', fail);
  stream.on('close', () => fail());
  return {
    async read() {
      for (;;) {
        // First of all: a stream that failed may be emptied by others, and then looks as if it had ended.
        if (error !== null) throw error;
        const bytes = stream.read() as Buffer | null;
        // Without Buffer's methods: what reads this is not to depend on Node.js.
        if (bytes !== null) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (ended) return null;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
    fail(given) {
      if (!ended) error ??= given;
      signal();
    },
    cancel() {
      error ??= new NetError('aborted', 'cancelled');
      stream.destroy();
      signal();
    },
  };
}

function decoded(raw: NetBody, coding: string, expansion: number): NetBody {
  let decoder: Duplex | null = null;
  let output: NetBody | null = null;
  let wire = 0;
  let out = 0;
  let cancelled = false;
  let failed: unknown = null;

  /** Feeds the decoder as fast as it takes, which is as fast as somebody reads. */
  const feed = async (sink: Duplex, first: Uint8Array): Promise<void> => {
    for (let bytes: Uint8Array | null = first; bytes !== null && !sink.destroyed; bytes = await raw.read()) {
      wire += bytes.length;
      if (!sink.write(bytes)) await drained(sink);
    }
    if (!sink.destroyed) sink.end();
  };

  return {
    async read() {
      if (output === null) {
        const first = await raw.read();
        // A body without a byte is an empty one, whatever its coding.
        if (first === null) return null;
        if (cancelled) throw new NetError('aborted', 'cancelled');
        decoder = createDecoder(coding, first[0] ?? 0);
        output = readerOf(decoder, 'decode');
        feed(decoder, first).catch((error: unknown) => {
          failed = error;
          decoder?.destroy();
        });
      }
      let bytes: Uint8Array | null;
      try {
        bytes = await output.read();
      } catch (error) {
        // The connection broke, which is why the decoder did.
        throw failed ?? error;
      }
      out += bytes?.length ?? 0;
      if (out > FREE_BYTES && out > wire * expansion) {
        throw new NetError('decode', `expands more than ${expansion} times`);
      }
      return bytes;
    },
    cancel() {
      cancelled = true;
      output?.cancel();
      raw.cancel();
    },
  };
}

function drained(sink: Duplex): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      sink.removeListener('drain', done);
      sink.removeListener('close', done);
      resolve();
    };
    sink.on('drain', done);
    sink.on('close', done);
  });
}
