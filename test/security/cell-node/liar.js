// A cell whose engine is broken and lies to the host in every way the wire allows. The name of the lie is the code of
// the run; 'honest' answers as a healthy cell would.
var citadelProgram = (() => {
  const DONE = 5;
  const LOG = 4;
  const NET = 8;

  function bytes(...parts) {
    const out = [];
    for (const [kind, value] of parts) {
      const view = new DataView(new ArrayBuffer(8));
      if (kind === 'u8') out.push(value & 255);
      if (kind === 'u32') view.setUint32(0, value, true);
      if (kind === 'f64') view.setFloat64(0, value, true);
      if (kind === 'u32') for (let i = 0; i < 4; i++) out.push(view.getUint8(i));
      if (kind === 'f64') for (let i = 0; i < 8; i++) out.push(view.getUint8(i));
      if (kind === 'raw') out.push(...value);
    }
    return out;
  }

  const frame = (type, id, payload, length = payload.length) =>
    Uint8Array.from(bytes(['u8', type], ['u32', id], ['u32', length], ['raw', payload]));

  const ascii = text => [...text].map(c => c.charCodeAt(0));

  /** An honest answer: the value is the encoded number 42. */
  function done({
    outcome = 0,
    value = [0, 5, 0, 5, 84],
    files = [],
    fuel = 1,
    memory = 1,
    message = '',
    logs = [],
  } = {}) {
    return bytes(
      ['u8', outcome],
      ['f64', 1],
      ['f64', 1],
      ['f64', fuel],
      ['f64', memory],
      ['u32', 0],
      ['u32', 0],
      ['u32', 0],
      ['u32', 0],
      ['u32', 0],
      ['u32', message.length],
      ['raw', ascii(message)],
      ['u32', 0],
      ['u32', 0],
      ['u32', value.length],
      ['raw', value],
      ['u32', files.length],
      ['raw', files],
      ['u32', logs.length],
      ['raw', logs],
    );
  }
  const record = (level, text) =>
    bytes(['u8', level], ['f64', 0], ['u32', text.length], ['raw', ascii(text)]);

  const text = value => [
    ['u32', value.length],
    ['raw', ascii(value)],
  ];
  /** A request to fetch: op 0. */
  const fetching = ({
    number = 1,
    way = 0,
    redirect = 0,
    url = 'http://x.test/',
    headers = [],
    count,
    body = [],
  } = {}) =>
    bytes(
      ['u8', 0],
      ['u8', way],
      ['u32', number],
      ['u8', redirect],
      ...text(url),
      ...text('GET'),
      ['u32', count ?? headers.length],
      ...headers.flatMap(([name, value]) => [...text(name), ...text(value)]),
      ['u8', body.length > 0 ? 1 : 0],
      ['u32', body.length],
      ['raw', body],
    );
  const asking = (op, number, rest = []) => bytes(['u8', op], ['u8', 0], ['u32', number], ['raw', rest]);
  const join = frames => {
    const whole = new Uint8Array(frames.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of frames) {
      whole.set(one, at);
      at += one.length;
    }
    return whole;
  };

  const lies = {
    honest: id => frame(DONE, id, done()),
    'answer for another run': id => frame(DONE, id + 1, done()),
    'answer for run 0': () => frame(DONE, 0, done()),
    'answer twice': id => {
      const one = frame(DONE, id, done());
      const two = new Uint8Array(one.length * 2);
      two.set(one);
      two.set(one, one.length);
      return two;
    },
    'unknown frame type': id => frame(99, id, []),
    'unknown outcome': id => frame(DONE, id, done({ outcome: 200 })),
    'length beyond the message': id => frame(DONE, id, done(), 0xffffffff),
    'truncated frame': id => frame(DONE, id, done()).slice(0, 30),
    'empty frame': id => frame(DONE, id, []),
    'malformed value': id => frame(DONE, id, done({ value: [0, 5, 0, 200] })),
    'value of an unknown mode': id => frame(DONE, id, done({ value: [9, 5, 0, 1] })),
    'infinite fuel': id => frame(DONE, id, done({ fuel: Number.POSITIVE_INFINITY })),
    'negative fuel': id => frame(DONE, id, done({ fuel: -1 })),
    'log for another run': id => frame(LOG, id + 7, record(1, 'x')),
    'log of an unknown level': id => frame(LOG, id, record(77, 'x')),
    'log with a lying length': id => frame(LOG, id, bytes(['u8', 1], ['f64', 0], ['u32', 1e9])),
    'log at an impossible time': id => frame(LOG, id, bytes(['u8', 1], ['f64', Number.NaN], ['u32', 0])),
    'ready again': () => frame(1, 0, []),
    'withdrawn what runs': id => frame(3, id, []),
    'withdrawn what never was': id => frame(3, id + 9, []),
    'one huge message': () => new Uint8Array(200 * 1024 * 1024),
    'request of another run': id => frame(NET, id + 3, fetching()),
    'request of an unknown op': id => frame(NET, id, asking(9, 1)),
    'request by an unknown way': id => frame(NET, id, fetching({ way: 2 })),
    'request with an unknown redirect': id => frame(NET, id, fetching({ redirect: 3 })),
    'request numbered 0': id => frame(NET, id, fetching({ number: 0 })),
    'requests numbered backwards': id =>
      join([frame(NET, id, fetching({ number: 2 })), frame(NET, id, fetching({ number: 1 }))]),
    'request with a lying count': id => frame(NET, id, fetching({ count: 1000 })),
    'request with too many headers': id =>
      frame(NET, id, fetching({ headers: Array(2001).fill(['a', 'b']) })),
    'request with a huge head': id => frame(NET, id, fetching({ url: 'x'.repeat(600_000) })),
    'request cut short': id => frame(NET, id, fetching().slice(0, 12)),
    'request with something behind it': id => frame(NET, id, [...fetching(), 1]),
    'read of what was never asked': id => frame(NET, id, asking(1, 1, [0, 4, 0, 0])),
    'read before the answer': id =>
      join([frame(NET, id, fetching()), frame(NET, id, asking(1, 1, [0, 4, 0, 0]))]),
    'read of nothing': id => frame(NET, id, asking(1, 1, [0, 0, 0, 0])),
    'read of everything': id => frame(NET, id, asking(1, 1, [255, 255, 255, 255])),
    'cancel of what was never asked': id => frame(NET, id, asking(2, 7)),
    'more requests than its run may make': id =>
      join(Array.from({ length: 20_000 }, (_, i) => frame(NET, id, fetching({ number: i + 1 })))),
    garbage: () => Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255),
    'nothing at all': () => new Uint8Array(0),
  };

  /** Lies that take more than one message, or none. */
  const habits = {
    'never answers': () => ({ wait: 1000, out: null }),
    'busy for ever': () => {
      for (;;);
    },
    'log flood': id => ({ wait: 0, out: frame(LOG, id, record(1, 'x'.repeat(60000))) }),
    'message flood': id => ({ wait: 0, out: frame(2, id, []) }),
    'hostile wait': () => ({
      wait: {
        valueOf() {
          throw new Error('coerced');
        },
      },
      out: null,
    }),
    'hostile outbox': () => ({
      wait: -1,
      out: new Proxy(new Uint8Array(8), {
        get() {
          throw new Error('read');
        },
      }),
      pending: 8,
    }),
    'array-like outbox': () => ({ wait: -1, out: { length: 2 ** 31, 0: 1 }, pending: 8 }),
    'throws a hostile value': () => {
      throw new Proxy(
        {},
        {
          get() {
            throw new Error('inspected');
          },
        },
      );
    },
  };

  function createProgram() {
    let id = 0;
    let lie = '';
    let out = null;
    let pending = 0;
    const control = new SharedArrayBuffer(320 * 1024);
    return {
      asset: (_name, size) => new Uint8Array(size),
      boot: () => '',
      control: () => control,
      inbox: size => new Uint8Array(size),
      begin(newId, code) {
        id = newId;
        lie = code;
      },
      step() {
        if (lie === 'control area') {
          // Denies the host its stop word and lies about the log window, for ever.
          const words = new Int32Array(control);
          for (;;) {
            Atomics.store(words, 0, 0);
            Atomics.store(words, 2, 1 << 30);
            Atomics.notify(words, 2);
          }
        }
        if (lie === 'message without an end') {
          // Parts of a message, for ever.
          const words = new Int32Array(control);
          for (;;) {
            Atomics.store(words, 2, -60000);
            Atomics.notify(words, 2);
          }
        }
        const habit = habits[lie];
        if (habit !== undefined) {
          const turn = habit(id);
          out = turn.out;
          pending = turn.pending ?? (out === null ? 0 : out.length);
          return turn.wait;
        }
        out = lies[lie](id);
        pending = out.length;
        return -1;
      },
      cancel() {},
      pending: () => pending,
      take() {
        const taken = out;
        out = null;
        pending = 0;
        return taken;
      },
    };
  }
  return { createProgram, lies: Object.keys(lies) };
})();
