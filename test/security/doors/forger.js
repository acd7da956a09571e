// A cell whose engine is broken and calls host functions as no healthy cell would. The name of the forgery is the code of
// the run; 'honest' calls the first function once and ends with 42 when it has its answer.
var citadelProgram = (() => {
  const DONE = 5;
  const NET = 8;
  const u32 = n => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
  const frame = (type, id, payload, length = payload.length) =>
    Uint8Array.from([type, ...u32(id), ...u32(length), ...payload]);
  const zeros = n => Array(n).fill(0);
  const figure = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
  /** The encoded number 42. */
  const value = [0, 5, 0, 5, 84];
  const done = id =>
    frame(DONE, id, [
      0,
      ...figure,
      ...figure,
      ...figure,
      ...figure,
      ...zeros(16),
      ...zeros(12),
      ...zeros(4),
      ...u32(value.length),
      ...value,
      ...zeros(4),
      ...zeros(4),
    ]);
  /** An encoded empty array: mode, version, no atoms, array of 0. */
  const EMPTY = [0, 5, 0, 9, 0];
  const call = (id, { number = 1, way = 0, index = 0, args = EMPTY, length = args.length, run = id } = {}) =>
    frame(NET, run, [3, way, ...u32(number), ...u32(index), ...u32(length), ...args]);
  const read = (id, number, most = 1) => frame(NET, id, [1, 0, ...u32(number), ...u32(most)]);
  const cancel = (id, number) => frame(NET, id, [2, 0, ...u32(number)]);
  const join = frames => Uint8Array.from(frames.flatMap(one => [...one]));
  const nested = depth => [0, 5, 0, ...Array(depth).fill([9, 1]).flat(), 9, 0];

  const forgeries = {
    'call of another run': id => call(id, { run: id + 1 }),
    'call of run 0': id => call(id, { run: 0 }),
    'call of a function there is none': id => call(id, { index: 99 }),
    'call of a negative function': id => call(id, { index: -1 }),
    'call by an unknown way': id => call(id, { way: 7 }),
    'call numbered 0': id => call(id, { number: 0 }),
    'call numbered twice': id => join([call(id), call(id)]),
    'call numbered backwards': id => join([call(id, { number: 9 }), call(id, { number: 3 })]),
    'call cut short': id => frame(NET, id, [3, 0, 1, 0]),
    'call with something behind it': id =>
      frame(NET, id, [3, 0, ...u32(1), ...u32(0), ...u32(5), ...EMPTY, 1, 2]),
    'arguments with a lying length': id => call(id, { length: 0x7fffffff }),
    'arguments that are no array': id => call(id, { args: value }),
    'arguments that are no value': id => call(id, { args: [0, 5, 0, 200] }),
    'arguments of an unknown mode': id => call(id, { args: [9, 5, 0, 9, 0] }),
    'arguments of nothing': id => call(id, { args: [] }),
    'arguments nested without end': id => call(id, { args: nested(100_000) }),
    'arguments with a lying count': id => call(id, { args: [0, 5, 0, 9, 255, 255, 255, 255, 7] }),
    'arguments that contain themselves': id => call(id, { args: [0, 5, 0, 9, 1, 19, 0] }),
    'read of a call': id => join([call(id, { index: 1 }), read(id, 1)]),
    'read of what was never called': id => read(id, 5),
    'two reads of an iterable at once': id => join([call(id, { index: 2 }), read(id, 1), read(id, 1)]),
    'cancel of what was never called': id => cancel(id, 12),
    'many more calls than its run may make': id =>
      join(Array.from({ length: 500 }, (_, i) => call(id, { number: i + 1 }))),
    'calls that wait with arguments that are none': id =>
      join(
        Array.from({ length: 9 }, (_, i) =>
          call(id, { number: i + 1, index: 1, args: i < 8 ? EMPTY : value }),
        ),
      ),
  };

  function createProgram() {
    let id = 0;
    let what = '';
    let out = null;
    let sent = false;
    let answered = false;
    const control = new SharedArrayBuffer(320 * 1024);
    return {
      asset: (_name, size) => new Uint8Array(size),
      boot: () => '',
      control: () => control,
      inbox: size => new Uint8Array(size),
      mail: size => new Uint8Array(size),
      deliver() {
        answered = true;
      },
      begin(newId, code) {
        id = newId;
        what = code;
        sent = answered = false;
      },
      step() {
        if (what === 'call after the end') {
          out = join([done(id), call(id)]);
          return -1;
        }
        if (what === 'cancel and read again') {
          out = join([call(id, { index: 2 }), cancel(id, 1), cancel(id, 1), read(id, 1), done(id)]);
          return -1;
        }
        if (!sent) {
          sent = true;
          out = what === 'honest' ? call(id) : forgeries[what](id);
          return 5;
        }
        if (what === 'honest' && answered) {
          out = done(id);
          return -1;
        }
        return 5;
      },
      cancel() {},
      pending: () => (out === null ? 0 : out.length),
      take() {
        const taken = out;
        out = null;
        return taken;
      },
    };
  }
  return { createProgram, forgeries: Object.keys(forgeries) };
})();
