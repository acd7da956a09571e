/** The wire, written by hand: what no encoder of ours writes, and a hostile cell may. */
export const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
};

export const NULL: readonly number[] = [1];
export const integer = (key: number): number[] => leb(key * 2 + 1);
export const text = (value: string): number[] => [
  7,
  ...leb(value.length * 2),
  ...[...value].map(c => c.charCodeAt(0)),
];
export const array = (...items: readonly (readonly number[])[]): number[] => [
  9,
  ...leb(items.length),
  ...items.flat(),
];
export const reference = (index: number): number[] => [19, ...leb(index)];

export type Atom = (name: string) => number[];

/** A whole value; `write` gets the bytes of a key for its name. */
export function wire(write: (atom: Atom) => readonly number[], mode = 0): Uint8Array {
  const names: string[] = [];
  const body = write(name => {
    if (!names.includes(name)) names.push(name);
    return leb((names.indexOf(name) + 1) * 2);
  });
  const atoms = names.flatMap(name => text(name).slice(1));
  return new Uint8Array([mode, 5, ...leb(names.length), ...atoms, ...body]);
}

/** An array of as many items as fit into `size` bytes. */
export function fill(size: number, item: (index: number, atom: Atom) => readonly number[]): Uint8Array {
  const numbers = new Map<string, number>();
  const atoms: number[] = [];
  const body: number[] = [];
  let count = 0;
  for (;;) {
    const bytes = item(count, name => {
      if (!numbers.has(name)) {
        numbers.set(name, numbers.size + 1);
        atoms.push(...text(name).slice(1));
      }
      return leb((numbers.get(name) as number) * 2);
    });
    if (atoms.length + body.length + bytes.length + 24 > size) break;
    body.push(...bytes);
    count++;
  }
  const head = [0, 5, ...leb(numbers.size)];
  const out = new Uint8Array(head.length + atoms.length + 1 + leb(count).length + body.length);
  out.set(head);
  out.set(atoms, head.length);
  out.set([9, ...leb(count)], head.length + atoms.length);
  out.set(body, out.length - body.length);
  return out;
}
