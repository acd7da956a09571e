/** Tables of a stranger, before a spreadsheet opens them. */
import Papa from 'papaparse';
import { checkLength, refused } from './tree.ts';

const ROWS = 100_000;

/** What spreadsheets take for a formula or a command, in any width, also behind space that they skip. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠|%]|^[\t\r\n]/u;
/** A signed number is no formula. */
const NUMBER = /^[+-]?(?:\d{1,3}(?:[,.' ]\d{3})+|\d+)(?:[.,]\d+)?(?:e[+-]?\d{1,3})?%?$/i;

/**
 * Writes a table anew: every cell that a spreadsheet could run begins with an apostrophe, and quotes are where they have to
 * be. Numbers, also negative ones, stay as they are.
 * @param csv with commas; at most CONTENT_CHARS characters and 100,000 rows
 * @throws SandboxError OUTPUT_REFUSED
 */
export function sanitizeCsv(csv: string): string {
  checkLength(csv, 'the CSV');
  const { data, errors } = Papa.parse<string[]>(csv, {
    delimiter: ',',
    skipEmptyLines: false,
    header: false,
    worker: false,
    preview: ROWS + 1,
  });
  const [error] = errors;
  if (error !== undefined)
    throw refused(`the CSV cannot be read in row ${(error.row ?? 0) + 1}: ${error.message}`);
  if (data.length > ROWS) throw refused(`the CSV has more than ${ROWS} rows`);
  return Papa.unparse(
    data.map(row => row.map(cleanCell)),
    { newline: '\r\n', quotes: needsQuotes },
  );
}

function cleanCell(cell: string): string {
  const plain = cell.replaceAll('\0', '');
  return FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
}

/** Also where another program would separate: with semicolons or tabs a harmless cell could fall into two. */
function needsQuotes(cell: string): boolean {
  return typeof cell === 'string' && /[;\t,"\r\n|]/.test(cell);
}
