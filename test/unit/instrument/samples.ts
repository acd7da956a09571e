/** Functions that between them use every construct the meter looks at, each with arguments to try. */
import { EMPTY, END, type FunctionSource, I32, I64, i32, leb } from './assemble.ts';

const get = (index: number): number[] => [0x20, ...leb(index)];
const set = (index: number): number[] => [0x21, ...leb(index)];
const addTo = (local: number, value: number): number[] => [...get(local), ...i32(value), 0x6a, ...set(local)];

/** sum of 0..n-1 in nested loops: `n` rounds of an inner loop with three passes each. */
const nested: FunctionSource = {
  label: 'nested',
  params: [I32],
  results: [I32],
  locals: [[3, I32]],
  code: [
    [0x02, EMPTY],
    [...get(0), 0x45, 0x0d, 0], // br_if when n is 0
    [0x03, EMPTY],
    [...i32(3), ...set(3)],
    [0x03, EMPTY],
    [...get(2), ...get(1), 0x6a, ...set(2)],
    [...addTo(3, -1), ...get(3), 0x0d, 0],
    [END],
    [...addTo(1, 1), ...get(1), ...get(0), 0x48, 0x0d, 0],
    [END],
    [END],
    get(2),
  ],
};

const recursive: FunctionSource = {
  label: 'recursive',
  params: [I32],
  results: [I32],
  code: [
    [...get(0), ...i32(2), 0x48, 0x04, I32, ...get(0), 0x05],
    [...get(0), ...i32(1), 0x6b, 0x10, 1, ...get(0), ...i32(2), 0x6b, 0x10, 1, 0x6a, END],
  ],
};

const branchTable: FunctionSource = {
  label: 'branchTable',
  params: [I32],
  results: [I32],
  code: [
    [0x02, EMPTY, 0x02, EMPTY, 0x02, EMPTY, ...get(0), 0x0e, 2, 0, 1, 2, END],
    [...i32(100), 0x0f, END, ...i32(200), 0x0f, END, ...i32(-300)],
  ],
};

/** memory.fill, copy and init with the argument as length, then a byte of the result. */
const bulk: FunctionSource = {
  label: 'bulk',
  params: [I32],
  results: [I32],
  locals: [[1, I64]],
  code: [
    [...i32(0), ...i32(7), ...get(0), 0xfc, 11, 0],
    [...i32(300), ...i32(0), ...get(0), 0xfc, 10, 0, 0],
    [...i32(2), ...i32(1), ...i32(3), 0xfc, 8, 0, 0],
    [...i32(3), 0x2d, 0, 0, ...i32(301), 0x2d, 0, 0, 0x6a],
  ],
};

const tables: FunctionSource = {
  label: 'tables',
  params: [I32],
  results: [I32],
  code: [
    [...i32(5), ...i32(0), ...get(0), 0xfc, 14, 0, 0], // table.copy
    [...i32(9), 0xd0, 0x70, ...i32(1), 0xfc, 17, 0], // table.fill
    [0xd0, 0x70, ...i32(1), 0xfc, 15, 0], // table.grow: full already
    [...get(0), ...i32(7), 0x11, 0, 0, 0x6a], // call_indirect entry 7, a copy of entry 2
  ],
};

const grow: FunctionSource = {
  label: 'grow',
  params: [I32],
  results: [I32],
  code: [[...get(0), 0x40, 0, 0x3f, 0, 0x6a]],
};

/** A loop that takes and returns a value (block type index 0), with typed select and 64-bit arithmetic. */
const typedLoop: FunctionSource = {
  label: 'typedLoop',
  params: [I32],
  results: [I32],
  code: [
    [...get(0), 0x03, 0, ...i32(1), 0x6b, 0x22, 0, ...get(0), ...i32(5), 0x4a, 0x0d, 0, END],
    [0xac, 0x42, 0x80, 0x80, 0x80, 0x80, 0x78, 0x7c, 0xa7],
    [...i32(9), ...get(0), 0x1c, 1, I32],
  ],
};

export const SAMPLES: readonly FunctionSource[] = [
  nested,
  recursive,
  branchTable,
  bulk,
  tables,
  grow,
  typedLoop,
];

export const ARGUMENTS: readonly number[] = [0, 1, 2, 3, 5, 9, 20, 255, -1];

/** Runs forever without a call: only a charge can stop it. */
export const SPIN: FunctionSource = {
  label: 'spin',
  params: [],
  results: [],
  code: [[0x03, EMPTY, 0x0c, 0, END]],
};
