/** The files of the examples, fetched when one is opened. */
const texts = import.meta.glob<string>(['../examples/workflows/plugins/*', '../examples/data/orders.csv'], {
  query: '?raw',
  import: 'default',
});
const modules = import.meta.glob<string>('../examples/native/*/*.wasm', { query: '?url', import: 'default' });

/** Of a file below `examples/`; a module as base64. */
export async function readExample(file: string): Promise<string> {
  const path = `../examples/${file}`;
  const text = texts[path];
  if (text !== undefined) return await text();
  const url = modules[path];
  if (url === undefined) throw new Error(`there is no file ${file}`);
  const bytes = new Uint8Array(await (await fetch(await url())).arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
