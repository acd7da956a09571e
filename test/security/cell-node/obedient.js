// A healthy program that does what the code of the run says, as `verb argument`: for tests of the pool, the watchdog
// and the pump with real cells but without an engine. Answers with the number of runs this cell has begun.
//   echo            answers at once
//   wait MS         answers after MS milliseconds, its event loop free
//   spin MS         keeps the cell busy for MS milliseconds, deaf
//   polite MS       keeps the cell busy, but looks at the control area's stop word
//   crash           fails outside a run
var citadelProgram = (() => {
  // Absent in a browser page that is not cross-origin isolated.
  const control = typeof SharedArrayBuffer === 'undefined' ? null : new SharedArrayBuffer(320 * 1024);
  const words = new Int32Array(control ?? 2);

  function createProgram() {
    let begun = 0;
    let id = 0;
    let verb = '';
    let until = 0;
    let cancelled = false;
    let out = null;

    function finish(outcome) {
      // DONE: outcome, four figures, two counts, line, column, three empty texts, no denials, value, no files, no logs.
      const view = new DataView(new ArrayBuffer(9 + 1 + 32 + 16 + 12 + 4 + 4 + 12 + 4 + 4));
      view.setUint8(0, 5);
      view.setUint32(1, id, true);
      view.setUint32(5, view.byteLength - 9, true);
      view.setUint8(9, outcome);
      for (let i = 0; i < 4; i++) view.setFloat64(10 + i * 8, 1, true);
      view.setUint32(74, 12, true);
      view.setUint8(79, 5);
      view.setUint8(81, 6);
      view.setFloat64(82, begun, true);
      out = new Uint8Array(view.buffer);
      return -1;
    }

    return {
      asset: (_name, size) => new Uint8Array(size),
      boot: () => '',
      control: () => control,
      inbox: size => new Uint8Array(size),
      begin(newId, code) {
        begun++;
        id = newId;
        cancelled = false;
        const [first, argument = '0'] = code.split(' ');
        verb = first;
        until = Date.now() + Number(argument);
      },
      step() {
        if (verb === 'crash') throw new Error('crash');
        if (cancelled) return finish(12);
        if (verb === 'wait') return Date.now() < until ? until - Date.now() : finish(0);
        while (Date.now() < until) {
          if (verb === 'polite' && Atomics.load(words, 0) === id)
            return finish(Atomics.load(words, 1) === 2 ? 6 : 12);
        }
        return finish(0);
      },
      cancel(which) {
        if (which === id) cancelled = true;
      },
      pending: () => (out === null ? 0 : out.length),
      take() {
        const taken = out;
        out = null;
        return taken;
      },
    };
  }
  return { createProgram };
})();
