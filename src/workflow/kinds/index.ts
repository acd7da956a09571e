/** The built-in kinds, by name. docs/workflow.md is checked against them. */
import type { NodeKind } from '../kind.ts';
import { db } from './db.ts';
import { http } from './http.ts';
import { collect, input, merge, split } from './items.ts';
import { logicFilter, logicIf, logicMap, logicSwitch } from './logic.ts';
import { plugin } from './plugin.ts';
import { cron, delay, interval } from './timer.ts';
import { base64, csv, date, hash, pick, templateKind } from './utils.ts';

export const BUILT_IN_KINDS: ReadonlyMap<string, NodeKind> = new Map(
  Object.entries({
    input,
    http,
    db,
    plugin,
    'logic.map': logicMap,
    'logic.filter': logicFilter,
    'logic.if': logicIf,
    'logic.switch': logicSwitch,
    'logic.merge': merge,
    'logic.split': split,
    'logic.collect': collect,
    'timer.delay': delay,
    'timer.interval': interval,
    'timer.cron': cron,
    'utils.pick': pick,
    'utils.template': templateKind,
    'utils.hash': hash,
    'utils.base64': base64,
    'utils.date': date,
    'utils.csv': csv,
  } satisfies Record<string, NodeKind>),
);
