/** What a guest logs, and what is denied to it, without end. */
import { expect } from 'vitest';
import type { Attack } from '../attack.ts';
import { droppedLogs } from '../attack.ts';

export const OUTPUT: readonly Attack[] = [
  {
    id: 'JS-OUT-001',
    title: 'console flood',
    code: 'for(;;)console.log("x".repeat(1e5))',
    ends: 'TIMEOUT',
    holds: droppedLogs,
  },
  {
    id: 'JS-OUT-002',
    title: '10M empty lines',
    code: 'for(let i=0;i<1e7;i++)console.log("")',
    ends: 'TIMEOUT',
    holds: droppedLogs,
  },
  {
    id: 'own',
    title: 'one text of 30 MB',
    code: 'console.log("x".repeat(30e6)); 1',
    ends: 'success',
    holds: result => expect(result.report.logs[0]?.text.length).toBeLessThanOrEqual(16_384),
  },
  {
    id: 'own',
    title: 'a flood in a microtask loop',
    code: '(function f(){ console.error("x"); Promise.resolve().then(f) })(); await 0',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a flood before the end',
    code: 'for(let i=0;i<2e4;i++) console.info(i); 1',
    ends: 'success',
    holds: droppedLogs,
  },
  {
    id: 'own',
    title: 'groups without end',
    code: 'for(;;){ console.group("x"); console.log("y") }',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'terminal escapes',
    code: 'console.log("\\x1b[2J\\x1b]0;t\\x07\\u009b31m\\u202e"); console.warn("%c%s","color:red","\\x1b[31m"); 1',
    ends: 'success',
  },
  {
    id: 'own',
    title: 'a getter that never answers',
    code: 'console.log({get a(){ for(;;); }}); 1',
    ends: 'success',
    holds: result => expect(result.report.logs).toMatchObject([{ text: '{ a: [Getter] }' }]),
  },
  {
    id: 'own',
    title: 'a Proxy that throws',
    code: 'console.log(new Proxy({},{get(){ throw 1 },ownKeys(){ throw 1 },getPrototypeOf(){ throw 1 }})); 1',
    ends: 'success',
    holds: result => expect(result.report.logs).toMatchObject([{ text: '[Uninspectable]' }]),
  },
  {
    id: 'own',
    title: 'format strings that ask for code',
    code: 'console.log("%s %o %j %d",{toString(){ for(;;); }},{},{},{valueOf(){ return 1 }}); 1',
    ends: 'success',
  },
  {
    id: 'own',
    title: 'cycles and depth',
    code: 'const o={}; o.o=o; console.log(o,[[[[[[[[o]]]]]]]]); 1',
    ends: 'success',
  },
  {
    id: 'own',
    title: 'a wide table',
    code: 'console.table(Array.from({length:1000},(_, i)=>({["c"+i]:i}))); 1',
    ends: 'success',
  },
  {
    id: 'own',
    title: 'counters and timers without end',
    code: 'for(let i=0;i<5e4;i++){ console.count("c"+i); console.time("t"+i) } 1',
    ends: 'success',
  },
  {
    id: 'own',
    title: 'a flood of denials',
    code: 'for(let i=0;i<500;i++) await fetch("https://h"+i+".example").catch(()=>{}); 1',
    ends: 'success',
    value: 1,
    holds: result => {
      expect(result.report.denials).toHaveLength(100);
      expect(result.report.truncations).toEqual([
        expect.objectContaining({ what: 'denials', dropped: 400 }),
        expect.objectContaining({ what: 'egress', dropped: 6 }),
      ]);
      expect(result.report.egress).toHaveLength(110);
    },
  },
  {
    id: 'own',
    title: 'a denial with a long name',
    code: 'await fetch("https://"+"a".repeat(60)+"."+"b".repeat(60)+".example/"+"x".repeat(5000)).catch(()=>{}); await import("y".repeat(100000)).catch(()=>{}); 1',
    ends: 'success',
    holds: result => {
      expect(result.report.denials.map(denial => denial.kind)).toEqual(['module', 'network']);
      for (const { subject } of result.report.denials) expect(subject.length).toBeLessThanOrEqual(256);
    },
  },
  {
    id: 'own',
    title: 'console methods replaced',
    code: 'console.log=console.info=()=>{ for(;;); }; console.warn("still"); 1',
    ends: 'success',
    holds: result => expect(result.report.logs).toMatchObject([{ level: 'warn', text: 'still' }]),
  },
  {
    id: 'own',
    title: 'forging records through the prototype',
    code: 'Object.prototype.level="error"; Object.prototype.text="forged"; Array.prototype.push=()=>{}; console.debug("real"); 1',
    ends: 'success',
    holds: result => expect(result.report.logs).toMatchObject([{ level: 'debug', text: 'real' }]),
  },
];
