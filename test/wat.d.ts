/** WebAssembly text, assembled while the tests load: see scripts/wat.ts. */
declare module '*.wat' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
