/** An Extism plugin, with Extism's own library for AssemblyScript and nothing of this project's. */
import { Config, Host, LogLevel, Var } from '@extism/as-pdk';

function myAbort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  Host.log(LogLevel.Error, message === null ? 'aborted' : message);
  unreachable();
}

export function count_vowels(): i32 {
  const text = Host.inputString();
  const configured = Config.get('VOWELS');
  const vowels = configured === null || configured.length == 0 ? 'aeiouAEIOU' : configured;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (vowels.includes(text.charAt(i))) count++;
  }
  const before = Var.getString('total');
  const total = (before === null || before.length == 0 ? 0 : I32.parseInt(before)) + count;
  Var.set('total', Uint8Array.wrap(String.UTF8.encode(total.toString())));
  Host.log(LogLevel.Info, 'counted ' + text.length.toString() + ' characters');
  Host.outputString('{"count":' + count.toString() + ',"total":' + total.toString() + ',"vowels":"' + vowels + '"}');
  return 0;
}
