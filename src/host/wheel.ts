/**
 * What a wheel says it is: its file name and the directory of its archive. Nothing is unpacked here, and nothing rests on it:
 * the guest unpacks within its own limits. It finds early, and says clearly, what could not work.
 */

export interface WheelSummary {
  /** Normalised name of the project. */
  readonly project: string;
  /** What its files say they unpack to, together. */
  readonly unpackedBytes: number;
}

/** Why a file is no wheel this sandbox can use; the text says what to do about it. */
export class WheelRefused extends Error {}

const refuse = (why: string): never => {
  throw new WheelRefused(why);
};

/** Of the Python inside: 3.14. */
const MINOR = 14;
const NAME_CHARS = 255;
const ENTRY_CHARS = 1024;
const NAME_PART = /^[A-Za-z0-9_.!+]+$/;
const COMPILED = /\.(?:so|pyd|dll|dylib)(?:\.[0-9.]+)?$/i;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const END_MAGIC = 0x0605_4b50;
const ENTRY_MAGIC = 0x0201_4b50;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** In the place of a number: it stands in the 64-bit form of the archive. */
const ELSEWHERE = 0xffff_ffff;

function runsHere(tag: string): boolean {
  const [, minor] = /^(?:py|cp)3(\d{0,2})$/.exec(tag) ?? [];
  return minor !== undefined && (tag.startsWith('cp') ? minor === String(MINOR) : Number(minor) <= MINOR);
}

/** The normalised project of a wheel's file name. */
function projectOf(fileName: string): string {
  const parts = fileName.slice(0, -4).split('-');
  const isWheel =
    fileName.endsWith('.whl') &&
    fileName.length <= NAME_CHARS &&
    (parts.length === 5 || parts.length === 6) &&
    parts.every(part => NAME_PART.test(part));
  if (!isWheel) refuse('name it as wheels are, for example "demo-1.0-py3-none-any.whl"');
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  const tags = `${python}-${abi}-${platform}`;
  if (!abi.split('.').includes('none') || !platform.split('.').includes('any'))
    refuse(
      `it is compiled for ${tags}; bring a wheel of pure Python, whose name ends with -py3-none-any.whl`,
    );
  if (!python.split('.').some(runsHere)) refuse(`it is for ${python}; bring one for Python 3.${MINOR}`);
  return (parts[0] as string).toLowerCase().replace(/[-_.]+/g, '-');
}

function checkEntry(name: string): void {
  const shown = JSON.stringify(name.slice(0, 60));
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  if (
    name.length > ENTRY_CHARS ||
    /[\p{Cc}\\]/u.test(name) ||
    parts.some(part => /^(?:\.{0,2}|.*:)$/.test(part))
  )
    refuse(`its file ${shown} has no safe name; build the wheel again`);
  if (COMPILED.test(name)) refuse(`its file ${shown} is compiled; bring a wheel of pure Python`);
  if (/^[^/]+\.data\/(?:purelib|platlib)\/./.test(name))
    refuse(`its file ${shown} would have to be installed; build the wheel with its modules at the top`);
}

/**
 * @param bytes of the file as it came
 * @throws WheelRefused
 */
export function readWheel(fileName: string, bytes: Uint8Array): WheelSummary {
  const project = projectOf(fileName);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END_MAGIC)
    refuse('it is no ZIP archive, or a part of it is missing; fetch it again');
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || start === ELSEWHERE || start + view.getUint32(end + 12, true) !== end)
    refuse('its archive has a form that wheels have not; build it again');
  const names = new Set<string>();
  const utf8 = new TextDecoder();
  let unpackedBytes = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY_MAGIC)
      refuse('the directory of its archive is broken; fetch it again');
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 24, true);
    const next = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const name = utf8.decode(bytes.subarray(at + ENTRY_BYTES, Math.min(next, end)));
    checkEntry(name);
    if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0 || (method !== STORED && method !== DEFLATED))
      refuse('its files are encrypted or packed in a way wheels are not; build it again');
    if (names.has(name)) refuse(`it has two files ${JSON.stringify(name.slice(0, 60))}; build it again`);
    names.add(name);
    if (size === ELSEWHERE) refuse('it has a file of 4 GiB or more');
    unpackedBytes += size;
    at = next + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (at !== end) refuse('the directory of its archive is broken; fetch it again');
  if (![...names].some(name => /^[^/]+\.dist-info\/WHEEL$/.test(name)))
    refuse('it has no *.dist-info/WHEEL; build it as a wheel');
  return { project, unpackedBytes };
}
