/** The real engine's binary JSON, for round trips: what the codec claims is what QuickJS reads and writes. */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';

export interface Engine {
  /** Puts encoded bytes (mode byte included) into the engine as the global `v`. */
  load(wire: Uint8Array): void;
  /** Evaluates an expression and answers it as a string. */
  text(expression: string): string;
  /** The encoded value of an expression, with `mode` in front; null when the engine refuses. */
  encode(expression: string, mode?: number): Uint8Array | null;
  dispose(): void;
}

function unwrap(context: QuickJSContext, expression: string): ReturnType<QuickJSContext['newString']> {
  return context.unwrapResult(context.evalCode(`(${expression})`, 'test.js', { type: 'global' }));
}

export async function startEngine(): Promise<Engine> {
  // The package's types are CommonJS flavoured: its default export is the variant at run time.
  const module = await newQuickJSWASMModuleFromVariant(variant as unknown as QuickJSSyncVariant);
  const context = module.newContext();
  return {
    load(wire) {
      const buffer = context.newArrayBuffer(new Uint8Array(wire.subarray(1)).buffer);
      const value = context.decodeBinaryJSON(buffer);
      context.setProp(context.global, 'v', value);
      value.dispose();
      buffer.dispose();
    },
    text(expression) {
      const value = unwrap(context, `String(${expression})`);
      const text = context.getString(value);
      value.dispose();
      return text;
    },
    encode(expression, mode = 0) {
      const value = unwrap(context, expression);
      const encoded = context.encodeBinaryJSON(value);
      value.dispose();
      try {
        if (context.typeof(encoded) !== 'object') return null;
        const bytes = context.getArrayBuffer(encoded);
        const wire = new Uint8Array(bytes.value.length + 1);
        wire[0] = mode;
        wire.set(bytes.value, 1);
        bytes.dispose();
        return wire;
      } catch {
        return null;
      } finally {
        encoded.dispose();
      }
    },
    dispose() {
      context.dispose();
    },
  };
}
