/**
 * Programs of our own that try to keep the cell for ever, beside the published ones in cases/cpu.ts and cases/jobs.ts.
 * All of them must be stopped without destroying it.
 */
export interface HostileLoop {
  readonly id: string;
  readonly code: string;
}

/** Variants of our own: other natives, other re-entries, other ways to swallow or outrun an interrupt. */
const OWN: Readonly<Record<string, string>> = {
  'CPU-OWN empty for': 'for(;;);',
  'CPU-OWN do while': 'do {} while (true)',
  'CPU-OWN labelled continue': 'a: for(;;) { b: for(;;) continue a }',
  'CPU-OWN recursion with try': 'function f(){ try { f() } catch { f() } finally { f() } } f()',
  'CPU-OWN generator': 'function* g(){ for(;;) yield 1 } for (const x of g());',
  'CPU-OWN async generator':
    '(async () => { async function* g(){ for(;;) yield 1 } for await (const x of g()); })()',
  'CPU-OWN async loop without timers': '(async () => { for(;;) await null })()',
  'CPU-OWN async loop that catches': '(async () => { for(;;) { try { for(;;) await 0 } catch {} } })()',
  'CPU-OWN promise chain': 'let p = Promise.resolve(); for(;;) p = p.then(() => {})',
  'CPU-OWN thenable that calls back': '(async () => { const t = { then(r){ r(t) } }; await t })()',
  'CPU-OWN queueMicrotask': '(function f(){ queueMicrotask(f) })()',
  'CPU-OWN interval of zero': 'await new Promise(() => setInterval(() => {}, 0))',
  'CPU-OWN timers that breed': 'await new Promise(() => setTimeout(function f(){ setTimeout(f); }, 0))',
  'CPU-OWN abort listener':
    'const c = new AbortController(); c.signal.onabort = () => { for(;;); }; c.abort()',
  'CPU-OWN event that dispatches itself':
    'const t = new EventTarget(); t.addEventListener("x", () => t.dispatchEvent(new Event("x"))); for(;;) try { t.dispatchEvent(new Event("x")) } catch {}',
  'CPU-OWN getter in console': 'console.log({ get a(){ for(;;); } }); for(;;);',
  'CPU-OWN proxy in console': 'console.log(new Proxy({}, { ownKeys(){ for(;;); } }))',
  'CPU-OWN toString in URL': 'new URL({ toString(){ for(;;); } })',
  'CPU-OWN iterator in Headers': 'new Headers({ *[Symbol.iterator](){ for(;;) yield ["a", "b"] } })',
  'CPU-OWN structuredClone getter': 'structuredClone({ get a(){ for(;;); } })',
  'CPU-OWN getter in the result': '({ a: new Map(), get b(){ for(;;); } })',
  'CPU-OWN proxy in the result': 'new Proxy({}, { ownKeys(){ for(;;); } })',
  'CPU-OWN thrown proxy': 'throw new Proxy(new Error("x"), { getOwnPropertyDescriptor(){ for(;;); } })',
  'CPU-OWN rejected proxy': 'await Promise.reject(new Proxy({}, { getPrototypeOf(){ for(;;); } }))',
  'CPU-OWN fill': 'const a = new Array(1e6); for(;;) a.fill(1)',
  'CPU-OWN typed fill': 'const a = new Uint8Array(1<<20); for(;;) a.fill(1)',
  'CPU-OWN typed sort': 'const a = new Float64Array(1e6).map(() => Math.random()); for(;;) a.sort()',
  'CPU-OWN sort comparator': '[3,2,1].sort(() => { for(;;); })',
  'CPU-OWN reverse of array-like': 'Array.prototype.reverse.call({ length: 2**53 - 1 })',
  'CPU-OWN indexOf of array-like': 'Array.prototype.indexOf.call({ length: 2**53 - 1 }, 1)',
  'CPU-OWN findLast': 'Array.prototype.findLast.call({ length: 2**53 - 1 }, () => false)',
  'CPU-OWN reduceRight': 'Array.prototype.reduceRight.call({ length: 2**53 - 1 }, () => 0, 0)',
  'CPU-OWN join of array-like': 'Array.prototype.join.call({ length: 2**53 - 1 }, "")',
  'CPU-OWN toLocaleString': 'Array(4e9).toLocaleString()',
  'CPU-OWN splice': 'Array.prototype.splice.call({ length: 2**53 - 1 }, 0, 0, 1)',
  'CPU-OWN toSpliced': 'Array.prototype.with.call({ length: 2**32 - 1 }, 0, 0)',
  'CPU-OWN Array.from iterator':
    'Array.from({ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) })',
  'CPU-OWN spread of endless': 'Math.max(...{ *[Symbol.iterator](){ for(;;) yield 1 } })',
  'CPU-OWN Map from endless': 'new Map({ *[Symbol.iterator](){ for(;;) yield [1, 1] } })',
  'CPU-OWN destructuring':
    'const [...rest] = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) }',
  'CPU-OWN string repeat loop': 'let s = "ab"; for(;;) s.repeat(1e5)',
  'CPU-OWN split': 'const s = "a".repeat(1e6); for(;;) s.split("")',
  'CPU-OWN localeCompare': 'const a = "a".repeat(1e6), b = a + "b"; for(;;) a.localeCompare(b)',
  'CPU-OWN normalize': 'const s = "\\u1e9b\\u0323".repeat(1e5); for(;;) s.normalize("NFKD")',
  'CPU-OWN BigInt power': '3n ** 100000000n',
  'CPU-OWN BigInt multiply': 'let a = 3n ** 100000n; for(;;) a * a',
  'CPU-OWN BigInt to text': 'const a = 3n ** 200000n; for(;;) a.toString()',
  'CPU-OWN number parse loop': 'for(;;) Number("1".repeat(1e5))',
  'CPU-OWN JSON round trip':
    'const o = { a: Array(1e4).fill({ b: 1 }) }; for(;;) JSON.parse(JSON.stringify(o))',
  'CPU-OWN JSON reviver': 'JSON.parse("[1,2,3]", () => { for(;;); })',
  'CPU-OWN replacer': 'JSON.stringify([1], function f(k, v){ return k === "" ? [1] : [v] })',
  'CPU-OWN regexp lookahead': '/(?=(a+))*b/.test("a".repeat(1e5))',
  'CPU-OWN regexp nested quantifiers': '/(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(50))',
  'CPU-OWN regexp alternation': '/(a|aa)+$/.test("a".repeat(60) + "b")',
  'CPU-OWN regexp replace callback': '"a".repeat(1e6).replace(/a/g, () => { for(;;); })',
  'CPU-OWN regexp sticky loop': 'const r = /a*?b/y; for(;;) { r.lastIndex = 0; r.exec("a".repeat(1e5)) }',
  'CPU-OWN matchAll': 'for(;;) [..."ab".repeat(1e4).matchAll(/a/g)]',
  'CPU-OWN date parse': 'for(;;) new Date("2020-01-01T00:00:00Z").toISOString()',
  'CPU-OWN valueOf': '+{ valueOf(){ for(;;); } }',
  'CPU-OWN toPrimitive': '`${{ [Symbol.toPrimitive](){ for(;;); } }}`',
  'CPU-OWN proxy has': '"x" in new Proxy({}, { has(){ for(;;); } })',
  'CPU-OWN proxy chain': 'let p = {}; for (let i = 0; i < 5000; i++) p = new Proxy(p, {}); for(;;) p.x',
  'CPU-OWN prototype chain':
    'let o = null; for (let i = 0; i < 1e5; i++) o = Object.create(o); for(;;) o.missing',
  'CPU-OWN finally return': '(function f(){ for(;;) { try { return } finally { continue } } })()',
  'CPU-OWN iterator close':
    'for (const x of { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return(){ for(;;); } }) }) break',
  'CPU-OWN class static block': 'class A { static { for(;;); } }',
  'CPU-OWN decoder': 'const b = new Uint8Array(1e6); const d = new TextDecoder(); for(;;) d.decode(b)',
  'CPU-OWN encoder': 'const s = "é".repeat(1e5); const e = new TextEncoder(); for(;;) e.encode(s)',
  'CPU-OWN base64': 'const s = "a".repeat(1e5); for(;;) atob(btoa(s))',
  'CPU-OWN random': 'const b = new Uint8Array(65536); for(;;) crypto.getRandomValues(b)',
  'CPU-OWN url': 'for(;;) new URL("https://example.com/" + "a/../".repeat(1000))',
  'CPU-OWN module top level': 'for(;;); export default 1',
  'CPU-OWN module default function': 'export default () => { for(;;); }',
  'CPU-OWN body': 'for(;;); return 1',
};

export const HOSTILE_LOOPS: readonly HostileLoop[] = Object.entries(OWN).map(([id, code]) => ({ id, code }));
