/**
 * json-schema-org/JSON-Schema-Test-Suite, draft 2020-12: `npm run suite:schema -- PATH`, where PATH is a checkout. Schemas with
 * keywords that no manifest may use are counted, and left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, schemaCheck } from '../src/gateway/index.ts';
import type { JsonSchema } from '../src/policy/manifest/index.ts';

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

const [checkout] = process.argv.slice(2);
if (checkout === undefined) throw new Error('name a checkout of json-schema-org/JSON-Schema-Test-Suite');
const folder = join(checkout, 'tests', 'draft2020-12');
let passed = 0;
let left = 0;
let failed = 0;

function checkOf(schema: unknown): Check | null {
  try {
    return schemaCheck(schema as JsonSchema);
  } catch {
    return null;
  }
}

for (const place of [folder, join(folder, 'optional')])
  for (const file of readdirSync(place).filter(name => name.endsWith('.json')))
    for (const { description, schema, tests } of JSON.parse(
      readFileSync(join(place, file), 'utf8'),
    ) as Group[]) {
      const check = checkOf(schema);
      for (const test of tests) {
        if (check === null) left++;
        else if ((check(test.data) === null) === test.valid) passed++;
        else {
          failed++;
          console.log(`${file}: ${description}: ${test.description}`);
        }
      }
    }

console.log(`${passed} passed, ${failed} failed, ${left} with keywords that are not let in`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
