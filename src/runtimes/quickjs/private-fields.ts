/** Private fields of a class of the guest's: no JavaScript can ask for them, the engine can. */
import type { Engine } from './engine.ts';
import type { RunState } from './execution.ts';
import { GuestException, OutOfGuestMemory } from './values.ts';

/** JS_GPN_PRIVATE_MASK (quickjs.h). */
const PRIVATE = 4;
/** How a private field is read or written: a program without this has none that matters. */
const PRIVATE_NAME = /\.\s*#[\p{ID_Start}$_\\]/u;
const HASH = 0x23;

const known: WeakMap<object, boolean> = new WeakMap();

function modulesHave(modules: ReadonlyMap<string, string>, job: object): boolean {
  let found = known.get(job);
  if (found === undefined) {
    found = [...modules.values()].some(text => PRIVATE_NAME.test(text));
    known.set(job, found);
  }
  return found;
}

/**
 * Whether a class of the program may have private fields. Only decides whether a result is walked through: what is eval'd
 * is not looked at.
 */
export function hasPrivateNames({ prepared, modules, job }: RunState): boolean {
  if (prepared === null) return false;
  let found = known.get(prepared);
  if (found === undefined) {
    found = PRIVATE_NAME.test(prepared.text);
    known.set(prepared, found);
  }
  return found || modulesHave(modules, job);
}

/** `object` is a `JSValue *`. Private methods leave a mark on an object too, and nothing that could be lost. */
export function hasPrivateFields(engine: Engine, context: number, object: number): boolean {
  const { fn } = engine;
  const out = fn.malloc(8);
  if (out === 0) throw new OutOfGuestMemory();
  const problem = fn.QTS_GetOwnPropertyNames(context, out, out + 4, object, PRIVATE);
  if (problem !== 0) {
    fn.free(out);
    throw new GuestException(problem);
  }
  const list = engine.view.getUint32(out, true);
  const count = engine.view.getUint32(out + 4, true);
  let found = false;
  for (let i = 0; i < count; i++) {
    const name = engine.view.getUint32(list + i * 4, true);
    const text = fn.QTS_GetSymbolDescriptionOrKey(context, name);
    // The mark's name is <brand>.
    if (engine.bytes[text] === HASH) found = true;
    fn.QTS_FreeCString(context, text);
    fn.QTS_FreeValuePointer(context, name);
  }
  fn.free(list);
  fn.free(out);
  return found;
}
