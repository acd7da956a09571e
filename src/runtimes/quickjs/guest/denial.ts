/** Errors by which the policy refuses: the cell tells a run that died of one from a run that threw. */
import { startsWith, TypeErrorCtor, WeakSetAdd, WeakSetCtor, WeakSetHas } from './platform/primordials.ts';
import { isObject } from './platform/webidl.ts';

const denials: WeakSet<object> = new WeakSetCtor();

export function denial(message: string): TypeError {
  const error = new TypeErrorCtor(message);
  WeakSetAdd(denials, error);
  return error;
}

export function isDenial(error: unknown): boolean {
  return isObject(error) && WeakSetHas(denials, error);
}

export function refuseModule(specifier: string): TypeError {
  if (specifier === 'host' || startsWith(specifier, 'host:'))
    return denial('import of "' + specifier + '" is denied: the host offers no function there');
  return denial('import of "' + specifier + '" is denied: it is not in policy.modules.javascript');
}
