/** Programs that keep the queues: microtasks, timers, promises, async iteration. */
import { expect } from 'vitest';
import type { Attack } from '../attack.ts';

export const JOBS: readonly Attack[] = [
  {
    id: 'JS-JOB-001',
    title: 'microtask flood',
    code: '(function f(){Promise.resolve().then(f)})();"started"',
    ends: 'TIMEOUT',
  },
  {
    id: 'JS-JOB-003',
    title: 'exponential promise fork',
    code: '(function f(){Promise.resolve().then(f);Promise.resolve().then(f)})();"s"',
    ends: ['TIMEOUT', 'MEMORY_LIMIT'],
  },
  {
    id: 'JS-JOB-004',
    title: 'infinite job',
    code: 'Promise.resolve().then(()=>{for(;;);});"s"',
    ends: 'TIMEOUT',
  },
  {
    id: 'JS-JOB-007',
    title: 'timer fork bomb through a timer shim',
    code: 'setTimeout(function f(){setTimeout(f,0);setTimeout(f,0)},0);"s"',
    ends: 'success',
    // The value has settled: the timers die with the run.
    value: 's',
  },
  {
    // Console.log stands for host.log.
    id: 'JS-JOB-008',
    title: 'timer outlives the run',
    code: 'setTimeout(()=>{ globalThis.__c=1; console.log("ZOMBIE") },60000);"returned"',
    ends: 'success',
    value: 'returned',
    holds: result => expect(result.report.logs).toEqual([]),
  },
  {
    id: 'own',
    title: 'an async function that never gives way',
    code: 'const f=async()=>{ for(;;) await undefined }; await f()',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'await of a thenable that makes another',
    code: 'const t=()=>({then(r){ r(t()) }}); await t()',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a rejection handled by another rejection',
    code: '(function f(){ Promise.reject(1).catch(f) })(); await new Promise(()=>{})',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'Promise.all of endless promises',
    code: 'await Promise.all((function*(){ for(;;) yield 1 })())',
    ends: ['TIMEOUT', 'MEMORY_LIMIT'],
  },
  {
    id: 'own',
    title: 'Promise.race with hostile thenables',
    code: 'await Promise.race([{then(){ for(;;); }}])',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'Promise.allSettled over a Proxy',
    code: 'await Promise.allSettled(new Proxy([],{get(){ for(;;); }}))',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a job in a finally',
    code: 'await Promise.resolve().finally(()=>{ for(;;); })',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'timers that breed',
    code: 'await new Promise(()=>setTimeout(function f(){ setTimeout(f,0); setTimeout(f,0) },0))',
    ends: ['GUEST_ERROR', 'TIMEOUT'],
  },
  {
    id: 'own',
    title: 'an interval that never yields',
    code: 'await new Promise(()=>setInterval(()=>{ for(;;); },1))',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'waiting longer than allowed',
    code: 'await new Promise(r=>setTimeout(r,60000))',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'many waiting intervals',
    code: 'for(let i=0;i<9000;i++) setInterval(()=>{},1); await new Promise(()=>{})',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a microtask in each timer',
    code: 'await new Promise(()=>setTimeout(function f(){ queueMicrotask(()=>setTimeout(f,0)) }))',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'AbortSignal.timeout re-armed',
    code: 'await new Promise(()=>{ (function f(){ AbortSignal.timeout(0).onabort=f })() })',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'an async generator that is closed for ever',
    code: 'const g=(async function*(){ try{ yield 1 }finally{ for(;;) await 0 } })(); await g.next(); await g.return()',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'for await over a sync loop',
    code: 'for await (const x of (function*(){ for(;;) yield Promise.resolve() })());',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'Array.fromAsync or what stands for it',
    code: 'const f=Array.fromAsync??(async i=>{ for await(const x of i); }); await f({async *[Symbol.asyncIterator](){ for(;;) yield 1 }})',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a module that awaits for ever at its top level',
    code: 'for(;;) await 0; export default 1',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a default export that returns an endless thenable',
    code: 'export default () => ({then(r){ for(;;); }}); await {then(){ for(;;); }}',
    ends: 'TIMEOUT',
  },
  {
    id: 'own',
    title: 'a promise that nothing can settle',
    code: 'await new Promise(()=>{})',
    ends: 'NEVER_SETTLES',
  },
  {
    id: 'own',
    title: 'an uncaught error in a microtask',
    code: 'queueMicrotask(()=>{ throw new Error("late") }); 1',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a rejection nobody handles',
    code: 'Promise.reject(new Error("lost")); 1',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'timers beyond their cap',
    code: 'for(let i=0;i<20000;i++) setTimeout(()=>{},1e6); 1',
    ends: 'GUEST_ERROR',
  },
];
